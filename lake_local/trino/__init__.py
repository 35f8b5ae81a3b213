"""Trino, of the family of engines that Athena is: assembled into a cache, started for a root, asked, and stopped."""
