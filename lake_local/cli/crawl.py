"""`lake crawl`: what a Glue crawler would find, as difference to the contract; and the check of crawlers' files."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated, Any

import typer

from lake.cli.options import DEFAULT_ROOT, ContractsOption, JsonOption, RootOption, note, print_json, print_table

if TYPE_CHECKING:
    from lake_local.crawl import Crawled


def crawl(
    crawler: Annotated[
        str | None, typer.Argument(metavar="[NAME]", help="Crawler, e.g. shop.orders.", show_default=False)
    ] = None,
    check: Annotated[bool, typer.Option("--check", help="Only check the files of all crawlers.")] = False,
    records: Annotated[int, typer.Option(min=1, help="How many records to look at, at most.")] = 10_000,
    crawlers: Annotated[
        str | None,
        typer.Option(
            metavar="DIR",
            envvar="LAKE_CRAWLERS",
            help="Folder of crawlers. Default: ./crawlers, or the one beside the package.",
            show_default=False,
            rich_help_panel="Locations",
        ),
    ] = None,
    json_output: JsonOption = False,
    contracts: ContractsOption = None,
    root: RootOption = DEFAULT_ROOT,
) -> None:
    """Read a sample of what a crawler reads, and show how it differs from the contract. Changes nothing.

    Crawlers are for sources that are not the lake's, crawlers/<database>/<name>.json. A target that touches a folder
    that jobs write is refused. `${LakeRoot}` in a target is --root.

    \b
    Examples:
      lake crawl --check
      lake crawl shop.orders
      lake crawl shop.exports --root s3://bucket/prefix
    """
    from lake.catalog.crawlers import crawler_named, crawlers_folder, load_crawlers
    from lake.contract.load import contracts_folder, load_tables
    from lake.errors import UsageError
    from lake_local.crawl import crawl as crawled

    if crawler is None and not check:
        raise UsageError("missing argument: NAME, a crawler, e.g. shop.orders; or --check")
    folder = crawlers_folder(crawlers)
    tables = load_tables(contracts_folder(contracts))
    known = load_crawlers(folder, tables, root)
    if crawler is None:
        if json_output:
            print_json([{"crawler": name, "reason": each.reason} for name, each in known.items()])
        note(f"{len(known)} crawlers in {folder}: no errors")
        return
    found = crawler_named(crawler, known)
    results = [crawled(found, target, root, tables, records) for target in found.targets]
    if json_output:
        print_json([_summary(each) for each in results])
        return
    for result in results:
        _show(result)


def _show(result: Crawled) -> None:
    table, contract = result.inferred.table.full_name, result.contract
    differing = [each for each in result.differences if each.outcome != "same"]
    if differing:
        rows = [(each.field, each.outcome, each.contract, each.source) for each in differing]
        print_table(("field", "difference", "contract", "source"), rows)
    for line in result.inferred.account.lines():
        note(line)
    same = len(result.differences) - len(differing)
    if contract is None:
        note(f"{result.target.place}: no contract is called {table}; `lake contract infer --write` makes one")
    else:
        note(f"{result.target.place}: {same} fields as {contract.full_name} says, {len(differing)} differ")


def _summary(result: Crawled) -> dict[str, Any]:
    return {
        "target": result.target.place,
        "table": result.inferred.table.full_name,
        "contract": None if result.contract is None else result.contract.full_name,
        "records": result.inferred.account.records,
        "fields": [asdict(each) for each in result.differences],
    }
