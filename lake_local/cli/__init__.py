"""The commands of `lake` that only a laptop needs."""
