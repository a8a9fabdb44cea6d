"""The names of the modules of viz."""

import pkgutil

import viz


def test_no_module_has_the_name_of_a_function_that_viz_hands_out():
    modules = {module.name.rpartition(".")[2] for module in pkgutil.walk_packages(viz.__path__, "viz.")}
    assert modules & set(viz.__all__) == set()
