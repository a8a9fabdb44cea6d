"""Losses: functions of (prediction, target), each a number, a Value, or a list of them.

    regression          squared_error, absolute_error, huber
    yes or no           binary_cross_entropy, of logits; hinge, of scores
    one of n classes    cross_entropy, of n logits

For a list, the loss of one sample is the sum over its elements. For rows, one for each sample, in a list or an array,
it is the mean of the losses of the samples, as in `nn.fit`. A logit is an output before the sigmoid or softmax: the
activation of the last layer is then the identity, and the loss computes the logarithm without overflow.
"""

import operator
from collections.abc import Callable, Sequence
from functools import wraps
from typing import Any, Protocol, TypeAlias, TypeVar, cast, overload

from autodiff import Value, dot, logsumexp, maximum, minimum, relu, softplus, stop_gradient, where
from autodiff import sum as total
from autodiff.extend import check_positive, is_real, primitives

Numbers: TypeAlias = Value | float | Sequence[Value | float] | Sequence[Sequence[Value | float]]
Values: TypeAlias = Value | Sequence[Value] | Sequence[Sequence[Value]]
Floats: TypeAlias = float | Sequence[float] | Sequence[Sequence[float]]
L = TypeVar("L", bound=Callable[..., Any])


class _Loss(Protocol):
    """The types of a loss: it is a Value if the prediction or the target is one, else a float."""

    @overload
    def __call__(self, prediction: Values, target: Numbers) -> Value: ...
    @overload
    def __call__(self, prediction: Numbers, target: Values) -> Value: ...
    @overload
    def __call__(self, prediction: Floats, target: Floats) -> float: ...
    @overload
    def __call__(self, prediction: Numbers, target: Numbers) -> Any: ...


def _of_samples(loss: L) -> L:
    """Let the loss of one sample take rows, one for each sample, and return the mean."""

    @wraps(loss)
    def mean(prediction: Any, target: Any, **options: Any) -> Any:
        first = prediction[0] if isinstance(prediction, list | tuple) and prediction else None
        n_axes = getattr(prediction, "ndim", 0) if first is None else 2 * hasattr(first, "__len__")
        if n_axes != 2:
            return loss(prediction, target, **options)
        rows, targets = [list(x.to_numpy() if hasattr(x, "to_numpy") else x) for x in (prediction, target)]
        if len(rows) != len(targets):
            raise ValueError(
                f"{loss.__name__}: expected a target for each of {len(rows)} rows of predictions, got {len(targets)}"
            )
        pairs = [(row[0] if len(row) == 1 and is_real(t) else row, t) for row, t in zip(rows, targets, strict=True)]
        return total([loss(row, t, **options) for row, t in pairs]) / len(rows)

    return cast(L, mean)


def _typed(f: Callable[[Numbers, Numbers], Any]) -> _Loss:
    """Give a function these types."""
    return cast(_Loss, _of_samples(f))


@_typed
def squared_error(prediction: Numbers, target: Numbers) -> Any:
    """Return 1/2 sum (prediction - target)**2, the article's cost C; its derivative is the signed difference.

    Args:
        prediction: a number or Value, or a list of n of them; or rows of n, one for each sample.
        target: the same.

    Returns:
        A Value, or a float if all are plain numbers.

    Raises:
        ValueError: if one is a list and the other is not, or the lengths differ.

    >>> squared_error([1.0, 2.0], [0.0, 4.0])
    2.5
    >>> squared_error([[1.0, 2.0], [0.0, 0.0]], [[0.0, 4.0], [0.0, 1.0]])  # (2.5 + 0.5) / 2
    1.5
    """
    return 0.5 * _sum([(p - t) ** 2 for p, t in _pairs("squared_error", prediction, target)])


@_typed
def absolute_error(prediction: Numbers, target: Numbers) -> Any:
    """Return sum |prediction - target|, the article's cost C_linear; its derivative is the difference's sign, 0 at 0.

    Arguments, result and errors are those of `squared_error`.

    >>> absolute_error([1.0, 2.0], [0.0, 4.0])
    3.0
    """
    return _sum([abs(p - t) for p, t in _pairs("absolute_error", prediction, target)])


@overload
def huber(prediction: Values, target: Numbers, *, delta: float = 1.0) -> Value: ...
@overload
def huber(prediction: Numbers, target: Values, *, delta: float = 1.0) -> Value: ...
@overload
def huber(prediction: Floats, target: Floats, *, delta: float = 1.0) -> float: ...
@overload
def huber(prediction: Numbers, target: Numbers, *, delta: float = 1.0) -> Any: ...
@_of_samples
def huber(prediction: Numbers, target: Numbers, *, delta: float = 1.0) -> Any:
    """Return sum h(prediction - target): the squared error near 0, and delta times the absolute error away from it.

        h(r) = 1/2 r**2                       for |r| <= delta
        h(r) = delta (|r| - 1/2 delta)        else

    Its derivative c is r, limited to -delta and delta. With it h(r) = 1/2 c**2 + delta max(|r| - delta, 0), without a
    branch, so that a recorded graph is valid at other points, and with its limits where r is infinite.

    Args:
        prediction, target: see `squared_error`, also for result and errors.
        delta: the |r| at which the parabola becomes a line, > 0.

    References:
        Huber, Robust estimation of a location parameter (1964), section 1; Hastie, Tibshirani & Friedman, The elements
        of statistical learning (2009), eq. 10.23.

    >>> huber([0.5, 3.0], [0.0, 0.0])
    2.625
    """
    delta = check_positive("huber", "delta", delta)
    terms = []
    for p, t in _pairs("huber", prediction, target):
        r = p - t
        c = maximum(-delta, minimum(r, delta))
        terms.append(0.5 * (c * c) + delta * maximum(abs(r) - delta, 0.0))
    return _sum(terms)


@_typed
def hinge(prediction: Numbers, target: Numbers) -> Any:
    """Return sum max(0, 1 - target * prediction), for targets -1 and 1; its derivative is 0 at the kink.

    Arguments, result and errors are those of `squared_error`.

    References:
        Bishop, Pattern Recognition and Machine Learning (2006), eq. 7.44.

    >>> hinge([0.5, -2.0], [1, -1])
    0.5
    """
    return _sum([relu(1.0 - t * p) for p, t in _pairs("hinge", prediction, target)])


@_typed
def binary_cross_entropy(prediction: Numbers, target: Numbers) -> Any:
    """Return sum -(t log p + (1 - t) log(1 - p)), with p = sigmoid(logit); its derivative is p - t.

    The predictions are logits, and -log p is softplus(-logit), which loses no digits if p is near 0 or 1.

    Args:
        prediction: a logit, a number or Value, or a list of n; see `squared_error`, also for result and errors.
        target: the probability of "yes", 0 to 1, usually a label 0 or 1; or a list of n of them.

    References:
        Bishop, Pattern Recognition and Machine Learning (2006), eq. 4.90.

    >>> binary_cross_entropy(1000.0, 0)
    1000.0
    """
    pairs = _pairs("binary_cross_entropy", prediction, target)
    return _sum([_weighted([t, 1.0 - t], [softplus(-z), softplus(z)]) for z, t in pairs])


@overload
def cross_entropy(prediction: Sequence[Value], target: int | Sequence[Value | float]) -> Value: ...
@overload
def cross_entropy(prediction: Sequence[Value | float], target: Sequence[Value]) -> Value: ...
@overload
def cross_entropy(prediction: Sequence[float], target: int | Sequence[float]) -> float: ...
@overload
def cross_entropy(prediction: Sequence[Any], target: int | Sequence[Any]) -> Any: ...
@_of_samples
def cross_entropy(prediction: Sequence[Any], target: int | Sequence[Any]) -> Any:
    """Return -sum t_i log p_i, with p = softmax(logits); its derivative is p - t.

    The predictions are logits, and -log p_i is logsumexp(logits) - logit_i: stable for any logits. A logit may be
    -inf: its class is out of question. With an index, or probabilities of which one is 1, loss and derivative keep
    their digits where the model is sure.

    Args:
        prediction: n >= 2 logits, numbers or Values; or rows of n, one for each sample, with a list of targets.
        target: n probabilities, numbers or Values with the sum 1, for example a row of `nn.data.one_hot`; or the index
            of the class, a plain int 0 <= k < n. An index is a constant of a recorded graph: a `Program` with other
            targets needs probabilities.

    Returns:
        A Value, or a float if all are plain numbers.

    Raises:
        TypeError: if the prediction is not a list, or the target neither a list nor an int.
        ValueError: if there are fewer than 2 logits or another number of probabilities, or the index is out of range.

    References:
        Bishop, Pattern Recognition and Machine Learning (2006), eqs. 4.104 and 4.108.

    >>> cross_entropy([1000.0, 0.0], 1), cross_entropy([1000.0, 0.0], [0.0, 1.0])
    (1000.0, 1000.0)
    """
    logits, probabilities = _as_list("cross_entropy", prediction), None
    if logits is None:
        got = type(prediction).__name__
        raise TypeError(f"cross_entropy: expected a list of logits, got {got}; for one, use binary_cross_entropy")
    if len(logits) < 2:
        raise ValueError(f"cross_entropy: expected at least 2 logits, got {len(logits)}; use binary_cross_entropy")
    if not isinstance(target, Value) and not is_real(target):
        probabilities = _as_list("cross_entropy", target)
    if probabilities is None:
        return _of_class(logits, _index(target, len(logits)))
    if len(probabilities) != len(logits):
        raise ValueError(
            f"cross_entropy: expected a probability for each of {len(logits)} logits, got {len(probabilities)}"
        )
    certain = [i for i, p in enumerate(probabilities) if isinstance(p, Value) or p != 0.0]
    if len(certain) == 1 and not isinstance(probabilities[certain[0]], Value) and probabilities[certain[0]] == 1.0:
        return _of_class(logits, certain[0])
    if any(isinstance(p, Value) for p in probabilities):
        return _of_values(logits, probabilities)
    log_sum = logsumexp(logits)
    return _weighted(probabilities, [log_sum - logit for logit in logits])


def _of_class(logits: list[Any], k: int) -> Any:
    """log(sum(e**(z_i - z_k))), in which the term of class k is exactly 1."""
    return logsumexp([0.0 if i == k else logit - logits[k] for i, logit in enumerate(logits)])


def _of_values(logits: list[Any], probabilities: list[Any]) -> Any:
    """The same by probabilities that vary: if one of them is 1, its term is exactly 1 here too.

    With m = sum(t_i z_i) as a number that does not vary with t, and n = sum(t_i), the loss is n log(sum(e**(z_i - m)))
    + (n - 1) m, whose derivatives by z subtract no 1 from a p near 1. The last terms are 0, but not their slopes by t.
    """
    fixed = [stop_gradient(p) for p in probabilities]
    shift = total([primitives.MUL_OR_ZERO(p, z) for p, z in zip(fixed, logits, strict=True)])
    n = total(probabilities)
    one_hot = where(abs(1.0 - dot(fixed, fixed)) + abs(1.0 - n), 0.0, 1.0)
    shifted = [where(1.0 - one_hot * p, z - shift, 0.0) for p, z in zip(fixed, logits, strict=True)]
    by_target = [primitives.MUL_OR_ZERO(p - q, z) for p, q, z in zip(fixed, probabilities, logits, strict=True)]
    return total([n * logsumexp(shifted), primitives.MUL_OR_ZERO(n - 1.0, shift), *by_target])


def _weighted(weights: list[Any], terms: list[Any]) -> Any:
    """The sum of weight * term, in which a weight of 0 leaves out an infinite term, and one of 1 is not written."""
    pairs = [(w, x) for w, x in zip(weights, terms, strict=True) if isinstance(w, Value) or w != 0.0]
    products = [primitives.MUL_OR_ZERO(w, x) if isinstance(w, Value) else x if w == 1.0 else w * x for w, x in pairs]
    return _sum(products or [0.0])


def _index(target: Any, n: int) -> int:
    """The index of a class, checked."""
    try:
        index = operator.index(target)
    except TypeError:
        raise TypeError(
            f"cross_entropy: expected the index of a class, an int, or a list of {n} probabilities, got {target!r}; "
            f"for nn.fit, use nn.data.one_hot(labels, {n})"
        ) from None
    if not 0 <= index < n:
        raise ValueError(f"cross_entropy: expected the index of one of {n} classes, 0 to {n - 1}, got {index}")
    return index


def _sum(terms: list[Any]) -> Any:
    """The sum, with no node for a single term."""
    return terms[0] if len(terms) == 1 else total(terms)


def _pairs(who: str, prediction: Numbers, target: Numbers) -> list[tuple[Any, Any]]:
    """Pairs of a prediction and its target."""
    predictions, targets = _as_list(who, prediction), _as_list(who, target)
    if predictions is None and targets is None:
        return [(prediction, target)]
    if predictions is None or targets is None:
        single, listed = ("prediction", "target") if predictions is None else ("target", "prediction")
        raise ValueError(f"{who}: expected two numbers or two lists, got a list as {listed} and one number as {single}")
    if len(predictions) != len(targets):
        raise ValueError(f"{who}: expected as many targets as predictions, got {len(targets)} and {len(predictions)}")
    return list(zip(predictions, targets, strict=True))


def _as_list(who: str, numbers: Any) -> list[Any] | None:
    """The elements of a list, tuple or array; None for a single number."""
    if isinstance(numbers, Value) or is_real(numbers):
        return None
    if not isinstance(numbers, list | tuple) and getattr(numbers, "ndim", 0) != 1:
        raise TypeError(f"{who}: expected a number, a Value, or a list of them, got {type(numbers).__name__}")
    for number in numbers:
        if not isinstance(number, Value) and not is_real(number):
            got = type(number).__name__
            raise TypeError(f"{who}: expected numbers or Values in the list, got {got}; a loss is of one sample")
    return list(numbers)
