"""How mathematics is written: as plain text, as LaTeX, as MathML. The same formula in three hands.

A notation only spells: names, numbers, fractions, powers. What stands where, in which brackets, is `formula`.
"""

import re
from collections.abc import Sequence

from viz.pages.page import element
from viz.style.text import format_number

SUPERSCRIPTS = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")
SUBSCRIPTS = str.maketrans("0123456789", "₀₁₂₃₄₅₆₇₈₉")
NORMAL = str.maketrans("₀₁₂₃₄₅₆₇₈₉", "0123456789")
_GREEK = """
    alpha beta gamma delta epsilon zeta eta theta iota kappa lambda mu nu xi pi rho sigma tau upsilon phi chi psi omega
""".split()  # noqa: SIM905  # as one reads them
_LETTERS = dict(zip(_GREEK, "αβγδεζηθικλμνξπρστυφχψω", strict=True))
_COMMANDS = {letter: f"\\{name}" for name, letter in _LETTERS.items()} | {
    "Σ": "\\Sigma",
    "Δ": "\\Delta",
    "∂": "\\partial ",
}
_FUNCTIONS = {"exp", "log", "sin", "cos", "tan", "sinh", "cosh", "tanh", "max", "min"}
_ESCAPES = {c: f"\\{c}" for c in "{}$&#_%"} | {"\\": "\\backslash ", "^": "\\hat{ }", "~": "\\sim ", " ": "\\ "}


class Plain:
    """Text for a terminal: ∂f/∂x = 4·x·y³.

    Args:
        digits: how many significant digits a number has.
    """

    dot, equals, plus, minus, becomes = " · ", " = ", " + ", " − ", " += "

    def __init__(self, digits: int = 4) -> None:
        self.digits = digits

    def name(self, label: str) -> str:
        """The name of a node."""
        return label

    def number(self, x: float) -> str:
        """A number."""
        return format_number(x, self.digits)

    def word(self, word: str) -> str:
        """A word, or punctuation, between formulas."""
        return word

    def row(self, *parts: str) -> str:
        """Parts side by side."""
        return "".join(parts)

    def product(self, factors: Sequence[str]) -> str:
        """Factors side by side."""
        return "·".join(factors)

    def over(self, numerator: str, denominator: str) -> str:
        """A fraction."""
        return f"{numerator}/{denominator}"

    def power(self, base: str, exponent: str) -> str:
        """A power."""
        if re.fullmatch(r"-?\d+", exponent):
            return base + exponent.translate(SUPERSCRIPTS)
        return f"{base}^{exponent}" if re.fullmatch(r"[\w.]+", exponent) else f"{base}^({exponent})"

    def call(self, function: str, *arguments: str) -> str:
        """A function of its arguments."""
        if function == "|x|":
            return f"|{arguments[0]}|"
        return f"{function}({', '.join(arguments)})"

    def brackets(self, inside: str) -> str:
        """In brackets."""
        return f"({inside})"

    def sum(self, terms: Sequence[tuple[bool, str]]) -> str:
        """A sum of terms, each with whether it has a minus."""
        (negative, out), *rest = terms
        out = self.row(self.word("−"), out) if negative else out
        for negative, term in rest:
            out = self.row(out, self.minus if negative else self.plus, term)
        return out

    def partial(self, of: str, by: str) -> str:
        """∂of/∂by."""
        return f"∂{of}/∂{by}"

    def layer(self, letter: str, number: int) -> str:
        """What belongs to a layer as a whole: W2, δ3."""
        return f"{letter}{number}"

    def transposed(self, matrix: str) -> str:
        """A matrix, its rows and columns exchanged."""
        return f"{matrix}ᵀ"

    def matrix(self, rows: Sequence[Sequence[str]]) -> str:
        """A matrix; of one row, a vector."""
        return f"[{'; '.join(', '.join(row) for row in rows)}]"


class Latex(Plain):
    """The body of an equation in LaTeX, such as MathJax reads."""

    dot, equals, plus, minus, becomes = " \\cdot ", " = ", " + ", " - ", " \\mathrel{+}= "

    def name(self, label: str) -> str:
        letter, layer, place = parts_of(label)
        if letter:
            spelled = f"\\{letter}" if letter in _LETTERS else _COMMANDS.get(letter, letter)
            return spelled + (f"^{{({layer})}}" if layer else "") + (f"_{{{place}}}" if place else "")
        escaped = "".join(_ESCAPES.get(c, _COMMANDS.get(c, c)) for c in label if c.isprintable())
        return f"\\mathrm{{{escaped}}}"

    def number(self, x: float) -> str:
        mantissa, e, exponent = super().number(x).partition("e")
        if mantissa.strip("-") in ("inf", "nan"):
            return mantissa.replace("inf", "\\infty").replace("nan", "\\mathrm{nan}")
        return f"{mantissa} \\times 10^{{{int(exponent)}}}" if e else mantissa

    def word(self, word: str) -> str:
        return {"−": "-", "…": "\\dots ", " ∘ ": " \\circ ", "′": "'", " ": " \\, "}.get(
            word
        ) or f"\\text{{{word}}}"  # words are ours

    def product(self, factors: Sequence[str]) -> str:
        return (
            " \\, ".join(factors)
            if not any(re.match(r"-?\d", factor) for factor in factors[1:])
            else self.dot.join(factors)
        )

    def over(self, numerator: str, denominator: str) -> str:
        return f"\\frac{{{numerator}}}{{{denominator}}}"

    def power(self, base: str, exponent: str) -> str:
        return f"{{{base}}}^{{{exponent}}}"

    def call(self, function: str, *arguments: str) -> str:
        if function == "|x|":
            return f"\\left|{arguments[0]}\\right|"
        if function == "√":
            return f"\\sqrt{{{arguments[0]}}}"
        function, prime, _ = function.partition("′")
        name = (
            f"\\{function}"
            if function in _FUNCTIONS
            else _COMMANDS.get(function) or f"\\operatorname{{{_plain(function)}}}"
        )
        return f"{name}{prime and chr(39)}\\left({', '.join(arguments)}\\right)"

    def brackets(self, inside: str) -> str:
        return f"\\left({inside}\\right)"

    def partial(self, of: str, by: str) -> str:
        return f"\\frac{{\\partial {of}}}{{\\partial {by}}}"

    def layer(self, letter: str, number: int) -> str:
        return f"{_COMMANDS.get(letter, letter)}^{{({number})}}"

    def transposed(self, matrix: str) -> str:
        return f"{{{matrix}}}^{{\\mathsf{{T}}}}"

    def matrix(self, rows: Sequence[Sequence[str]]) -> str:
        return "\\begin{pmatrix} " + " \\\\ ".join(" & ".join(row) for row in rows) + " \\end{pmatrix}"


class MathML(Plain):
    """Elements of MathML, which browsers draw with no help."""

    dot, equals, plus, minus, becomes = (element("mo", sign) for sign in ("·", "=", "+", "−", "+="))

    def name(self, label: str) -> str:
        letter, layer, place = parts_of(label)
        if letter and (layer or place):
            base = element("mi", _LETTERS.get(letter, letter))
            below = element("mn" if place.isdigit() else "mtext", place)
            if not layer:
                return element("msub", base, below)
            return element("msubsup", base, below, element("mn", f"({layer})"))
        return element("mi", label)

    def number(self, x: float) -> str:
        shown = super().number(x)
        return (
            element("mrow", element("mo", "−", form="prefix"), element("mn", shown[1:]))
            if shown[0] == "-"
            else element("mn", shown)
        )

    def word(self, word: str) -> str:
        if word == " ":
            return element("mspace", width="0.3em")
        if word.strip() == "∘":
            return element("mo", "∘", lspace="0.4em", rspace="0.4em")
        return element("mo" if len(word) == 1 else "mtext", word.replace(" ", "\xa0"))

    def row(self, *parts: str) -> str:
        return element("mrow", *parts)

    def product(self, factors: Sequence[str]) -> str:
        between = [part for factor in factors for part in (element("mo", "·"), factor)]
        return element("mrow", *between[1:])

    def over(self, numerator: str, denominator: str) -> str:
        return element("mfrac", numerator, denominator)

    def power(self, base: str, exponent: str) -> str:
        return element("msup", element("mrow", base), element("mrow", exponent))

    def call(self, function: str, *arguments: str) -> str:
        if function == "√":
            return element("msqrt", *arguments)
        listed = [part for argument in arguments for part in (element("mo", ","), argument)][1:]
        if function == "|x|":
            return element("mrow", element("mo", "|"), *listed, element("mo", "|"))
        function, prime, _ = function.partition("′")
        name = element("mrow", element("mi", function), *([element("mo", prime)] if prime else []))
        return element("mrow", name, self.brackets(element("mrow", *listed)))

    def brackets(self, inside: str) -> str:
        return element("mrow", element("mo", "("), inside, element("mo", ")"))

    def partial(self, of: str, by: str) -> str:
        d = element("mo", "∂", form="prefix", rspace="0")
        return element("mfrac", element("mrow", d, of), element("mrow", d, by))

    def layer(self, letter: str, number: int) -> str:
        return element("msup", element("mi", letter), element("mn", f"({number})"))

    def transposed(self, matrix: str) -> str:
        return element("msup", element("mrow", matrix), element("mo", "⊤"))

    def matrix(self, rows: Sequence[Sequence[str]]) -> str:
        table = element("mtable", *[element("mtr", *[element("mtd", cell) for cell in row]) for row in rows])
        return self.brackets(table)


def parts_of(label: str) -> tuple[str, str, str]:
    """A name of one letter, the layer it is of, and its place; three times "" if the label is no such name.

    >>> parts_of("W1[0,2]"), parts_of("s(A)"), parts_of("theta_3"), parts_of("v₁₂"), parts_of("rate")
    (('W', '1', '0,2'), ('s', '', 'A'), ('theta', '', '3'), ('v', '', '12'), ('', '', ''))
    """
    label = label.translate(NORMAL)
    match = re.fullmatch(r"([^\W\d_])(\d+)\[([\d,]+)\]", label)
    if match:
        return match[1], match[2], match[3]
    match = re.fullmatch(rf"([^\W\d_]|{'|'.join(_GREEK)})(?:_?(\d*)|[_(\[]([^\W_]+)[)\]]?)", label)
    return (match[1], "", match[2] or match[3] or "") if match else ("", "", "")


def _plain(word: str) -> str:
    """A word that LaTeX takes for nothing but letters."""
    return re.sub(r"[^\w]", "", word).replace("_", "\\_")


def short(label: str) -> str:
    """A label in a sentence: one line of at most 30 characters."""
    line = " ".join(label.split())
    return line if len(line) <= 30 else f"{line[:29]}…"
