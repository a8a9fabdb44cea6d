"""Three notations of mathematics: plain text, LaTeX and MathML.

A notation spells names, numbers, fractions and powers. The order of terms and the brackets are up to `formula`.
"""

import re
from collections.abc import Sequence

from viz.graph.names import GREEK, isolated, of_layer, parts_of
from viz.pages.markup import Html, element
from viz.style.text import SUPERSCRIPTS, format_number, number_parts

_COMMANDS = {letter: f"\\{name}" for name, letter in GREEK.items()} | {
    "Σ": "\\Sigma",
    "Δ": "\\Delta",
    "∂": "\\partial ",
    "ŷ": "\\hat{y}",
}
_FUNCTIONS = {"exp", "log", "sin", "cos", "tan", "sinh", "cosh", "tanh", "max", "min"}
_ESCAPES = {c: f"\\{c}" for c in "{}$&#_%"} | {"\\": "\\backslash ", "^": "\\hat{ }", "~": "\\sim ", " ": "\\ "}
_SPELLED = {letter: f"{{{command}}}" for letter, command in _COMMANDS.items()} | _ESCAPES  # inside a label


class Plain:
    """Plain text, for a terminal: ∂f/∂x = 4·x·y³. The other notations override its methods.

    Args:
        digits: the number of significant digits.
    """

    dot, equals, plus, minus, becomes = " · ", " = ", " + ", " − ", " += "

    def __init__(self, digits: int = 4) -> None:
        self.digits = digits

    def name(self, label: str) -> str:
        """Return the name of a node."""
        return isolated(label)

    def number(self, x: float) -> str:
        """Return a number."""
        return format_number(x, self.digits)

    def word(self, word: str) -> str:
        """Return a word, or punctuation, between formulas."""
        return word

    def row(self, *parts: str) -> str:
        """Return parts side by side."""
        return "".join(parts)

    def phantom(self, text: str) -> str:
        """Return the width of a plain text that is not shown: signs, digits and brackets."""
        return " " * len(text)

    def product(self, factors: Sequence[str]) -> str:
        """Return the product of factors."""
        return "·".join(factors)

    def over(self, numerator: str, denominator: str) -> str:
        """Return a fraction."""
        return f"{numerator}/{denominator}"

    def power(self, base: str, exponent: str) -> str:
        """Return a power."""
        if re.fullmatch(r"−?\d+", exponent):
            return base + exponent.replace("−", "-").translate(SUPERSCRIPTS)
        return f"{base}^{exponent}" if re.fullmatch(r"[\w.]+", exponent) else f"{base}^({exponent})"

    def call(self, function: str, *arguments: str) -> str:
        """Return a function with its arguments; "|x|" is the absolute value, "√" the square root."""
        if function == "|x|":
            return f"abs({arguments[0]})" if "|" in arguments[0] else f"|{arguments[0]}|"  # ||a|·b|: read in two ways
        if function == "√" and re.fullmatch(r"[\w.]+", arguments[0]):
            return f"√{arguments[0]}"
        return f"{function}({', '.join(arguments)})"

    def choice(self, left: str, right: str, relation: str = " > ") -> str:
        """Return [left > right], which is 1 where that is so, else 0 (Iverson's bracket)."""
        return self.row(self.word("["), left, self.word(relation), right, self.word("]"))

    def brackets(self, inside: str) -> str:
        """Return a formula in brackets."""
        return f"({inside})"

    def sum(self, terms: Sequence[tuple[bool, str]]) -> str:
        """Return the sum of (is negative, term) pairs."""
        (is_negative, total), *rest = terms
        total = self.row(self.word("−"), total) if is_negative else total
        for is_negative, term in rest:
            total = self.row(total, self.minus if is_negative else self.plus, term)
        return total

    def fraction(self, d: str, of: str, by: str) -> str:
        """Return the derivative of one name by another, with d or ∂."""
        return f"{d}{of}/{d}{by}"

    def total(self, of: str, by: str) -> str:
        """Return dof/dby: the derivative along all paths, where ∂ is that along one edge."""
        return self.fraction("d", of, by)

    def partial(self, of: str, by: str) -> str:
        """Return ∂of/∂by: the derivative along one edge."""
        return self.fraction("∂", of, by)

    def layer(self, letter: str, number: int) -> str:
        """Return the name of a vector or matrix of a layer: W⁽²⁾, δ⁽³⁾."""
        return of_layer(letter, number)

    def transposed(self, matrix: str) -> str:
        """Return the transpose of a matrix."""
        return f"{matrix}ᵀ"

    def matrix(self, rows: Sequence[Sequence[str]]) -> str:
        """Return a matrix; one row is a vector."""
        return f"[{'; '.join(', '.join(row) for row in rows)}]"


class Latex(Plain):
    """The body of an equation in LaTeX, as MathJax reads it."""

    dot, equals, plus, minus, becomes = " \\cdot ", " = ", " + ", " - ", " \\mathrel{+}= "

    def name(self, label: str) -> str:
        letter, layer, place = parts_of(label)
        if letter:
            spelled = f"\\{letter}" if letter in GREEK else _COMMANDS.get(letter, letter)
            return spelled + (f"^{{({layer})}}" if layer else "") + (f"_{{{place}}}" if place else "")
        escaped = "".join(_SPELLED.get(c, c) for c in label if c.isprintable())
        return f"\\mathrm{{{escaped or '?'}}}"

    def number(self, x: float) -> str:
        sign, mantissa, exponent = number_parts(x, self.digits)
        mantissa = {"inf": "\\infty", "nan": "\\mathrm{nan}"}.get(mantissa, mantissa)
        return f"{sign}{mantissa} \\cdot 10^{{{exponent}}}" if exponent else sign + mantissa

    def word(self, word: str) -> str:
        signs = {
            "−": "-",
            "…": "\\dots ",
            " ∘ ": " \\circ ",
            "′": "'",
            " ": " \\, ",
            "[": "[",
            "]": "]",
            " > ": " > ",
            " = ": " = ",
        }
        if word.strip() in ("[", "]", ">", "="):
            return word
        return signs.get(word) or f"\\text{{{word}}}"  # only words of this package, which need no escapes

    def phantom(self, text: str) -> str:
        return f"\\phantom{{{text.replace('−', '-')}}}" if text else ""

    def product(self, factors: Sequence[str]) -> str:
        needs_dot = any(re.match(r"(?:\{|\\frac|\\mathrm)*-?\d", factor) for factor in factors[1:])
        return (self.dot if needs_dot else " \\, ").join(factors)

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
        name = _COMMANDS.get(function) or f"\\operatorname{{{_letters(function)}}}"
        if function in _FUNCTIONS:
            name = f"\\{function}"
        return f"{name}{prime and chr(39)}\\left({', '.join(arguments)}\\right)"

    def brackets(self, inside: str) -> str:
        return f"\\left({inside}\\right)"

    def fraction(self, d: str, of: str, by: str) -> str:
        d = "\\mathrm{d}" if d == "d" else "\\partial "
        return f"\\frac{{{d}{of}}}{{{d}{by}}}"

    def layer(self, letter: str, number: int) -> str:
        return f"{_COMMANDS.get(letter, letter)}^{{({number})}}"

    def transposed(self, matrix: str) -> str:
        return f"{{{matrix}}}^{{\\mathsf{{T}}}}"

    def matrix(self, rows: Sequence[Sequence[str]]) -> str:
        return "\\begin{pmatrix} " + " \\\\ ".join(" & ".join(row) for row in rows) + " \\end{pmatrix}"


class MathML(Plain):
    """MathML, which browsers show without a library."""

    dot, equals, plus, minus, becomes = (element("mo", sign) for sign in ("·", "=", "+", "−", "+="))

    def name(self, label: str) -> str:
        letter, layer, place = parts_of(label)
        if letter and (layer or place):
            base = _letter(letter)
            below = element("mn" if place.isdigit() else "mtext", place)
            if not layer:
                return element("msub", base, below)
            return element("msubsup", base, below, element("mn", f"({layer})"))
        return _letter(letter or label)

    def number(self, x: float) -> str:
        sign, mantissa, exponent = number_parts(x, self.digits)
        parts = [element("mn", "∞" if mantissa == "inf" else mantissa)]
        if exponent:
            parts += [element("mo", "·"), element("msup", element("mn", 10), element("mn", exponent.replace("-", "−")))]
        if sign:
            parts.insert(0, element("mo", "−", form="prefix"))
        return element("mrow", *parts) if len(parts) > 1 else parts[0]

    def word(self, word: str) -> str:
        if word == " ":
            return element("mspace", width="0.3em")
        if word.strip() == "∘":
            return element("mo", "∘", lspace="0.4em", rspace="0.4em")
        return element("mo" if len(word.strip()) == 1 else "mtext", word.replace(" ", "\xa0"))

    def row(self, *parts: str) -> str:
        return element("mrow", *parts)

    def phantom(self, text: str) -> str:
        marks = [element("mn" if c.isdigit() else "mo", c, form=None if c.isdigit() else "prefix") for c in text]
        return element("mphantom", *marks) if marks else ""

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

    def fraction(self, d: str, of: str, by: str) -> str:
        d = element("mo", d, form="prefix", rspace="0")
        return element("mfrac", element("mrow", d, of), element("mrow", d, by))

    def layer(self, letter: str, number: int) -> str:
        return element("msup", element("mi", letter), element("mn", f"({number})"))

    def transposed(self, matrix: str) -> str:
        return element("msup", element("mrow", matrix), element("mo", "⊤"))

    def matrix(self, rows: Sequence[Sequence[str]]) -> str:
        table = element("mtable", *[element("mtr", *[element("mtd", cell) for cell in row]) for row in rows])
        return self.brackets(table)


def _letter(letter: str) -> Html:
    """A letter or a word in MathML; ŷ is y with a hat, because no font has it in italics."""
    if letter == "ŷ":
        return element("mover", element("mi", "y"), element("mo", "^"), accent="true")
    return element("mi", GREEK.get(letter, letter))


def _letters(word: str) -> str:
    """The letters, digits and underscores of a word, in LaTeX."""
    return re.sub(r"[^\w]", "", word).replace("_", "\\_")
