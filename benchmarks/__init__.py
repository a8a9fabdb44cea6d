"""Benchmarks against other engines; each script is run as a module, `python -m benchmarks.eager`."""
