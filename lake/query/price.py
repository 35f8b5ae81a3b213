"""What Athena charges for a query: https://aws.amazon.com/athena/pricing/ (per query, as of 2025, most regions)."""

from __future__ import annotations

DOLLARS_PER_TB = 5.0
LEAST_BYTES = 10 * 2**20
_TB, _MB = 2**40, 2**20


def athena_dollars(scanned: int) -> float:
    """US dollars for a query that scans so many bytes: rounded up to whole megabytes, 10 MB at least.

    Nothing is charged for a query that scans nothing at all, nor for SHOW and DESCRIBE.
    """
    if scanned <= 0:
        return 0.0
    return max(-(-scanned // _MB) * _MB, LEAST_BYTES) / _TB * DOLLARS_PER_TB
