"""sin, cos, tan and their inverses on `Lanes`, by the plan of `vectormath`: reduce, approximate, reassemble.

The hard arguments are near a multiple of pi: sin(3.14159) is the digits of pi that 3.14159 lacks. The reduction by pi
in three parts keeps the result to 2 ulp for |x| < 2**17; beyond it the C library, which has more digits of pi, is
called. The inverses use the addition theorems to stay where their polynomials are short.

References:
    W. J. Cody and W. Waite, Software Manual for the Elementary Functions, 1980: pi in parts.
    N. Shibata and F. Petrogalli, SLEEF, IEEE TPDS 31 (2020): one polynomial for sin and cos, reduced by pi.
    S. L. Moshier, Methods and Programs for Mathematical Functions, 1989 (Cephes, atan.c): tan(3 pi/8) and tan(pi/8).
    K. C. Ng, FDLIBM, Sun Microsystems 1993, e_asin.c: asin by the half angle.
"""

import math

from autodiff.program.llvm.lanes import (
    Bits,
    Lanes,
    Mask,
    fma,
    in_double,
    intrinsic,
    lane_by_lane,
    polynomial,
    where,
    where_rarely,
)
from autodiff.program.llvm.text import vector
from autodiff.program.llvm.vectormath import ROUNDER

# pi = PI_1 + PI_2 + PI_3 - 1e-39. The first two have 36 bits, so that their multiples by n/2 are exact for n < 2**17.
PI_1 = float.fromhex("0x1.921fb5444p+1")
PI_2 = float.fromhex("0x1.68c234c4cp-38")
PI_3 = float.fromhex("0x1.98a2e03707345p-76")
PI_LOST = 3.8981718325193755e-17  # pi = math.pi (1 + PI_LOST)
FAR = 2.0**17

# (sin(r) - r) / r**3 in z = r**2, for |r| <= pi/2; as a part of sin(r) right to 2**-61.5
SIN = (
    *(-0.16666666666666666, 0.008333333333333207, -0.0001984126984121248, 2.7557319211569482e-06),
    *(-2.5052106904422396e-08, 1.6058941002272332e-10, -7.643019372051578e-13, 2.7214196035516818e-15),
)

# (sin(r) - r) / r**3 in z = r**2, for |r| <= pi/4; as a part of sin(r) right to 2**-56.3
SHORT_SIN = (
    *(-0.1666666666666663, 0.008333333333322118, -0.00019841269829589704, 2.7557313621429446e-06),
    *(-2.5050747768194948e-08, 1.5896230402114958e-10),
)

# (cos(r) - 1 + z/2) / z**2 in z = r**2, for |r| <= pi/4; as a part of cos(r) right to 2**-59.6
SHORT_COS = (
    *(0.041666666666666595, -0.0013888888888873056, 2.4801587288851687e-05, -2.7557314179294575e-07),
    *(2.087570084198709e-09, -1.13585365338494e-11),
)

# (tan(r) - r) / r**3 in z = r**2, for |r| <= pi/4; as a part of tan(r) right to 2**-56.1
TAN = (
    *(0.33333333333332776, 0.1333333333341482, 0.05396825392657305, 0.021869489611289393, 0.008863219131777967),
    *(0.003592289374308746, 0.0014547561547862617, 0.0005950724366586354, 0.00022235699859165408),
    *(0.00013657258552317734, -2.6452313546563445e-05, 8.951282360100316e-05, -4.490898482382899e-05),
    2.0870990600593394e-05,
)

# (asin(s) - s) / s**3 in z = s**2, for |s| <= 1/2; as a part of asin(s) right to 2**-55.8
ASIN = (
    *(0.16666666666665408, 0.0750000000033724, 0.0446428568280902, 0.030381959148278768, 0.02237175775201059),
    *(0.01735970959379722, 0.013885185021770632, 0.012169558353541738, 0.006526416198974633),
    *(0.019532679700114134, -0.016231393673625742, 0.03191730084193446),
)

# (atan(t) - t) / t**3 in z = t**2, for |t| <= tan(pi/8); as a part of atan(t) right to 2**-59.4
ATAN = (
    *(-0.333333333333332, 0.19999999999953652, -0.1428571428019638, 0.11111110783298626, -0.09090897751171345),
    *(0.07692060086333703, -0.06663102581699859, 0.05847879073243463, -0.05039261833851179),
    *(0.03806357201860833, -0.017906248234355163),
)


def _add_odd(total: Lanes | float, x: Lanes, coefficients: tuple[float, ...]) -> Lanes:
    """total + c0 x**3 + c1 x**5 + ..."""
    z = x * x
    return fma(x * z, polynomial(z, coefficients), total)


def _nearest(x: Lanes) -> tuple[Lanes, Bits]:
    """The nearest integer, and bits of which the lowest says whether it is odd."""
    shifted = x + ROUNDER
    return shifted - ROUNDER, shifted.bits()


def _minus_pi_times(x: Lanes, n: Lanes, part: float = 1.0) -> tuple[Lanes, Lanes]:
    """x - n part pi, as a number and what is to be taken from it; n part is a multiple of 1/2 below 2**16."""
    near = fma(n, -part * PI_1, x)  # exact where x > 1/2, and so is the next line
    step = n * (part * PI_2)
    nearer = near - step
    return nearer, fma(n, part * PI_3, step - (near - nearer))  # with the exact error of the difference before


def _sine(x: Lanes, name: str, n: Lanes, bits: Bits) -> Lanes:
    """The sine of r = x - n pi, with |r| <= pi/2, or minus it if the lowest bit is 1: what the function `name` is."""
    nearer, last = _minus_pi_times(x, n)
    r = ((nearer - last).bits() ^ (bits << 63)).floats()
    return where_rarely(abs(x) >= FAR, lambda: lane_by_lane(name, x), _add_odd(r, r, SIN))


@in_double
def sin(x: Lanes) -> Lanes:
    """With x = n pi + r and |r| <= pi/2: sin(x) = (-1)**n sin(r)."""
    return _sine(x, "sin", *_nearest(x * (1.0 / math.pi)))


@in_double
def cos(x: Lanes) -> Lanes:
    """With x = (n + 1/2) pi + r and |r| <= pi/2: cos(x) = -(-1)**n sin(r)."""
    n, bits = _nearest(fma(x, 1.0 / math.pi, -0.5))
    return _sine(x, "cos", n + 0.5, bits + 1)


class Angle:
    """sin(x) and cos(x) together: x = n pi/2 + r with |r| <= pi/4, and sin(r) or cos(r) by the parity of n.

    It takes two thirds of the time of the two alone, and sin(x) is there 20 cycles earlier than alone.
    """

    def __init__(self, x: Lanes) -> None:
        self.x, self.wide = x, x
        if x.kind.element == "float":
            wide = vector("double", x.kind.count)
            self.wide = Lanes(x.function, wide, x.cast("fpext", "double"))
        x = self.wide
        shifted = fma(x, 2.0 / math.pi, ROUNDER)
        n, self.bits = shifted - ROUNDER, shifted.bits()
        nearer, last = _minus_pi_times(x, n, 0.5)
        z = nearer * nearer  # not yet of r = nearer - last: that counts in the first term alone
        sine = fma(nearer * z, polynomial(z, SHORT_SIN), nearer - last)
        half = 0.5 * z
        most = 1.0 - half
        rest = fma(last, nearer, (1.0 - most) - half)
        cosine = most + fma(z * z, polynomial(z, SHORT_COS), rest)
        odd = (self.bits & 1).equals(1)
        self.sine, self.cosine = where(odd, cosine, sine), where(odd, sine, cosine)

    def sin(self) -> Lanes:
        """sin(x)"""
        return self._signed("sin", self.sine, self.bits)

    def cos(self) -> Lanes:
        """cos(x)"""
        return self._signed("cos", self.cosine, self.bits + 1)

    def _signed(self, name: str, size: Lanes, quarters: Bits) -> Lanes:
        """The number with its sign; far away, from the C library."""
        signed = (size.bits() ^ ((quarters & 2) << 62)).floats()
        result = where_rarely(abs(self.wide) >= FAR, lambda: lane_by_lane(name, self.wide), signed)
        return result if self.wide is self.x else Lanes(self.x.function, self.x.kind, result.cast("fptrunc", "float"))


@in_double
def tan(x: Lanes) -> Lanes:
    """With x = n pi/2 + r and |r| <= pi/4: tan(x) = tan(r) for an even n, -1/tan(r) for an odd one."""
    n, bits = _nearest(x * (2.0 / math.pi))
    nearer, last = _minus_pi_times(x, n, 0.5)
    r = nearer - last
    lost = (nearer - r) - last
    tangent = r + _add_odd(fma(lost, r * r, lost), r, TAN)  # tan'(r) is about 1 + r**2
    near = where((bits & 1).equals(1), -1.0 / tangent, tangent)
    return where_rarely(abs(x) >= FAR, lambda: lane_by_lane("tan", x), near)


@in_double
def atan(x: Lanes) -> Lanes:
    """atan |x| = base + atan(t) with t = |x|, (|x|-1)/(|x|+1) or -1/|x|, base = 0, pi/4 or pi/2: |t| <= tan(pi/8)."""
    size = abs(x)
    middle, large = size > math.tan(math.pi / 8), size > math.tan(3 * math.pi / 8)
    above = where(large, -1.0, where(middle, size - 1.0, size))
    below = where(large, size, where(middle, size + 1.0, 1.0))
    base = where(large, math.pi / 2, where(middle, math.pi / 4, 0.0))
    t = above / below
    angle = base + (t + _add_odd(base * PI_LOST, t, ATAN))
    return intrinsic("copysign", angle, x)


def _asin_parts(x: Lanes) -> tuple[Mask, Lanes, Lanes]:
    """Whether |x| > 1/2; s, which is |x|, or there sqrt((1-|x|)/2) for asin |x| = pi/2 - 2 asin(s); asin(s) - s."""
    size = abs(x)
    large = size > 0.5
    s = where(large, intrinsic("sqrt", fma(size, -0.5, 0.5)), size)  # the difference is exact
    return large, s, _add_odd(0.0, s, ASIN)


@in_double
def asin(x: Lanes) -> Lanes:
    """asin(s) for |x| <= 1/2, pi/2 - 2 asin(s) beyond."""
    large, s, rest = _asin_parts(x)
    first = where(large, fma(s, -2.0, math.pi / 4), s)  # pi/2 in two halves: pi/2 - 2 s would lose a digit
    angle = where(large, math.pi / 4, 0.0) + (first + where(large, fma(rest, -2.0, math.pi / 2 * PI_LOST), rest))
    return intrinsic("copysign", angle, x)


@in_double
def acos(x: Lanes) -> Lanes:
    """pi/2 - asin(x) for |x| <= 1/2; beyond, 2 asin(s) for a positive x and pi - 2 asin(s) for a negative one."""
    large, s, rest = _asin_parts(x)
    signed = intrinsic("copysign", s + rest, x)
    twice = signed + signed
    return where(large, where(x < 0.0, math.pi + twice, twice), math.pi / 2 - signed)
