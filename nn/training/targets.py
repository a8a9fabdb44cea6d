"""What the targets of a loss must be, for the losses that cannot take every number."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from nn.losses import binary_cross_entropy, cross_entropy, hinge


@dataclass(frozen=True)
class Domain:
    """What the targets of a loss must be.

    Attributes:
        expected: in words.
        holds: whether a number is one, written with operators, so that it answers for all numbers of an array as well.
        is_distribution: whether the numbers of a sample must sum to 1, within `ROUNDED`.
        otherwise: what to do with other targets.
    """

    expected: str
    holds: Callable[[Any], Any]
    is_distribution: bool
    otherwise: str

    def check(self, who: str, targets: Any) -> None:
        """Raise ValueError if the target of a sample is outside.

        Args:
            who: for the message.
            targets: of all samples, as from `nn.data.samples.rows`, or an array (n,) or (n, width) of floats.
        """
        i = self._first_outside(targets)
        if i is not None:
            got = targets[i].tolist() if hasattr(targets, "tolist") else targets[i]
            shown = f"[{', '.join(map(repr, got[:5]))}, ...]" if isinstance(got, list) and got[5:] else repr(got)
            raise ValueError(f"{who}: expected {self.expected}, got {shown} for sample {i}; {self.otherwise}")

    def _first_outside(self, targets: Any) -> int | None:
        """The number of the first sample outside."""
        if hasattr(targets, "reshape"):
            inside = self.holds(targets)
            if inside.all() and not self.is_distribution:
                return None
            inside = inside.reshape(len(targets), -1).all(axis=1)
            if self.is_distribution:
                inside &= abs(targets.reshape(len(targets), -1).sum(axis=1) - 1.0) <= ROUNDED
            return None if inside.all() else int(inside.argmin())
        for i, target in enumerate(targets):
            numbers = target if isinstance(target, list) else [target]
            inside = all(map(self.holds, numbers))
            if not inside or (self.is_distribution and not abs(sum(numbers) - 1.0) <= ROUNDED):
                return i
        return None


ROUNDED = 0.02
"""How far from 1 probabilities may sum, as 0.33, 0.33 and 0.33 do."""

_YES_OR_NO = Domain(
    "targets from 0 to 1",
    lambda t: (t >= 0.0) & (t <= 1.0),
    False,
    "for n classes use cross_entropy with one_hot, for -1 and 1 hinge",
)
_SIGN = Domain(
    "targets -1 or 1",
    lambda t: abs(t) == 1.0,
    False,
    "for 0 and 1 use binary_cross_entropy, or make them 2*y - 1",
)
_DISTRIBUTION = Domain(
    "probabilities >= 0 that sum to 1",
    lambda t: t >= 0.0,
    True,
    "make them of labels by nn.data.one_hot(labels, n)",
)


def domain_of(loss: Callable[..., Any]) -> Domain | None:
    """Return what the targets of a loss must be, if it is one of these and they cannot be all numbers."""
    domains = ((binary_cross_entropy, _YES_OR_NO), (hinge, _SIGN), (cross_entropy, _DISTRIBUTION))
    return next((domain for known, domain in domains if known is loss), None)
