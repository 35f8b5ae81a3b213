"""The Java operators (flink_apps/src), which register views. Nothing runs before statements over them do."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from lake.errors import LakeError
from lake.flink.durations import millis
from lake.flink.properties import Properties
from lake.flink.spec import Spec

if TYPE_CHECKING:
    from pyflink.table import StreamTableEnvironment


KEYS_IN_MEMORY = 100_000
"""Users and devices whose open sessions a task keeps in memory beside the state: some 300 bytes each."""


class JarMissing(LakeError):  # noqa: N818 # says what it is
    """The operators' jar is not there, or is not the one that was built with this program."""


class Operators:
    """The operators of one program, for events of one contract."""

    def __init__(self, env: StreamTableEnvironment, spec: Spec, properties: Properties) -> None:
        self._properties = properties
        self._views = _package().Views(env._j_tenv, _contract(spec))

    def register_events(self, raw: str, hold: timedelta, keys: Sequence[str] = ()) -> None:
        """Registers `events` (the contract's columns, each event_id once) and `rejected` from a view of raw records.

        `keys` are columns that an event must have; `hold` is the source's. Comes before the other methods.
        """
        properties = self._properties
        lengths = (properties.watermark_delay, properties.idle_timeout, hold, properties.dedup_window)
        self._views.events(raw, "events", "rejected", list(keys), *map(millis, lengths))

    def register_sessions(self) -> None:
        """Registers `sessions` and `late`: what becomes of the events."""
        properties, rules = self._properties, _package().SessionRules
        if properties.window is not None:
            chosen = rules.byWindow(millis(properties.window))
        else:
            chosen = rules.byGap(millis(properties.gap), properties.timezone if properties.cut_at_midnight else None)
        self._views.sessions("sessions", "late", chosen, KEYS_IN_MEMORY)

    def register_retained(self) -> None:
        """Registers `retained` and `late`: events within the retention, and older ones."""
        self._views.retained("retained", "late", millis(self._properties.retention))

    def register_appended(self, changing: str, appended: str) -> None:
        """Registers `appended`: each new state of each key of a view whose rows change, as a row of its own."""
        self._views.appended(changing, appended)


def _contract(spec: Spec) -> Any:
    contract = _package().Contract()
    for column in spec.columns:
        contract.column(
            column.name,
            column.field,
            column.hive_type,
            column.required,
            column.accepts_text,
            column.derived,
            list(column.allowed_values),
        )
    return contract.eventTime(spec.event_time)


def _package() -> Any:
    from py4j.java_gateway import JavaPackage  # type: ignore[import-untyped]
    from pyflink.java_gateway import get_gateway

    package = get_gateway().jvm.lake.flink
    if isinstance(package.Views, JavaPackage):
        raise JarMissing(
            "looking for the operators: no jar with lake.flink.Views is loaded; build one with `lake stream package`, "
            "and name it in pipeline.jars (or, on the managed service, as the jarfile of the run options)"
        )
    return package
