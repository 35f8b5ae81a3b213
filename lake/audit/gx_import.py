"""Great Expectations, imported without what it loads for uses that are not ours: a third less CPU.

It loads scipy.stats for Kullback-Leibler divergences, altair for drawing them, and pyspark.ml and trino for engines of
its own. The first two are loaded when something asks for them; the others are what Great Expectations takes as not
installed.
"""

from __future__ import annotations

import importlib
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from types import ModuleType

DEFERRED = ("scipy.stats", "altair")
NOT_NEEDED = ("pyspark.ml", "trino")


def great_expectations() -> ModuleType:
    """The package, imported once a process."""
    if "great_expectations" in sys.modules:
        return sys.modules["great_expectations"]
    _remove_distutils_finder()
    for name in DEFERRED:
        if name not in sys.modules:
            _defer(name)
    with _hidden(NOT_NEEDED):
        return importlib.import_module("great_expectations")


def _remove_distutils_finder() -> None:
    """Python 3.11 has a distutils of its own: setuptools' is not needed, and the way to it can wait for ever.

    setuptools' finder imports within the import system's lock, and what it imports takes logging's. A fork in another
    thread (of Spark's JVM, while this one imports) takes them in the other order.
    """
    sys.meta_path[:] = [finder for finder in sys.meta_path if type(finder).__name__ != "DistutilsMetaFinder"]


def _defer(name: str) -> None:
    """Put a module in the place of another, which it imports when asked for something.

    Names with two underscores are asked of every module by whoever looks through `sys.modules`.
    """
    deferred = ModuleType(name)

    def attribute(wanted: str) -> object:
        if wanted.startswith("__"):
            raise AttributeError(wanted)
        if sys.modules.get(name) is deferred:
            del sys.modules[name]
        return getattr(importlib.import_module(name), wanted)

    deferred.__getattr__ = attribute  # type: ignore[method-assign]  # a module's own, as PEP 562 has it
    sys.modules[name] = deferred
    package, _, module = name.rpartition(".")
    if package:
        setattr(importlib.import_module(package), module, deferred)


@contextmanager
def _hidden(names: tuple[str, ...]) -> Iterator[None]:
    """Within, importing these fails, unless they are loaded already."""
    hidden = [name for name in names if name not in sys.modules]
    sys.modules.update(dict.fromkeys(hidden))  # type: ignore[arg-type]  # None is what the import system takes as absent
    try:
        yield
    finally:
        for name in hidden:
            del sys.modules[name]
