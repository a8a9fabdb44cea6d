"""The domains of targets, for the losses of `nn.losses` that are not defined for every number."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from nn.data.prepare import take
from nn.data.samples import OneHot, Samples, rows
from nn.losses import binary_cross_entropy, cross_entropy, hinge
from nn.modules.dropout import mode, modules_with_mode
from nn.training.objective import Objective

SUM_TOLERANCE = 0.02  # how far the sum of a sample's probabilities may be from 1: 0.33 + 0.33 + 0.33 is accepted


@dataclass(frozen=True)
class TargetDomain:
    """The targets for which a loss is defined."""

    loss: Callable[..., Any]
    expected: str  # the domain in words
    # number -> whether it is in the domain; works on a whole array as well, element by element
    contains: Callable[[Any], Any]
    advice: str  # the repair for other targets
    is_distribution: bool = False  # whether the numbers of a sample must sum to 1, within `SUM_TOLERANCE`

    def check(self, who: str, targets: Any) -> None:
        """Raise ValueError if a target, a row of floats, is outside the domain; `who` is the caller."""
        i = self._first_outside(targets)
        if i is not None:
            got = targets[i].tolist() if hasattr(targets, "tolist") else targets[i]
            shown = f"[{', '.join(map(repr, got[:5]))}, ...]" if isinstance(got, list) and got[5:] else repr(got)
            who = f"{who}: {self.loss.__name__}"
            raise ValueError(f"{who}: expected {self.expected}, got {shown} for sample {i}; {self.advice}")

    def _first_outside(self, targets: Any) -> int | None:
        """The index of the first sample outside the domain, None if all are inside."""
        if hasattr(targets, "reshape"):
            inside = self.contains(targets)
            if inside.all() and not self.is_distribution:
                return None
            inside = inside.reshape(len(targets), -1).all(axis=1)
            if self.is_distribution:
                inside &= abs(targets.reshape(len(targets), -1).sum(axis=1) - 1.0) <= SUM_TOLERANCE
            return None if inside.all() else int(inside.argmin())
        for i, target in enumerate(targets):
            numbers = target if isinstance(target, list) else [target]
            inside = all(map(self.contains, numbers))
            if not inside or (self.is_distribution and not abs(sum(numbers) - 1.0) <= SUM_TOLERANCE):
                return i
        return None


_DOMAINS = [
    TargetDomain(
        binary_cross_entropy,
        "targets from 0 to 1",
        lambda t: (t >= 0.0) & (t <= 1.0),
        "for n classes use cross_entropy with one_hot, for -1 and 1 hinge",
    ),
    TargetDomain(
        hinge, "targets -1 or 1", lambda t: abs(t) == 1.0, "for 0 and 1 use binary_cross_entropy, or make them 2*y - 1"
    ),
    TargetDomain(
        cross_entropy,
        "probabilities >= 0 that sum to 1",
        lambda t: t >= 0.0,
        "make them of labels by nn.data.one_hot(labels, n)",
        is_distribution=True,
    ),
]


def with_class_rows(who: str, objective: Objective, samples: Samples) -> Samples:
    """Return the samples with class labels of `cross_entropy` as the rows of `OneHot`; others as they are.

    Raises:
        ValueError: if a label is not one of the classes, as many as the model has outputs.
    """
    inputs, targets, *weights = samples
    is_flat = getattr(targets, "ndim", 0) == 1
    is_flat = is_flat or (isinstance(targets, Sequence) and not hasattr(targets[0], "__len__"))
    if objective.loss is not cross_entropy or not is_flat:
        return samples
    (row,) = rows(f"{who}: inputs", take(inputs, [0]))
    with mode(modules_with_mode(objective.model), False):
        outputs = objective.model(row)
    if not isinstance(outputs, list | tuple):
        return samples  # the loss says what is expected
    labels, classes = rows(f"{who}: targets", targets), range(len(outputs))
    for i, label in enumerate(labels):
        if label not in classes:
            raise ValueError(
                f"{who}: cross_entropy: expected labels from 0 to {classes[-1]}, one for each output, "
                f"got {label!r} for sample {i}"
            )
    return inputs, OneHot([int(label) for label in labels], len(classes)), *weights  # type: ignore[arg-type]


def check_targets(loss: Callable[..., Any], targets: Any, evaluations: Mapping[str, Any]) -> None:
    """Raise ValueError if a target is outside the domain of the loss; a user's own loss has no known domain."""
    for domain in _DOMAINS:
        if domain.loss is loss:
            domain.check("fit", targets)
            if "validation" in evaluations:
                domain.check("fit: validation", evaluations["validation"].targets)
