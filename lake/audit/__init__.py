"""The gate: expectations on what was written for one partition, before readers see it."""
