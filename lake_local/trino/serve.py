"""The process of a root's Trino server: `python -m lake_local.trino.serve ROOT`, which lake_local.trino.server starts.

It inherits the lock on the state file, runs until SIGTERM or until Trino ends, and takes Trino with it.
"""

from __future__ import annotations

import json
import os
import shutil
import signal
import sys
import time
from contextlib import ExitStack
from dataclasses import asdict
from types import FrameType
from typing import NoReturn

from lake.errors import LakeError
from lake.objects.root import S3Root, root_of
from lake_local.subprocesses import ProcessGroup
from lake_local.trino.launch import start_trino
from lake_local.trino.metastore import Metastore
from lake_local.trino.server import server_folder, state_file
from lake_local.trino.settings import settings_for

_POLL_SECONDS = 0.5


class _Stopped(Exception):  # noqa: N818 # not an error: somebody asked for it
    """SIGTERM has arrived."""


def main(root: str) -> None:
    """Run the root's server until SIGTERM; `root` is as root_name spells it."""
    signal.signal(signal.SIGTERM, _stop)
    state, folder = state_file(root), server_folder(root)
    try:
        state.write_text(json.dumps({"pid": os.getpid()}), encoding="utf-8")
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(mode=0o700, parents=True)
        with ExitStack() as ends:
            is_local = not isinstance(root_of(root), S3Root)
            metastore = ends.enter_context(Metastore(root)) if is_local else None
            processes = ends.enter_context(ProcessGroup())
            server = start_trino(processes, root, folder, settings_for(root), metastore)
            state.write_text(json.dumps(asdict(server)), encoding="utf-8")
            while not processes.has_ended:
                time.sleep(_POLL_SECONDS)
    except _Stopped:
        shutil.rmtree(folder, ignore_errors=True)
    except LakeError as error:
        sys.exit(str(error))


def _stop(_number: int, _frame: FrameType | None) -> NoReturn:
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    raise _Stopped


if __name__ == "__main__":
    main(*sys.argv[1:])
