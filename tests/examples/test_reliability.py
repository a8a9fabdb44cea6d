"""Each promise of docs/reliability.md names tests that exist."""

import ast
import re


def test_every_promise_is_held_by_a_test_that_exists(root):
    page = (root / "docs/reliability.md").read_text(encoding="utf-8").partition("## What is not promised")[0]
    rows = [line for line in page.splitlines() if line.startswith("| ") and not line.startswith("| promise |")]
    assert len(rows) == 38
    for row in rows:
        names = re.findall(r"`(tests/[^`]+)::([^`]+)`", row)
        assert names, row
        for path, name in names:
            tree = ast.parse((root / path).read_text(encoding="utf-8"))
            assert name in {node.name for node in tree.body if isinstance(node, ast.FunctionDef)}, f"{path}::{name}"
