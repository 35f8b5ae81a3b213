"""A partition to write, and the verdict on its rows."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest

from lake.audit.verdict import Verdict
from tests.lake.audit.readings import READINGS, Written, rows_of, suite


@pytest.fixture
def written(tmp_path: Path) -> Written:
    return Written(tmp_path)


@pytest.fixture
def judged(written: Written) -> Callable[..., Verdict]:
    """The verdict on rows, written in row groups of two, by some expectations."""

    def verdict(rows: Sequence[Mapping[str, Any]], *expectations: dict[str, Any], **counts: int) -> Verdict:
        written.write(rows_of(READINGS, rows), row_group_size=2)
        return written.audited(suite(*expectations), **counts)

    return verdict
