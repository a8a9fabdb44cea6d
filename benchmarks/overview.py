"""The main results: two tables at the head of the page, and three rows between two marks of the README, of one run."""

from pathlib import Path

from benchmarks.peers import PROGRAM
from benchmarks.race import Results
from benchmarks.report import duration, markdown_table

BEGIN, END = "<!-- benchmarks: begin; written by python -m benchmarks --readme -->", "<!-- benchmarks: end -->"

EAGER_TASKS = {
    "chain": "chain `y = y*a + b`, 10,000 nodes",
    "moons": "two moons, a step of `MLP(2, [16, 16, 1])` on 100 points",
    "digits": "64-30-10 on digits, 5 batches of 10",
    "gpt": "a character GPT in scalar operations, a step",
}
EAGER = ["chainrule", "chainrule, pure", "micrograd", "slotted Value", "xad"]
REPLAY_TASKS = {
    "moons": "two moons, a step with its update",
    "moons-training": "100 such steps on two moons",
    "article-1": "the article's 2-3-2, one sample",
    "article-100": "the article's 2-3-2, 100 samples",
    "digits-epoch": "64-30-10 on digits, an epoch at batch 100",
    "784-100-10": "784-100-10, 100 samples",
    "pendulum-1": "a pendulum of 200 steps, one start",
    "pendulum-1000": "a pendulum of 200 steps, 1,000 starts",
    "bodies": "the gradient of the energy of 50 bodies",
    "rosenbrock": "Rosenbrock in 100 variables, the gradient",
    "rosenbrock-hessian": "its Hessian",
    "gpt": "a step of the GPT",
    "chain": "the chain",
}
REPLAY = {
    "Program": [PROGRAM, "Program, arrays"],
    "C by hand": ["C by hand"],
    "casadi, C": ["casadi, C"],
    "ddx": ["ddx"],
    "JAX": ["JAX"],
    "PyTorch": ["torch.compile", "PyTorch, tensors"],
    "numba": ["numba"],
    "numpy by hand": ["numpy by hand"],
}

README = ["chainrule", "micrograd", "JAX", "PyTorch", "numpy by hand", "C by hand"]
EAGERLY = {"chainrule": ["chainrule"], "micrograd": ["micrograd"]}
COMPILED = {"chainrule": REPLAY["Program"]} | {name: REPLAY[name] for name in README[2:]}
README_ROWS = [
    ("recorded anew in each step: two moons, 100 points", "moons", EAGERLY),
    ("compiled: 100 training steps on two moons", "moons-training", COMPILED),
    ("compiled: an epoch of 64-30-10 on digits, batches of 100", "digits-epoch", COMPILED),
]


def rewrite(path: Path, facts: dict[str, str], races: dict[str, Results]) -> None:
    """Replace what is between the marks."""
    text = path.read_text(encoding="utf-8")
    before, _, rest = text.partition(BEGIN)
    _, _, after = rest.partition(END)
    path.write_text(f"{before}{BEGIN}\n\n{three_rows(facts, races)}\n\n{END}{after}", encoding="utf-8")


def three_rows(facts: dict[str, str], races: dict[str, Results]) -> str:
    """Return the table of the README."""
    rows = [["", *README]]
    for title, task, peers in README_ROWS:
        if task in races:
            lows = {name: min(timing.seconds) for name, timing in races[task].timings.items()}
            names = [next((name for name in peers.get(column, []) if name in lows), None) for column in README]
            rows.append([title, *(duration(lows[name]) if name else "" for name in names)])
    return f"""\
{markdown_table(rows)}

Minima of one run, {facts["date"]}: {facts["processor"]}; Python {facts["Python"]}; chainrule {facts["chainrule"]};
cyclic collector {facts["cyclic collector"]}."""


def overview(races: dict[str, Results]) -> str:
    """Return both tables of the page, and in words what they are."""
    return f"""\
Eager, where every engine records scalars anew in every step:

{markdown_table(eager(races))}

A graph of chainrule is freed the moment nothing refers to it; one of micrograd is cycles, which wait for the collector.

Recorded or compiled once and replayed, beside other tools in their best form: the time, and below it what it takes to
set up. The least of each row is bold. C, numba and numpy have derivatives by hand, the others derive them.

{markdown_table(replay(races))}

{whole_trainings(races)}"""


def whole_trainings(races: dict[str, Results]) -> str:
    """Return what one call of `fit` takes, which has more to do than the loop of a Program."""
    times = [
        f"{duration(min(races[task].timings['nn.fit'].seconds))} for {title}"
        for task, title in REPLAY_TASKS.items()
        if task in races and "nn.fit" in races[task].timings
    ]
    words = ", ".join(times) or "not measured"
    return f"`nn.fit`, one call from the model and back to it: {words}."


def eager(races: dict[str, Results]) -> list[list[str]]:
    """Return the engines of scalars beside each other."""
    rows = [["", *EAGER]]
    for task, title in EAGER_TASKS.items():
        if task in races:
            timings = races[task].timings
            rows.append([title, *(duration(min(timings[row].seconds)) if row in timings else "" for row in EAGER)])
    return rows


def replay(races: dict[str, Results]) -> list[list[str]]:
    """Return what replays or is by hand, each peer in its best form for the task."""
    rows = [["", *REPLAY]]
    for task, title in REPLAY_TASKS.items():
        if task not in races:
            continue
        timings = races[task].timings
        lows = {
            peer: min((min(timings[name].seconds), name) for name in names if name in timings)
            for peer, names in REPLAY.items()
            if any(name in timings for name in names)
        }
        cells = []
        for peer in REPLAY:
            if peer not in lows:
                cells.append("")
                continue
            low, name = lows[peer]
            setup = timings[name].setup
            number = duration(low) if low > min(lows.values())[0] else f"**{duration(low)}**"
            cells.append(number + (f"<br>{duration(setup)}" if setup else ""))
        rows.append([title, *cells])
    return rows
