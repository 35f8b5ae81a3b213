"""Bucketed tables: which bucket a row belongs to, and how many buckets to have."""
