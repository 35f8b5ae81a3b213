"""The commands of `lake` that only a laptop needs; lake.cli.app finds them by an entry point."""

from __future__ import annotations

from lake.cli.command import STREAMING, TRYING, WRITING, Command
from lake_local.cli import trino
from lake_local.cli.crawl import crawl
from lake_local.cli.generate import generate
from lake_local.cli.land import land
from lake_local.cli.new import new
from lake_local.cli.stream_demo import demo
from lake_local.cli.stream_run import run

_TRINO = "The Trino that `lake query --engine trino` asks: one for each root, in the background."

COMMANDS = (
    Command("stream run", run, STREAMING),
    Command("stream demo", demo, STREAMING),
    Command("new", new, TRYING),
    Command("generate", generate, TRYING),
    Command("land", land, TRYING),
    Command("crawl", crawl, WRITING),
    Command("trino up", trino.up, TRYING, _TRINO),
    Command("trino status", trino.status, TRYING),
    Command("trino down", trino.down, TRYING),
)
