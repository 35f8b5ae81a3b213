"""Trino, the engine family of Athena: downloaded into the cache, started for a root, queried, stopped."""
