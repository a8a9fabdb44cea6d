"""Printed Python and JavaScript of some structures, to the letter: which line comes when, and what it is called.

What is meant to change is written by `python -m pytest tests/autodiff/program/source --write`, and the difference read.
"""

from pathlib import Path

import pytest

from autodiff import Program

FILE = Path(__file__).with_name("written.txt")


def printed(results, inputs, parameters):
    program = Program(results if len(results) > 1 else results[0], inputs, parameters)
    for wrt in (None, "inputs", "parameters") if len(results) == 1 else (None,):
        for language in ("python", "javascript"):
            yield from program.source(language, wrt=wrt).splitlines()


@pytest.mark.parametrize("name", ["network", "classifier", "features", "outputs", "shuffled"])
def test_the_code_of_a_structure_is_what_is_written_down(name, structures, as_written):
    as_written(FILE, name, printed(*structures[name]()))
