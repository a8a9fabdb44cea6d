"""Derivatives as functions of functions, of any order.

Reverse mode is `grad`, `value_and_grad`, `jacobian` and `vjp`; forward mode `jvp`; both together `hessian` and `hvp`.

The conventions are those of JAX. An argument is a number, an array of numpy, or a nested list, tuple or dict of these;
`argnums` says by which arguments to differentiate; the result has their structure. In place of an array the function
gets an array of Values, on which numpy computes as on any objects: `W @ x`, `x.sum()`, slices.

Results are floats for float arguments. They are Values if an argument holds a Value, and if another transform calls the
function, so that transforms nest: `grad(grad(f))` is the second derivative. A Value that the function uses without
taking it as an argument, such as the parameter of a model, does not make the result a Value; for its derivative as a
graph there is `gradients`.

A transform calls the function with fresh inputs; `calls` says how nested transforms are kept apart.
"""

from collections.abc import Callable, Sequence
from typing import Any

from autodiff import forward, reverse
from autodiff.calls import Call, Transformed
from autodiff.structure import holds_value, numbers_of, outer, paired, with_numbers
from autodiff.value import Value, as_value
from autodiff.vectors import dot


def gradients(output: Value, wrt: Any) -> Any:
    """Return d output / d node as a Value, for every node of `wrt`: the gradient of a live graph, itself a graph.

    Args:
        output: the node to differentiate.
        wrt: a Value, or a list, tuple or dict of Values.

    Returns:
        The structure of `wrt`, with Values.

    Raises:
        TypeError: if `output` or something in `wrt` is not a Value.

    >>> x, y = Value(1.0, "x"), Value(2.0, "y")
    >>> f = 2 * x**2 * y**3
    >>> [g.data for g in gradients(f, [x, y])]
    [32.0, 24.0]
    """
    nodes = numbers_of(wrt, "gradients")
    for node in (output, *nodes):
        if not isinstance(node, Value):
            raise TypeError(f"gradients: expected Values, got {type(node).__name__}; for a function, use grad")
    return with_numbers(wrt, map(as_value, reverse.adjoints_on_values(output, nodes)), "gradients")


def grad(f: Callable[..., Any], argnums: int | Sequence[int] = 0, *, has_aux: bool = False) -> Callable[..., Any]:
    """Return the function that gives the gradient of `f`, by reverse mode.

    Args:
        f: a function that returns one number.
        argnums: the position of the argument to differentiate with respect to, or several.
        has_aux: whether `f` returns (number, aux): what is to be known beside the number and is not differentiated.

    Returns:
        A function of the same arguments; keyword arguments are passed on and not differentiated. It returns the
        structure of that argument with d f / d number for each number, or a tuple of them if `argnums` is a sequence;
        with `has_aux` (gradient, aux), where the Values in lists, tuples, dicts and arrays of aux have become floats.

    Raises:
        TypeError: when called, if `f` returns anything but one number, or an argument is not a structure of numbers.
        ValueError: when called, if `argnums` names no argument.

    >>> f = lambda x, y: 2 * x**2 * y**3
    >>> grad(f)(1.0, 2.0), grad(f, argnums=(0, 1))(1.0, 2.0)
    (32.0, (32.0, 24.0))
    >>> grad(grad(f))(1.0, 2.0)  # 4 y^3
    32.0
    >>> grad(lambda x: (x**2, {"root": x}), has_aux=True)(3.0)
    (6.0, {'root': 3.0})
    """

    def gradient(*args: Any, **kwargs: Any) -> Any:
        call = Call("grad", f, args, argnums, kwargs, has_aux)
        return (call.gradient(), call.aux) if has_aux else call.gradient()

    return Transformed("grad", f, gradient)


def value_and_grad(
    f: Callable[..., Any], argnums: int | Sequence[int] = 0, *, has_aux: bool = False
) -> Callable[..., tuple[Any, Any]]:
    """Return the function that gives (f's value, its gradient); arguments and errors are those of `grad`.

    With `has_aux` it gives ((value, aux), gradient).

    It is what `scipy.optimize.minimize(value_and_grad(f), x0, jac=True)` takes.

    >>> value_and_grad(lambda x: x**2)(3.0)
    (9.0, 6.0)
    """

    def value_and_gradient(*args: Any, **kwargs: Any) -> tuple[Any, Any]:
        call = Call("grad", f, args, argnums, kwargs, has_aux)
        gradient = call.gradient()
        value = call.numbers(call.outputs)[0]
        return ((value, call.aux) if has_aux else value), gradient

    return Transformed("value_and_grad", f, value_and_gradient)


def jacobian(f: Callable[..., Any], argnums: int | Sequence[int] = 0) -> Callable[..., Any]:
    """Return the function that gives all first derivatives of `f`, by one reverse sweep for each of its outputs.

    Args:
        f: a function that returns m numbers, as a structure.
        argnums: as for `grad`.

    Returns:
        A function of the same arguments. It returns the structure of f's result, and in place of each number its
        gradient: for lists of m outputs and n inputs, a list of m lists of n, J[i][j] = d f_i / d x_j. For arrays, an
        array whose axes are those of the output, then those of the input.

    The errors are those of `grad`, but that f may return a structure of numbers.

    >>> jacobian(lambda x: [x[0] * x[1], x[0] ** 2])([2.0, 3.0])
    [[3.0, 2.0], [4.0, 0.0]]
    """

    def all_derivatives(*args: Any, **kwargs: Any) -> Any:
        call = Call("jacobian", f, args, argnums, kwargs)
        arguments = call.wrt[0] if call.single else tuple(call.wrt)
        return outer(call.result, arguments, map(call.adjoints, call.outputs), "jacobian")

    return Transformed("jacobian", f, all_derivatives)


def hessian(f: Callable[..., Any], argnums: int = 0) -> Callable[..., Any]:
    """Return the function that gives all second derivatives of `f`, as jacobian(grad(f)).

    Args:
        f: a function that returns one number.
        argnums: the position of the argument.

    Returns:
        A function of the same arguments. For a list of n numbers, it returns a symmetric list of n lists of n,
        H[i][j] = d^2 f / d x_i d x_j; for an array an array with its axes twice; for another structure, the structure
        of structures.

    >>> hessian(lambda x: x[0] ** 2 * x[1])([3.0, 5.0])
    [[10.0, 6.0], [6.0, 0.0]]
    """
    return Transformed("hessian", f, jacobian(grad(f, argnums), argnums))


def jvp(f: Callable[..., Any], primals: Sequence[Any], tangents: Sequence[Any]) -> tuple[Any, Any]:
    """Return (f's value, its directional derivative), by forward mode: the Jacobian times a vector.

    With dx and dy as tangents, this is the total derivative df = df/dx dx + df/dy dy.

    Args:
        f: a function of len(primals) arguments.
        primals: the arguments, each a number, an array or a structure of them.
        tangents: the direction: the same structures.

    Returns:
        (value, tangent), both with the structure of f's result.

    Raises:
        TypeError: if an argument, a tangent or f's result is not a structure of numbers.
        ValueError: if the tangents do not have the structure of the primals.

    >>> x, y, dx, dy = 1.0, 2.0, 0.5, -0.25
    >>> jvp(lambda x, y: 2 * x**2 * y**3, (x, y), (dx, dy))
    (16.0, 10.0)
    >>> 4 * x * y**3 * dx + 6 * x**2 * y**2 * dy
    10.0
    """
    for what, arguments in (("primals", primals), ("tangents", tangents)):
        if not isinstance(arguments, list | tuple):
            got = type(arguments).__name__
            raise TypeError(f"jvp: expected {what} to be a tuple of arguments, got {got}; write (x,)")
    directions = [
        direction for _, direction in paired(tuple(primals), tuple(tangents), "jvp", "tangents", "the primals")
    ]
    call = Call("jvp", f, primals, range(len(primals)))
    call.on_values |= holds_value(directions)
    seeds: dict[Value, Any] = {
        node: direction if isinstance(direction, Value) else float(direction)
        for node, direction in zip(call.inputs, directions, strict=True)
    }
    reached = (forward.tangents_on_values if call.on_values else forward.tangents)(call.order, seeds)
    directional = [reached.get(output, 0.0) for output in call.outputs]
    if call.on_values:
        directional = [as_value(tangent) for tangent in directional]
    value = with_numbers(call.result, call.numbers(call.outputs), "jvp")
    return value, with_numbers(call.result, directional, "jvp")


def vjp(f: Callable[..., Any], *primals: Any, has_aux: bool = False) -> tuple[Any, ...]:
    """Return (f's value, its pullback), by reverse mode: a vector times the Jacobian.

    Args:
        f: a function of the primals that returns a structure of numbers.
        primals: the arguments, each a number, an array or a structure of them.
        has_aux: whether `f` returns (value, aux), as for `grad`; the result is then (value, pullback, aux).

    Returns:
        The pullback is a function of a cotangent v, of the structure of the value. It gives the gradient of
        sum(v_i f_i), as a tuple with the structure of each primal. It can be called many times; `f` is called once.

    Raises:
        TypeError: if an argument or f's value is not a structure of numbers.
        ValueError: by the pullback, if the cotangent does not have the structure of the value.

    >>> value, pullback = vjp(lambda x, y: [x * y, x + y], 2.0, 5.0)
    >>> value, pullback([1.0, 0.0]), pullback([0.0, 1.0])
    ([10.0, 7.0], (5.0, 2.0), (1.0, 1.0))
    """
    call = Call("vjp", f, primals, range(len(primals)), has_aux=has_aux)

    def pullback(cotangent: Any) -> tuple[Any, ...]:
        vector = [number for _, number in paired(call.result, cotangent, "vjp", "a cotangent", "the value")]
        weighted = as_value(dot(call.outputs, vector))
        return tuple(call.structured(call.adjoints(weighted, call.on_values or holds_value(vector))))

    value = with_numbers(call.result, call.numbers(call.outputs), "vjp")
    pulled = Transformed("pullback", f, pullback)
    pulled.__wrapped__ = pullback  # its argument is another than those of f
    return (value, pulled, call.aux) if has_aux else (value, pulled)


def hvp(f: Callable[..., Any], primals: Sequence[Any], tangents: Sequence[Any]) -> Any:
    """Return the Hessian of `f` times a vector, forward over reverse: the cost of a few gradients, for any size.

    Args:
        f: a function of len(primals) arguments that returns one number.
        primals, tangents: the arguments and the vector, as for `jvp`.

    Returns:
        The structure of the argument, or for several arguments a tuple of theirs.

    References:
        Pearlmutter, Fast exact multiplication by the Hessian (1994).

    >>> hvp(lambda x: x[0] ** 2 * x[1], ([3.0, 5.0],), ([1.0, 0.0],))
    [10.0, 6.0]
    """
    if not isinstance(primals, list | tuple):
        raise TypeError(f"hvp: expected primals to be a tuple of arguments, got {type(primals).__name__}; write (x,)")
    every = 0 if len(primals) == 1 else tuple(range(len(primals)))
    return jvp(grad(f, every), primals, tangents)[1]
