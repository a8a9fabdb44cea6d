"""The JavaScript that a page computes with: the source of a `Program` of the recorded graph, and no second engine."""

from collections.abc import Iterable

from autodiff import Program, Value


def javascript(outputs: Iterable[Value], inputs: Iterable[Value]) -> str:
    """Return JavaScript that defines `compute`, from an array of inputs to an array of outputs.

    Raises:
        ValueError: if a primitive is not in the table, so that it has no source.

    >>> x = Value(3.0, "x")
    >>> print(javascript([x, x + 1.0], [x]))
    const compute = (() => {
    /**
     * Return the values.
     */
    function value(inputs) {
      const [x] = inputs;
      return [x, x + 1];
    }
    return value;
    })();
    <BLANKLINE>
    """
    source = Program(outputs, inputs, backend="python").source("javascript")
    return f"const compute = (() => {{\n{source}return value;\n}})();\n"
