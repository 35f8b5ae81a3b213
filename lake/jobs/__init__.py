"""The driver of every job: plan, write, audit, publish; on Spark, with progress and a report."""
