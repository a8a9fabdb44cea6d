"""What the playground needs, and its command."""

import contextlib

from viz.__main__ import FAILED, main


def test_without_the_packages_of_npm_it_says_what_to_install(tmp_path, capsys):
    with contextlib.chdir(tmp_path):
        assert main(["--playground", "out"]) == FAILED
    assert capsys.readouterr().err == (
        "playground: expected the npm packages pyodide and @viz-js/viz in node_modules at or above "
        f"{tmp_path}; run npm install pyodide @viz-js/viz\n"
    )
    assert not (tmp_path / "out").exists()
