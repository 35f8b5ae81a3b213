"""Whether two folders of bucket files hold the same rows in the same buckets, however many files a bucket has."""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from lake.write.bucket_files import bucket_in_name


def difference(ours: Path, theirs: Path) -> str:
    """What is different, in words; empty where every bucket has the same rows, each as many times."""
    left, right = _counted(ours), _counted(theirs)
    if left.equals(right):
        return ""
    if left.num_rows != right.num_rows:
        return f"{left.num_rows:,} different rows (with their buckets) in {ours}, {right.num_rows:,} in {theirs}"
    for one, other in zip(left.to_pylist(), right.to_pylist(), strict=True):
        if one != other:
            return f"the first difference: {one} in {ours}, {other} in {theirs}"
    return f"types: {left.schema} and {right.schema}"


def _counted(folder: Path) -> pa.Table:
    """Each different row with its bucket and how many times it is there, sorted."""
    tables = []
    for path in sorted(folder.glob("*")):
        bucket = bucket_in_name(path.name)
        if path.name.startswith(("_", ".")) or not path.stat().st_size:
            continue
        rows = pq.ParquetFile(path).read()
        names = rows.column_names
        counted = rows.group_by(names, use_threads=False).aggregate([([], "count_all")])
        tables.append(counted.append_column("bucket", pa.array([bucket] * counted.num_rows, pa.int32())))
    rows = pa.concat_tables(tables)
    keys = ["bucket", *names]
    added = rows.group_by(keys, use_threads=False).aggregate([("count_all", "sum")])
    return added.select([*keys, "count_all_sum"]).sort_by([(name, "ascending") for name in keys])
