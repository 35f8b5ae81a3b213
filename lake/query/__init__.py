"""SQL in Athena's dialect over the published partitions, answered in this process."""
