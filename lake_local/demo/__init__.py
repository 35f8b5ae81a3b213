"""The demonstration: clicks by the clock through Flink on this machine, a task manager killed, and what came of it."""
