"""Classes of the JVM that PyFlink runs in, those of the operators' jar among them."""

from __future__ import annotations

from functools import reduce
from typing import Any

from lake.errors import LakeError


class JarMissing(LakeError):  # noqa: N818 # says what it is
    """The operators' jar is missing, or is not the one that was built with this program."""


def java(name: str) -> Any:
    """A class by its full name. Raises JarMissing if no loaded jar has it."""
    from py4j.java_gateway import JavaPackage  # type: ignore[import-untyped]
    from pyflink.java_gateway import get_gateway

    found = reduce(getattr, name.split("."), get_gateway().jvm)
    if isinstance(found, JavaPackage):
        raise JarMissing(
            f"loading the operators: no jar with {name} is loaded; build one with `lake stream package`, and name "
            "it in pipeline.jars (or, on the managed service, as the jarfile of the run options)"
        )
    return found
