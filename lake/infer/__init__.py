"""Contracts inferred from samples of raw objects."""
