"""A Flink cluster of processes, and applications run on this machine."""
