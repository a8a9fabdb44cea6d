"""What is no test: the programs that are shown line by line."""

collect_ignore = ["programs.py", "programs_helper.py"]
