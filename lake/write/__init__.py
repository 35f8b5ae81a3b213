"""From rows to files: Parquet, key indexes, duplicates, bucket order."""
