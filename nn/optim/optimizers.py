"""The optimizers: SGD, RMSProp, Adam and AdamW. Each is one formula, `rule`, for floats and for arrays.

In the docstrings x is a parameter, g its gradient, eta the learning rate of the step, and t the number of the step,
from 1. Every formula subtracts, so eta is positive, as in the article.
"""

import math
from typing import Any

from autodiff.extend import check_fraction, check_not_negative, check_positive
from nn.optim.base import Optimizer, Schedule


class SGD(Optimizer):
    """Gradient descent, with or without momentum; stochastic if the gradient is that of a mini-batch.

        plain       x = x - eta g
        momentum    v = momentum v + g,  x = x - eta v
        nesterov    v = momentum v + g,  x = x - eta (g + momentum v)

    The velocity v is a sum of gradients, not of steps, as in PyTorch: a new learning rate acts on all of it at once.

    Args:
        learning_rate, clip_norm: see `Optimizer`, also for errors.
        momentum: the factor of the velocity in each step, 0 <= momentum < 1; 0.9 is usual.
        nesterov: whether to look ahead along the velocity; needs momentum.

    References:
        Robbins & Monro, A stochastic approximation method (1951), eq. 8.
        Polyak, Some methods of speeding up the convergence of iteration methods (1964), eq. 9: momentum.
        Sutskever et al., On the importance of initialization and momentum in deep learning (2013), eqs. 1-4: both, with
        eta inside the velocity.

    >>> from autodiff import Value
    >>> m = Value(1.0)
    >>> (m**2).backward()
    >>> SGD(learning_rate=0.25).step([m])
    >>> m.data
    0.5
    """

    def __init__(
        self,
        learning_rate: float | Schedule,
        *,
        momentum: float = 0.0,
        nesterov: bool = False,
        clip_norm: float | None = None,
    ) -> None:
        super().__init__(learning_rate, clip_norm=clip_norm)
        self.momentum = check_fraction(type(self).__name__, "momentum", momentum)
        if not isinstance(nesterov, bool):
            raise TypeError(f"SGD: expected nesterov to be True or False, got {nesterov!r}")
        if nesterov and not self.momentum:
            raise ValueError("SGD: expected a momentum > 0 with nesterov=True, got 0; 0.9 is usual")
        self.nesterov = nesterov
        self.slots = ("velocity",) if self.momentum else ()

    def rule(self, x: Any, gradient: Any, rate: float, velocity: Any = None) -> tuple[Any, ...]:
        """Return (x,), or (x, velocity) with momentum; the formula is in the docstring of the class."""
        if velocity is None:
            x -= rate * gradient
            return (x,)
        velocity *= self.momentum
        velocity += gradient
        x -= rate * (gradient + self.momentum * velocity if self.nesterov else velocity)
        return x, velocity


class RMSProp(Optimizer):
    """Steps divided by the root of a running mean of squared gradients, so that all parameters move at one scale.

        s = decay s + (1 - decay) g**2
        x = x - eta g / (sqrt(s) + epsilon)

    Args:
        learning_rate, clip_norm: see `Optimizer`, also for errors.
        decay: the factor of the running mean in each step, 0 <= decay < 1.
        epsilon: > 0; keeps the step finite if the gradient is near 0.

    References:
        Tieleman & Hinton, Neural networks for machine learning, lecture 6e (2012), slide 29; epsilon as in PyTorch.

    >>> RMSProp(0.01)
    RMSProp(learning_rate=0.01)
    """

    slots = ("square",)

    def __init__(
        self,
        learning_rate: float | Schedule = 0.001,
        *,
        decay: float = 0.9,
        epsilon: float = 1e-8,
        clip_norm: float | None = None,
    ) -> None:
        super().__init__(learning_rate, clip_norm=clip_norm)
        self.decay = check_fraction(type(self).__name__, "decay", decay)
        self.epsilon = check_positive(type(self).__name__, "epsilon", epsilon)

    def rule(self, x: Any, gradient: Any, rate: float, square: Any) -> tuple[Any, ...]:
        """Return (x, square); the formula is in the docstring of the class."""
        square *= self.decay
        square += (1.0 - self.decay) * gradient * gradient
        change = rate * gradient
        change /= _root(square) + self.epsilon
        x -= change
        return x, square


class Adam(Optimizer):
    """RMSProp with momentum; both running means are corrected for their start at 0.

        m = beta1 m + (1 - beta1) g
        v = beta2 v + (1 - beta2) g**2
        x = x - eta (m / (1 - beta1**t)) / (sqrt(v / (1 - beta2**t)) + epsilon)

    Args:
        learning_rate, clip_norm: see `Optimizer`, also for errors.
        beta1, beta2: the factors of the mean gradient and of the mean square in each step, from 0 to below 1.
        epsilon: > 0.

    References:
        Kingma & Ba, Adam: a method for stochastic optimization (2015), algorithm 1.

    >>> Adam()
    Adam(learning_rate=0.001)
    """

    slots = ("mean", "square")

    def __init__(
        self,
        learning_rate: float | Schedule = 0.001,
        *,
        beta1: float = 0.9,
        beta2: float = 0.999,
        epsilon: float = 1e-8,
        clip_norm: float | None = None,
    ) -> None:
        super().__init__(learning_rate, clip_norm=clip_norm)
        self.beta1 = check_fraction(type(self).__name__, "beta1", beta1)
        self.beta2 = check_fraction(type(self).__name__, "beta2", beta2)
        self.epsilon = check_positive(type(self).__name__, "epsilon", epsilon)

    def rule(self, x: Any, gradient: Any, rate: float, mean: Any, square: Any) -> tuple[Any, ...]:
        """Return (x, mean, square); the formula is in the docstring of the class."""
        mean *= self.beta1
        mean += (1.0 - self.beta1) * gradient
        square *= self.beta2
        square += (1.0 - self.beta2) * gradient * gradient
        change = rate / (1.0 - self.beta1**self.steps) * mean
        change /= _root(square / (1.0 - self.beta2**self.steps)) + self.epsilon
        x -= change
        return x, mean, square


class AdamW(Adam):
    """Adam with weight decay, which shrinks the parameters and does not enter the means.

        x = x - eta weight_decay x,  then a step of Adam

    Biases decay as weights do.

    Args:
        learning_rate: a number > 0, or a schedule, which the decay follows, as in PyTorch.
        weight_decay: lambda >= 0.
        beta1, beta2, epsilon, clip_norm: see `Adam`.

    References:
        Loshchilov & Hutter, Decoupled weight decay regularization (2019), algorithm 2, with alpha in eta.

    >>> AdamW(0.01, weight_decay=0.1)
    AdamW(learning_rate=0.01, weight_decay=0.1)
    """

    def __init__(
        self,
        learning_rate: float | Schedule = 0.001,
        *,
        weight_decay: float = 0.01,
        beta1: float = 0.9,
        beta2: float = 0.999,
        epsilon: float = 1e-8,
        clip_norm: float | None = None,
    ) -> None:
        super().__init__(learning_rate, beta1=beta1, beta2=beta2, epsilon=epsilon, clip_norm=clip_norm)
        self.weight_decay = check_not_negative(type(self).__name__, "weight_decay", weight_decay)

    def rule(self, x: Any, gradient: Any, rate: float, mean: Any, square: Any) -> tuple[Any, ...]:
        """Return (x, mean, square); the formula is in the docstring of the class."""
        x *= 1.0 - rate * self.weight_decay
        return super().rule(x, gradient, rate, mean, square)


def _root(x: Any) -> Any:
    """The square root. For an array, numpy computes `x**0.5` as a square root, with the rounding of `math.sqrt`."""
    return math.sqrt(x) if isinstance(x, float) else x**0.5
