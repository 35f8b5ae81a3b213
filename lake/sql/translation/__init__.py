"""A query of Athena's, typed as Trino types it, and said in DuckDB's dialect."""
