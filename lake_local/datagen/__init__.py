"""Plausible records for a table, the same for the same arguments, in files by the hour in which they arrive."""
