"""A lake: a root, its objects, its catalog and its tables, opened together."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from lake.catalog import Catalog, open_catalog
from lake.contract.bucketing import check_upstream
from lake.contract.catalog_tables import catalog_table, quarantine_table
from lake.contract.load import contracts_folder, load_tables, table_named
from lake.contract.model import Table
from lake.digest import digest_of
from lake.objects import Store, open_store
from lake.parse.raw_object import PARSER_VERSION
from lake.plan.bucketed import plan_from_upstream
from lake.plan.daily import plan_days
from lake.plan.partition_plan import PartitionInputs, PlanScope, TablePlan
from lake.plan.raw import plan_raw_hours


@dataclass(frozen=True)
class Lake:
    """What a job is given. `contracts` is the folder of contracts."""

    store: Store
    catalog: Catalog
    contracts: Path

    @classmethod
    def open(cls, root: str, contracts: str | None = None) -> Lake:
        """Raises StorageError, CatalogError or ContractError, saying what could not be opened."""
        store = open_store(root)
        return cls(store, open_catalog(store.uri), contracts_folder(contracts))

    @property
    def rules_version(self) -> str:
        """The version of the code that decides rows; another one makes every partition stale."""
        return PARSER_VERSION

    def table(self, name: str) -> Table:
        """The table <database>.<name>. Raises TableNotFound listing all tables."""
        return table_named(name, self.contracts)

    def tables(self) -> list[Table]:
        return [table for _, table in sorted(load_tables(self.contracts).items())]

    def plan(
        self, table: Table, since: str | None = None, until: str | None = None, rebuild: bool = False
    ) -> TablePlan[PartitionInputs]:
        """Which hours, or days, with since <= dt < until are stale, and why.

        Raises UsageError, StorageError, CatalogError.
        """
        scope = PlanScope(since, until, rebuild)
        if table.upstream is None:
            return plan_raw_hours(table, self.store, self.catalog, self.rules_version, scope)
        upstream = self.upstream(table)
        if table.grain == "day":
            return plan_days(table, upstream, self.store, self.catalog, scope)
        return plan_from_upstream(table, upstream, self.store, self.catalog, scope)

    def upstream(self, table: Table) -> Table:
        """The table that another one is made from. Raises TableNotFound, and ContractError if the two do not fit."""
        upstream = self.table(table.upstream or "")
        check_upstream(table, upstream)
        return upstream

    def declare(self, table: Table) -> None:
        """Bring the catalog's table, and its quarantine's, up to date with the contract."""
        self.catalog.put_table(catalog_table(table))
        if table.has_quarantine:
            self.catalog.put_table(quarantine_table(table))

    def rules(self, table: Table) -> str:
        """The digest of all that decides a table's rows beside its raw objects."""
        return digest_of([table.reading_digest(), self.rules_version])
