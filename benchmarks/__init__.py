"""Benchmarks beside other engines: `python -m benchmarks`, and see README.md."""
