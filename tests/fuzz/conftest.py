"""Makes `tests.fuzz` importable, last on the path: an installed chainrule stays the one that is tested."""

import sys
from pathlib import Path

sys.path.append(str(Path(__file__).parents[2]))
