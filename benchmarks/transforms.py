"""What higher derivatives cost, in gradients of the same function: `python -m benchmarks.transforms`.

Theory (Griewank & Walther, Evaluating Derivatives, 2008, section 3.2 and chapter 5): a Hessian-vector product costs a
small constant number of gradients, whatever the number of variables n; a Hessian about n times as much.
"""

import argparse
import random
from collections.abc import Callable
from typing import Any

from autodiff import exp, grad, hessian, hvp, sin, tanh
from benchmarks import machine, report
from benchmarks.measure import Contender, Timing, runs_for, seconds_per_run


def function(n: int) -> Callable[[list[Any]], Any]:
    """Return a function of n variables, about 8 n nodes, in which every variable meets its neighbours."""
    weights = [random.Random(0).uniform(0.5, 1.5) for _ in range(n)]

    def f(x: list[Any]) -> Any:
        s = x[0]
        for i in range(1, n):
            s = tanh(s * x[i] + x[i - 1] * weights[i]) + sin(x[i]) * exp(-s)
        return s

    return f


def main() -> None:
    """Time gradient, Hessian-vector product and Hessian for two sizes."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.transforms", description="the cost of derivatives")
    parser.add_argument("--rounds", type=int, default=15, help="timings of each (default: %(default)s)")
    rounds = parser.parse_args().rounds
    print("\n".join(f"{what}: {value}" for what, value in machine.facts().items()))
    for n in (10, 200):
        f, rng = function(n), random.Random(1)
        x, v = ([rng.uniform(-1.0, 1.0) for _ in range(n)] for _ in range(2))
        works: dict[str, Callable[[], Any]] = {
            "gradient": lambda f=f, x=x: grad(f)(x),  # type: ignore[misc]
            "Hessian times a vector": lambda f=f, x=x, v=v: hvp(f, (x,), (v,)),  # type: ignore[misc]
        }
        if n == 10:
            works["Hessian"] = lambda f=f, x=x: hessian(f)(x)  # type: ignore[misc]
        contenders = {name: Contender(work) for name, work in works.items()}
        runs = {name: runs_for(contender) for name, contender in contenders.items()}
        timings = {name: Timing("", []) for name in works}
        for _ in range(rounds):
            for name, contender in contenders.items():
                timings[name].seconds.append(seconds_per_run(contender, runs[name]))
        table = report.rows_of(timings)
        print(report.as_text(report.Section(f"{n} variables", "", table)))


if __name__ == "__main__":
    main()
