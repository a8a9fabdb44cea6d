"""For tests of code that uses the engine: derivatives found by other means, to compare with."""

from autodiff.testing.oracles import Difference, central_difference, complex_step, exact

__all__ = ["Difference", "central_difference", "complex_step", "exact"]
