"""The rest of AWS on this machine: moto, as a process, for DynamoDB, its streams, CloudWatch, Firehose and S3."""

from __future__ import annotations

import importlib.util
import os
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from lake_local.emulators.errors import EmulatorSetupError
from lake_local.emulators.servers import free_port, serving


@contextmanager
def moto_server(*, port: int = 0) -> Iterator[str]:
    """The address of a moto server, from its first answer until the block is left; `port` 0 is a free one.

    One server is all services; it forgets everything when it ends. Raises EmulatorSetupError where moto is not
    installed, and EmulatorError.
    """
    if importlib.util.find_spec("moto") is None or importlib.util.find_spec("flask") is None:
        raise EmulatorSetupError(
            "starting the emulator of AWS: the Python package moto[server] is not installed; run `make setup`"
        )
    chosen = port or free_port()
    with tempfile.TemporaryDirectory(prefix="lake-moto-") as name:
        folder = Path(name)
        words = [sys.executable, "-P", "-m", "moto.server", "-H", "127.0.0.1", "-p", str(chosen)]
        environment = {**os.environ, "PYTHONWARNINGS": "ignore"}
        environment.pop("AWS_ENDPOINT_URL", None)
        with serving(
            "moto", words, chosen, log=folder / "moto.log", folder=folder, environment=environment
        ) as endpoint:
            yield endpoint
