"""`History`: the record of a training, returned by `fit`."""

from dataclasses import asdict, dataclass, field
from typing import Any


@dataclass
class History:
    """The record of a training.

    Attributes:
        losses: for every step, the mean loss of its batch plus the penalty, at the parameters before the step.
        training: for every epoch, the mean "loss" of its steps, and every metric by its name, at the end of the epoch.
        validation: for every epoch, the mean "loss" of the validation samples, and every metric by its name.
        epochs: the number of completed epochs.
        stopped: the reason for the end: "epochs", "max_steps", "gradient", "callback" or "interrupted". It is "" until
            then: in a callback, and in a checkpoint that a callback saves.
        backend: "eager", "llvm", "arrays", "python" or "jax".
        eager_because: the reason why `fit` with backend "auto" trains eagerly, which is slower; else "".
        seconds: the time of the steps, validations and callbacks, without the first recording and compiling. In a
            callback, the time until its call.
        compile_seconds: the time of the first recording and compiling, next to nothing for a network that was compiled
            before.

    >>> history = History(losses=[0.5, 0.25], epochs=2, stopped="epochs", backend="eager", seconds=0.1)
    >>> history
    <History 2 steps, 2 epochs, loss 0.5 -> 0.25, stopped by epochs; eager, 0.1 s>
    """

    losses: list[float] = field(default_factory=list)
    validation: dict[str, list[float]] = field(default_factory=dict)
    epochs: int = 0
    stopped: str = ""
    backend: str = ""
    seconds: float = 0.0
    eager_because: str = ""
    compile_seconds: float = 0.0
    training: dict[str, list[float]] = field(default_factory=dict)

    def __setstate__(self, state: dict[str, Any]) -> None:
        """Take the state of a pickle, which in 0.1.0 had no `training`."""
        vars(self).update({"training": {}} | state)

    def __add__(self, later: "History") -> "History":
        """Return the record of a training and of a later one that continued it, as of one training.

        If a small gradient stopped the first training, its last loss is that of a step it did not make. The later
        training begins with this step, so the loss is counted once. Of the numbers of training stay those in both.

        Raises:
            ValueError: if both have validation numbers under different names: then not every epoch has all of them.

        >>> whole = History([0.5, 0.25], epochs=2, stopped="epochs") + History([0.2], epochs=1, stopped="interrupted")
        >>> whole
        <History 3 steps, 3 epochs, loss 0.5 -> 0.2, stopped by interrupted>
        """
        if not isinstance(later, History):
            return NotImplemented
        names, others = ([*history.validation] for history in (self, later))
        if set(names) != set(others) and self.epochs and later.epochs:
            raise ValueError(
                "History: expected the same validation numbers in both, "
                f"got {', '.join(names) or 'none'} and {', '.join(others) or 'none'}"
            )
        return History(
            training={
                name: self.training.get(name, []) + later.training.get(name, [])
                for name in self.training | later.training
                if not (self.epochs and later.epochs) or (name in self.training and name in later.training)
            },
            losses=(self.losses[: self.steps] if later.losses else self.losses) + later.losses,
            validation={
                name: self.validation.get(name, []) + later.validation.get(name, []) for name in names or others
            },
            epochs=self.epochs + later.epochs,
            stopped=later.stopped if later.losses else self.stopped,
            backend=later.backend or self.backend,
            seconds=self.seconds + later.seconds,
            eager_because=later.eager_because if later.backend else self.eager_because,
            compile_seconds=self.compile_seconds + later.compile_seconds,
        )

    @property
    def steps(self) -> int:
        """The number of steps; one less than the number of losses if a small gradient stopped the training."""
        return len(self.losses) - (self.stopped == "gradient")

    def as_dict(self) -> dict[str, Any]:
        """Return the attributes in plain lists and numbers, for a file."""
        return asdict(self)

    def __repr__(self) -> str:
        parts = [f"{self.steps} steps, {self.epochs} epochs"]
        if self.losses:
            parts.append(f"loss {self.losses[0]:.4g} -> {self.losses[-1]:.4g}")
        parts += [f"{name} {numbers[-1]:.4g}" for name, numbers in self.training.items() if numbers and name != "loss"]
        parts += [f"validation {name} {numbers[-1]:.4g}" for name, numbers in self.validation.items() if numbers]
        if self.stopped:
            parts.append(f"stopped by {self.stopped}")
        why = f" because {self.eager_because}" if self.eager_because else ""
        ran = f"; {self.backend}{why}, {self.seconds:.3g} s" if self.backend else ""
        return f"<History {', '.join(parts)}{ran}>"
