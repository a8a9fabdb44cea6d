"""A primitive in a language: the text of its application, the helper functions that this needs, and both as a function.

A function of the language's library goes first, then a formula short enough to be written where it is used, as
`np.maximum(x, 0.0)`, and then a helper function with the formula.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from autodiff.languages import OPERANDS, Language, Text, called
from autodiff.primitive import Primitive, WidePrimitive
from autodiff.primitives import PRIMITIVES

ELEMENTARY = [name for name, primitive in PRIMITIVES.items() if not primitive.formula and primitive.partials]
"""The functions that a language must have."""
_ALL = [text for primitive in PRIMITIVES.values() for text in (primitive.formula, *primitive.spellings.values())]
NAMES = frozenset({*PRIMITIVES, "inf", "nan"}.union(*map(called, _ALL)))
"""The names that applications and helpers are written with."""


def name_of(primitive: Primitive) -> str:
    """Return the name of a helper function: that of the primitive; no name of the table for one of a user."""
    return primitive.name if PRIMITIVES.get(primitive.name) is primitive else f"own_{primitive.name}"


def spell(primitive: Primitive, operands: Sequence[Text], language: Language) -> Text:
    """Return the application of a primitive to texts: of up to three operands, or a fold of any number."""
    if fold := _fold(primitive):  # by halves: no parser takes hundreds of nested calls
        half = len(operands) // 2
        sides = [spell(primitive, side, language) for side in (operands[:half], operands[half:])] if half else []
        return spell(fold, sides, language) if half else operands[0]
    formula, name = _formula(primitive, language), language.library.get(name_of(primitive), name_of(primitive))
    inline = language.inline(formula, operands) if formula else None
    return inline or Text(f"{name}({', '.join(operand.text for operand in operands)})")


def helpers(primitives: Iterable[Primitive], language: Language) -> dict[str, str]:
    """Return the definitions of the functions that `spell` calls, by their names, each after those that it calls.

    Raises:
        ValueError: if two primitives of users have one name.
    """
    definitions: dict[str, str] = {}
    for primitive in dict.fromkeys([_fold(each) or each for each in primitives]):
        formula = _formula(primitive, language)
        if not formula:
            continue
        definitions |= _helpers_of_formula(formula, language)
        if language.inline(formula, [Text(name) for name in OPERANDS[: len(primitive.partials)]]) is None:
            definition = language.define(name := name_of(primitive), formula, primitive.words)
            if definitions.setdefault(name, definition) != definition:
                raise ValueError(f"source: expected primitives of different names, got two called {primitive.name!r}")
    return definitions


def names_in(primitives: Iterable[Primitive], language: Language) -> set[str]:
    """Return the names of all functions that applications of these primitives call, and inf and nan."""
    names: set[str] = set()
    for primitive in [_fold(each) or each for each in primitives]:
        names.add(name_of(primitive))
        for name in called(_formula(primitive, language)):
            names |= names_in([PRIMITIVES[name]], language) if name in PRIMITIVES else {name}
    return names


def _fold(primitive: Primitive) -> Primitive | None:
    """The primitive of two operands that gives a wide one, if there is one."""
    return primitive.fold if isinstance(primitive, WidePrimitive) else None


def _formula(primitive: Primitive, language: Language) -> str:
    """The formula of a primitive; "" if it is in the library."""
    in_library = primitive.name in language.library and PRIMITIVES.get(primitive.name) is primitive
    return "" if in_library else primitive.formula_in(language.name)


def _helpers_of_formula(formula: str, language: Language) -> dict[str, str]:
    """The definitions of the functions that a formula calls, by their names also where they are short."""
    definitions: dict[str, str] = {}
    for name in sorted(called(formula) & PRIMITIVES.keys() - language.library.keys()):
        if inner := PRIMITIVES[name].formula_in(language.name):
            definitions |= _helpers_of_formula(inner, language)
            definitions[name] = language.define(name, inner, PRIMITIVES[name].words)
    return definitions


def function(primitive: Primitive, language: Language, namespace: Mapping[str, Any]) -> Callable[..., Any]:
    """Return a primitive as a function of whatever Python objects the names of `namespace` compute with."""
    operands = OPERANDS[: len(primitive.partials)]
    result = spell(primitive, [Text(name) for name in operands], language).text
    code = "\n\n".join([*helpers([primitive], language).values(), f"def apply({', '.join(operands)}): return {result}"])
    names = dict(namespace)
    exec(code, names)
    apply: Callable[..., Any] = names["apply"]
    return apply
