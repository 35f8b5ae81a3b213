"""Audits: expectations on the new files of a partition, before it is published."""
