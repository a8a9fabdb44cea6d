"""LLVM's assembly language, written as text: `Module`, `Function`, and the types and literals of vectors.

An instruction is a line of text, and a value is a string: a name such as "%12", or a literal such as "7". So the code
that writes instructions reads like them. `llvmlite.ir` builds an object for each instruction and prints it later; that
takes 16 us for an instruction, where a line of text takes 1 us, and a program has tens of thousands of instructions.

Pointers have types here (`double*`). LLVM 15, in llvmlite 0.44, requires them; LLVM 17 and later read them as `ptr`.

References:
    LLVM Language Reference Manual, https://llvm.org/docs/LangRef.html
"""

import ctypes
import functools
import math
import struct
from collections.abc import Sequence

OVERLOADS = {"double": "f64", "float": "f32", "i64": "i64", "i32": "i32", "i1": "i1"}
"""How the names of intrinsic functions abbreviate a type."""

HEADER = 'target triple = "unknown-unknown-unknown"\n'
UNLIKELY = "!prof !0"
FOOTER = '!0 = !{!"branch_weights", i32 1, i32 99}\n'  # the meaning of UNLIKELY


class Vector:
    """The type of a SIMD vector, such as `<8 x double>`; with one lane, of a number: `double`.

    Call `vector` for a type: it makes each once. LLVM would compile `<1 x double>` to the same code, in more time.
    """

    __slots__ = ("count", "element", "overload", "text")

    def __init__(self, element: str, count: int) -> None:
        self.element, self.count = element, count  # the type of a lane, a key of OVERLOADS, and how many there are
        self.text = f"<{count} x {element}>" if count > 1 else element
        self.overload = f"v{count}{OVERLOADS[element]}" if count > 1 else OVERLOADS[element]

    def __str__(self) -> str:
        return self.text


@functools.cache
def vector(element: str, count: int) -> Vector:
    """The type of `count` lanes."""
    return Vector(element, count)


def constant(kind: Vector, number: float) -> str:
    """The literal with `number` in every lane."""
    if number == 0.0 and math.copysign(1.0, number) > 0.0:
        return "zeroinitializer"
    return _constant(kind, number if number else "-0.0")


@functools.lru_cache(maxsize=4096)  # a program has few constants and writes each many times
def _constant(kind: Vector, number: float | str) -> str:
    return lanes_literal(kind, [float(number) if isinstance(number, str) else number] * kind.count)


def lanes_literal(kind: Vector, numbers: Sequence[float]) -> str:
    """The literal with one number for each lane."""
    literals = [literal(kind.element, number) for number in numbers]
    return f"<{', '.join([f'{kind.element} {number}' for number in literals])}>" if kind.count > 1 else literals[0]


def real_of(dtype: str) -> str:
    """LLVM's name of the type of a number, "float64" or "float32"."""
    return "double" if dtype == "float64" else "float"


def bytes_of(real: str) -> int:
    """The size of a number, "double" or "float"."""
    return 8 if real == "double" else 4


def literal(kind: str, number: float) -> str:
    """A number of a scalar type; floats by their bits, as LLVM wants them."""
    if kind not in ("double", "float"):
        return str(int(number))
    if kind == "float":
        number = ctypes.c_float(number).value  # rounded, but written as the double that is equal to it
    (bits,) = struct.unpack("<Q", struct.pack("<d", number))
    return f"0x{bits:016X}"


class Module:
    """The functions of a module, and its arrays of constants, as text.

    Args:
        has_many_loops: whether LLVM is not to look for cheaper counters of loops. That takes a third of the time to
            compile many loops, and gains nothing where their turns are long. LLVM does not analyze counters that
            saturate.
    """

    def __init__(self, *, has_many_loops: bool = False) -> None:
        self.has_many_loops = has_many_loops
        self.functions: list[str] = []
        self.arrays: list[str] = []
        self.declared: dict[str, str] = {}

    def declare(self, name: str, result: object, parameters: str) -> None:
        """Declare a function that is defined elsewhere; once, however often it is asked for."""
        if name not in self.declared:
            self.declared[name] = f"declare {result} @{name}({parameters})\n"

    def next_turn(self, i: str) -> str:
        """The instruction that adds 1 to the counter of a loop."""
        if not self.has_many_loops:
            return f"add i64 {i}, 1"
        self.declare("llvm.uadd.sat.i64", "i64", "i64, i64")
        return f"call i64 @llvm.uadd.sat.i64(i64 {i}, i64 1)"

    def array(self, kind: str, numbers: Sequence[float]) -> str:
        """Add an array of constants; return the expression that is its address."""
        name, array = f"@array{len(self.arrays)}", f"[{len(numbers)} x {kind}]"
        literals = ", ".join([f"{kind} {literal(kind, number)}" for number in numbers])
        self.arrays.append(f"{name} = internal constant {array} [{literals}]")
        return f"getelementptr inbounds ({array}, {array}* {name}, i64 0, i64 0)"

    def __str__(self) -> str:
        return "\n".join([HEADER, *self.arrays, *self.functions, *self.declared.values(), FOOTER])


class Function:
    """A function, written instruction by instruction, from its first block to its last; `end` puts it into its module.

    A parameter has type and name, such as "double* noalias %points". The linkage is "internal" if nobody calls the
    function from outside; an attribute is "noinline".
    """

    def __init__(
        self,
        module: Module,
        name: str,
        parameters: Sequence[str],
        result: object = "void",
        *,
        linkage: str = "",
        attributes: str = "",
    ) -> None:
        self.module = module
        # the text so far
        self.lines = [f"define {linkage} {result} @{name}({', '.join(parameters)}) {attributes} {{", "entry:"]
        self.block = "entry"  # the label of the block that is written now
        self.n_values = self.n_labels = 0

    def assign(self, instruction: str) -> str:
        """Write an instruction with a result; return the result's name."""
        name = f"%{self.n_values}"
        self.n_values += 1
        self.lines.append(f"{name} = {instruction}")
        return name

    def do(self, instruction: str) -> None:
        """Write an instruction without a result."""
        self.lines.append(instruction)

    def label(self, purpose: str) -> str:
        """A label that this function does not have yet."""
        self.n_labels += 1
        return f"{purpose}{self.n_labels}"

    def begin(self, label: str) -> None:
        """Begin a block."""
        self.lines.append(f"{label}:")
        self.block = label

    def phi(self, kind: object) -> "Phi":
        """Write a phi instruction, whose incoming values are added later."""
        return Phi(self, kind)

    def end(self, result: str = "void") -> None:
        """Return the result, typed, and put the function into its module."""
        self.lines += [f"ret {result}", "}\n"]
        self.module.functions.append("\n".join(self.lines))


class Phi:
    """The value that depends on which block was left for this one."""

    def __init__(self, function: Function, kind: object) -> None:
        self.function, self.kind = function, kind
        self.incoming: list[str] = []
        self.place = len(function.lines)
        self.name = function.assign("")  # the name of the value

    def add(self, value: str, label: str) -> None:
        """The value, if the block `label` was left."""
        self.incoming.append(f"[{value}, %{label}]")
        self.function.lines[self.place] = f"{self.name} = phi {self.kind} {', '.join(self.incoming)}"
