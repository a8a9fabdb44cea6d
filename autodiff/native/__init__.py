"""What the compiled build of the core needs. It imports nothing of the engine."""
