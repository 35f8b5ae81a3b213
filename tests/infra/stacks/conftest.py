"""Templates, synthesised once for all tests of this process; they run in the CDK's environment, .venv-infra.

Applications' zips hold a jar of a few bytes: what the templates say of them is the same.
"""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path

import pytest

HERE = Path(__file__).parent
REPOSITORY = HERE.parents[2]
sys.path[:0] = [str(HERE), str(REPOSITORY)]

if importlib.util.find_spec("aws_cdk") is None:
    collect_ignore_glob = ["*"]
else:
    from synthesis import Assembly, synthesised, write_packages


@pytest.fixture(scope="session")
def packages(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with both applications' zips."""
    return write_packages(tmp_path_factory.mktemp("flink"))


@pytest.fixture(scope="session")
def assembly(packages: Path, tmp_path_factory: pytest.TempPathFactory) -> Assembly:
    """The templates of settings.yaml, which names six tables."""
    return synthesised(HERE / "settings.yaml", packages, tmp_path_factory.mktemp("cdk.out"))


@pytest.fixture(scope="session")
def with_everything(packages: Path, tmp_path_factory: pytest.TempPathFactory) -> Assembly:
    """The templates of everything.yaml, with every contract's table and every option, checked by cdk-nag."""
    return synthesised(HERE / "everything.yaml", packages, tmp_path_factory.mktemp("cdk.out"), nag=True)
