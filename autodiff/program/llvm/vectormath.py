"""exp, log and their family on `Lanes`, right to 2 ulp: straight-line code, the same instructions for every lane.

Each function follows the same plan. *Reduce*: exp(x) = 2**n exp(r) with |r| <= log(2)/2, and log(2**k m) = k log(2) +
log(m) with m near 1. *Approximate* on that short interval by a polynomial. *Reassemble* with integer operations on
the exponent, which the bits of a double hold in the open. The functions differ in how they
subtract without losing digits.

The polynomials have the smallest largest relative error on their interval (Remez's exchange, in 60 digits), their
coefficients rounded to doubles; the error stated beside them includes that rounding, and the tests measure it.
NaN gives NaN. Outside its domain a function gives what IEEE 754 and C99 say. The sign of a zero is not always kept.

Why no library of vector functions is borrowed: libmvec is a part of glibc, so it exists on Linux alone, and allows
errors of 4 ulp; SLEEF is on no package index for Python. With functions of our own the results are the same on every
system and for every number of lanes, and a user installs llvmlite alone.

References:
    W. J. Cody and W. Waite, Software Manual for the Elementary Functions, 1980: the reduction by two constants.
    P. T. P. Tang, Table-driven implementation of the exponential function, ACM TOMS 15 (1989): 1 + (r + r**2 p(r)).
    K. C. Ng, FDLIBM, Sun Microsystems 1993: log by s = f/(2+f) (e_log.c) and in two parts (e_pow.c), tanh by expm1.
    J.-M. Muller, Elementary Functions, 3rd ed. 2016, chapters 3 and 11.
"""

import math

from autodiff.program.llvm.lanes import (
    Bits,
    Lanes,
    fma,
    in_double,
    intrinsic,
    lane_by_lane,
    polynomial,
    where,
    where_rarely,
)

LOG2_E = 1.0 / math.log(2.0)
LN2_HIGH = float.fromhex("0x1.62e42feep-1")  # log(2) to 32 bits: a multiple of it by an integer below 2**21 is exact
LN2_LOW = float.fromhex("0x1.a39ef35793c76p-33")  # the rest
ROUNDER = 1.5 * 2.0**52  # near it doubles are the integers: adding it rounds, and leaves the integer in the low bits

# (exp(r) - 1 - r) / r**2 for |r| <= log(2)/2; as a part of exp(r) - 1 it is right to 2**-55.1
EXP = (
    *(0.5, 0.16666666666666607, 0.04166666666661932, 0.00833333333338163, 0.0013888888920844556),
    *(0.00019841269731504845, 2.480151584664914e-05, 2.7557398195399817e-06, 2.762245573429005e-07),
    2.5056726889841065e-08,
)

# (2 atanh(s) - 2 s) / s**3 in z = s**2, for |s| <= (sqrt(2)-1) / (sqrt(2)+1); as a part of 2 atanh(s) right to 2**-59.4
LOG = (
    *(0.6666666666666734, 0.3999999999941641, 0.28571428742114535, 0.22222198593476286),
    *(0.18183563570132713, 0.1531406384506027, 0.1479586679892173),
)


def _clamp(x: Lanes, low: float, high: float) -> Lanes:
    """x, moved into [low, high]; NaN stays."""
    x = where(x < low, low, x)
    return where(x > high, high, x)


def _expm1_reduced(x: Lanes, bias: int, below: Lanes | None = None) -> tuple[Lanes, Lanes, Bits]:
    """x + below = n log(2) + r: exp(r) - 1 as an exact large term and a small one, and bits that end in n + bias."""
    shifted = fma(x, LOG2_E, ROUNDER + bias)
    n = shifted - (ROUNDER + bias)
    large = fma(n, -LN2_HIGH, x)
    missing = n * LN2_LOW if below is None else n * LN2_LOW - below
    r = large - missing
    return large, fma(r * r, polynomial(r, EXP), -missing), shifted.bits()


def _exp_clamped(x: Lanes, below: Lanes | None = None) -> Lanes:
    """exp(x + below) for -746 <= x <= 710, from where it is 0 to where it is inf; `below` is less than an ulp of x."""
    factor, other = _exp_factors(x, below)
    return factor * other


def _exp_factors(x: Lanes, below: Lanes | None = None) -> tuple[Lanes, Lanes]:
    """Two factors of exp(x + below), since 2**n may be too small or too large for a double."""
    large, small, n = _expm1_reduced(x, 2 * 1023, below)
    half = n >> 1
    scale = (half << 52).floats()
    return fma(scale, large + small, scale), ((n - half) << 52).floats()


@in_double
def exp(x: Lanes) -> Lanes:
    """exp(x) = 2**n exp(r)."""
    return _exp_clamped(_clamp(x, -746.0, 710.0))


def _expm1_scaled(x: Lanes, down: int) -> Lanes:
    """(exp(x) - 1) / 2**down for x in [-700, 710] and n - down <= 1023."""
    large, small, n = _expm1_reduced(x, bias=1023 - down)
    scale = (n << 52).floats()
    return fma(scale, small, fma(scale, large, scale - 2.0**-down))


@in_double
def expm1(x: Lanes) -> Lanes:
    """exp(x) - 1 = 2**n (exp(r) - 1) + (2**n - 1), both terms without loss where n = 0."""
    half = _expm1_scaled(_clamp(x, -40.0, 710.0), down=1)  # 2**1024 would be too large
    return where(abs(x) < 2.0**-54, x, half + half)


@in_double
def sinh(x: Lanes) -> Lanes:
    """With t = exp(|x|) - 1: sinh |x| = (t + t/(t+1)) / 2.

    For t < 1 the quotient is taken as t - t t/(t+1), where its rounding counts for less.
    """
    quarter = _expm1_scaled(_clamp(abs(x), 0.0, 710.5), down=2)
    t = 4.0 * quarter
    ratio = quarter / (t + 1.0)
    size = 2.0 * where(t < 1.0, fma(-t, ratio, quarter + quarter), quarter + ratio)
    return where(abs(x) < 2.0**-28, x, intrinsic("copysign", size, x))


@in_double
def cosh(x: Lanes) -> Lanes:
    """With e = exp |x|: cosh x = (e + 1/e) / 2. Here e/4 is computed, which does not overflow before cosh does."""
    large, small, n = _expm1_reduced(_clamp(abs(x), 0.0, 710.5), bias=1023 - 2)
    quarter = (1.0 + (large + small)) * (n << 52).floats()
    return 2.0 * (quarter + 0.0625 / quarter)


@in_double
def tanh(x: Lanes) -> Lanes:
    """With t = exp(2|x|) - 1: tanh |x| = t/(t+2), taken as 1 - 2/(t+2) where it exceeds 1/2, else as t/2 - t/2 t/(t+2).

    In both, the rounding of the quotient counts for less than in t/(t+2) itself, which is right to 2.6 ulp only.
    """
    size, high, low, n = _exp_of_twice(abs(x))
    scale = (n << 52).floats()
    t = fma(scale, low, fma(scale, high, scale - 1.0))
    large = size > 0.55
    # tanh(20) rounds to 1; far beyond, t is not right
    ratio = where(size > 20.0, 0.0, where(large, 2.0, t) / (t + 2.0))
    factor = where(large, 1.0, 0.5 * t)
    return intrinsic("copysign", fma(-factor, ratio, factor), x)


@in_double
def tanh_slope(x: Lanes) -> Lanes:
    """With u = 1 / (1 + exp(2|x|)): 4 u (1 - u), in which errors of u hardly count where it is 1/2.

    LLVM computes the exponential once for tanh(x) too. The number inverted is (1 + exp(2|x|)) / 2**64, which is finite.
    """
    _, high, low, n = _exp_of_twice(abs(x))
    scale = ((n + -64) << 52).floats()
    inverse = 1.0 / fma(scale, high + low, scale + 2.0**-64)
    return fma(inverse, -(2.0**-64), 1.0) * inverse * 2.0**-62


def _exp_of_twice(size: Lanes) -> tuple[Lanes, Lanes, Lanes, Bits]:
    """The size, up to 374, from where the slope of tanh is 0; and exp(2 size) - 1, reduced."""
    size = where(size > 374.0, 374.0, size)
    return size, *_expm1_reduced(size + size, 1023)


@in_double
def sigmoid(x: Lanes) -> Lanes:
    """The first of `sigmoids`: of sigmoid(x) and sigmoid(-x), LLVM computes what they have in common once."""
    return sigmoids(x)[0]


def sigmoids(x: Lanes) -> tuple[Lanes, Lanes]:
    """sigmoid(x) and sigmoid(-x) of doubles: with z = exp(-|x|), 1/(1+z) for the positive side, z/(1+z) for the other.

    For z < 1/2 the latter is taken as z - z z/(1+z), in which the rounding of the quotient counts for less.
    """
    factor, other = _exp_of_minus(abs(x))
    z, large = factor * other, 1.0 / fma(factor, other, 1.0)
    ratio = z * large
    small = where(z < 0.5, fma(-z, ratio, z), ratio)
    return where(x < 0.0, small, large), where(x < 0.0, large, small)


def _exp_of_minus(size: Lanes) -> tuple[Lanes, Lanes]:
    """Two factors of exp(-size) for size >= 0."""
    return _exp_factors(-where(size > 746.0, 746.0, size))


# ---------------------------------------------------------------------------------------------------- logarithms

SQRT_HALF = 0x3FE6A09E667F3BCD  # the bits of sqrt(1/2)
MANTISSA = (1 << 52) - 1


def _split(x: Lanes) -> tuple[Lanes, Lanes, Bits]:
    """k + 1023 + 2**52, m and the bits of 2**k, with x = 2**k m and sqrt(1/2) <= m < sqrt(2), for a normal x > 0."""
    bits = x.bits() + ((1023 << 52) - SQRT_HALF)  # carries into the exponent where the mantissa exceeds sqrt(2)
    k = ((bits >> 52) | ((1023 + 52) << 52)).floats()  # an integer in the low bits of 2**52, as above
    m = ((bits & MANTISSA) + SQRT_HALF).floats()
    return k, m, bits


def _log_reduced(k: Lanes, f: Lanes) -> Lanes:
    """k log(2) + log(1 + f), where log(1 + f) = 2 atanh(s) = f - (f**2/2 - s (f**2/2 + R(s**2))), s = f/(2 + f)."""
    s = f / (2.0 + f)
    z = s * s
    half_square = 0.5 * f * f
    tail = half_square - fma(s, fma(z, polynomial(z, LOG), half_square), k * LN2_LOW)
    return fma(k, LN2_HIGH, f - tail)


def _at_edges(x: Lanes, logarithm: Lanes) -> Lanes:
    """The logarithm, with log(0) = -inf, log(inf) = inf, and NaN for a negative number or NaN."""
    logarithm = where(x < math.inf, logarithm, x)
    return where(x <= 0.0, where(x.equals(0.0), -math.inf, math.nan), logarithm)


@in_double
def log(x: Lanes) -> Lanes:
    """log(2**k m) = k log(2) + log(m)."""
    tiny = x < 2.0**-1022
    k, m, _ = _split(where(tiny, x * 2.0**54, x))
    return _at_edges(x, _log_reduced(k - where(tiny, 2.0**52 + 1023 + 54, 2.0**52 + 1023), m - 1.0))


@in_double
def log1p(x: Lanes) -> Lanes:
    """log(1 + x), where 1 + x is rounded only to find k: f = (1 + x) / 2**k - 1 = x/2**k + (1/2**k - 1)."""
    u = 1.0 + x
    k, m, bits = _split(u)
    shrink = ((2046 << 52) - (bits & ~MANTISSA)).floats()  # 1/2**k
    f = where(u < 2.0**60, fma(x, shrink, shrink - 1.0), m - 1.0)
    return _at_edges(u, _log_reduced(k - (2.0**52 + 1023), f))


@in_double
def softplus(x: Lanes) -> Lanes:
    """log(1 + exp(x)) = max(x, 0) + log(1 + z) with z = exp(-|x|) <= 1, so that k is 0 or 1."""
    factor, other = _exp_of_minus(abs(x))
    z = factor * other
    halve = z > math.sqrt(2.0) - 1.0
    f = where(halve, fma(z, 0.5, -0.5), z)
    return where(x > 0.0, x, 0.0) + _log_reduced(where(halve, 1.0, 0.0), f)


# -------------------------------------------------------------------------------------------------------- powers

# (3 atanh(s)/s - 3 - z) / z**2 in z = s**2, for s as in LOG; as a part of atanh(s) right to 2**-66.2
POW = (
    *(0.6000000000000337, 0.42857142855154107, 0.33333333779121366, 0.2727267661145862),
    *(0.2308013343189744, 0.19885281569413957, 0.19794022565687602),
)
TWO_THIRDS_HIGH = float.fromhex("0x1.555555p-1")  # to 26 bits
TWO_THIRDS_LOW = float.fromhex("0x1.5555555555555p-27")


def _high(x: Lanes) -> Lanes:
    """The first 26 bits of x. A product of two such numbers is exact, and so is x - _high(x)."""
    return (x.bits() & -(1 << 27)).floats()


def _log_in_two(x: Lanes) -> tuple[Lanes, Lanes]:
    """log(x) for a normal x > 0, as the sum of two doubles that is right to 2**-63.

    It is 2/3 s (3 + s**2 + ...) as in `_log_reduced`, where each number that counts is kept in two parts.
    """
    k, m, _ = _split(x)
    k = k - (2.0**52 + 1023)
    f, below = m - 1.0, m + 1.0
    shrink = 1.0 / below
    s = f * shrink
    s_high, below_high = _high(s), _high(below)
    s_low = ((f - s_high * below_high) - s_high * (m - (below_high - 1.0))) * shrink
    z_high = s_high * s_high
    z = s * s
    rest = fma(z * z, polynomial(z, POW), s_low * (s_high + s))
    total = _high(z_high + 3.0 + rest)
    total_low = rest - ((total - 3.0) - z_high)
    product = s_high * total
    product_low = fma(s_low, total, total_low * s)
    sum_high = _high(product + product_low)
    sum_low = product_low - (sum_high - product)
    log_m = TWO_THIRDS_HIGH * sum_high
    log_x = fma(k, LN2_HIGH, log_m)
    low = fma(sum_high, TWO_THIRDS_LOW, fma(k, LN2_LOW, (2.0 / 3.0) * sum_low))
    return log_x, (log_m - (log_x - k * LN2_HIGH)) + low


@in_double
def pow(x: Lanes, y: Lanes) -> Lanes:
    """exp(y log|x|), with the sign of x for an odd y. The error of y log|x| is that of the result: log in two parts.

    Zeros, denormals, infinities, NaN and |y| >= 2**31 go to the C library.
    """
    size = abs(x)
    log_size, missing = _log_in_two(size)
    log_high, y_high = _high(log_size), _high(y)
    missing = (log_size - log_high) + missing
    product = y_high * log_high
    product_low = fma(y - y_high, log_high, y * missing)
    exponent = product + product_low
    power = _exp_clamped(_clamp(exponent, -746.0, 710.0), product_low - (exponent - product))
    nearest = y + ROUNDER
    odd = (nearest.bits() << 63) & x.bits()  # the sign of x if the integer is odd
    whole = (nearest - ROUNDER).equals(y)
    power = where((x < 0.0) & ~whole, math.nan, (power.bits() ^ odd).floats())
    usual = (size >= 2.0**-1022) & (size < math.inf) & (abs(y) < 2.0**31)
    return where_rarely(~usual, lambda: lane_by_lane("pow", x, y), power)
