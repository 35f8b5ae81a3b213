"""The Java operators (flink_apps/src) as functions over views. Each registers views; nothing runs yet."""

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


class JarMissing(LakeError):  # noqa: N818 # says what it is
    """The operators' jar is not there, or is not the one that was built with this program."""


def register_events(
    env: StreamTableEnvironment,
    raw: str,
    spec: Spec,
    properties: Properties,
    *,
    hold: timedelta,
    keys: Sequence[str] = (),
) -> None:
    """Registers `events` (the contract's columns, each event_id once) and `rejected` from raw records.

    `keys` are columns that an event must have; `hold` is the source's.
    """
    _views().events(
        env._j_tenv,
        raw,
        "events",
        "rejected",
        _contract(spec),
        list(keys),
        millis(properties.watermark_delay),
        millis(properties.idle_timeout),
        millis(hold),
        millis(properties.dedup_window),
    )


def register_sessions(env: StreamTableEnvironment, spec: Spec, properties: Properties) -> None:
    """Registers `sessions` and `late` from `events`."""
    rules = _package().SessionRules
    if properties.window is not None:
        chosen = rules.byWindow(millis(properties.window))
    else:
        chosen = rules.byGap(millis(properties.gap), properties.timezone if properties.cut_at_midnight else None)
    _views().sessions(env._j_tenv, "events", "sessions", "late", _contract(spec), chosen)


def register_retained(env: StreamTableEnvironment, spec: Spec, properties: Properties) -> None:
    """Registers `retained` and `late` from `events`."""
    _views().retained(env._j_tenv, "events", "retained", "late", _contract(spec), millis(properties.retention))


def register_appended(env: StreamTableEnvironment, changing: str, appended: str) -> None:
    """Registers `appended`: each new state of each key of a view whose rows change, as a row of its own."""
    _views().appended(env._j_tenv, changing, appended)


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


def _views() -> Any:
    return _package().Views


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
