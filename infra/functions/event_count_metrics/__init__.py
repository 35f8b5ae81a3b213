"""Counts of events, from the table that event_counts fills, as CloudWatch metrics."""
