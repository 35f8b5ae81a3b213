"""Athena's functions of URLs. Trino reads them with java.net.URI, which is stricter than Python's readers.

What java.net.URI does not take for a URI gives NULL. Its rules are those of RFC 2396 with its own deviations: a host
is a name whose last label begins with a letter, an address of four numbers or one of IPv6 in brackets; what is none
of these is an authority without host and port; visible characters beyond ASCII may stand where escapes may.
"""

from __future__ import annotations

import ipaddress
import re
import unicodedata
from functools import lru_cache
from typing import NamedTuple
from urllib.parse import quote_plus, unquote_to_bytes

from lake.sql.translation.functions.guards import strict
from lake.sql.translation.python_functions import PythonFunction, UnansweredError
from lake.sql.translation.signatures import Function

_ESCAPED = r"%[0-9A-Fa-f]{2}"
# Characters beyond ASCII stand for themselves; which of them are visible is asked apart.
_OTHER = r"\u0081-\U0010ffff"
_MARKS = r"A-Za-z0-9\-_.!~*'()"
_URIC = rf"(?:[{_MARKS};/?:@&=+$,\[\]{_OTHER}]|{_ESCAPED})"
_PATH = rf"(?:[{_MARKS}:@&=+$,;/{_OTHER}]|{_ESCAPED})"
_USER = rf"(?:[{_MARKS};:&=+$,{_OTHER}]|{_ESCAPED})"
_REGISTERED = rf"(?:[{_MARKS}$,;:@&=+{_OTHER}]|{_ESCAPED})"

_HIERARCHICAL = rf"(?://(?P<authority>[^/?#]*))?(?P<path>{_PATH}*)(?:\?(?P<query>{_URIC}*))?"
_URI = re.compile(
    rf"(?:(?P<scheme>[A-Za-z][A-Za-z0-9+.-]*):(?:(?P<opaque>(?!/){_URIC}+)|(?=/){_HIERARCHICAL})"
    rf"|(?![^/?#]*:){_HIERARCHICAL.replace('?P<', '?P<own_')})(?:#(?P<fragment>{_URIC}*))?"
)
_LABEL = r"[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?"
_NAME = rf"(?:{_LABEL}\.)*[A-Za-z](?:[A-Za-z0-9-]*[A-Za-z0-9])?\.?|{_LABEL}\.?"
_BYTE = r"0*(?:25[0-5]|2[0-4]\d|1?\d?\d)"
_SERVER = re.compile(
    rf"(?:(?P<user>{_USER}*)@)?(?P<host>{_BYTE}(?:\.{_BYTE}){{3}}|{_NAME}|\[(?P<six>[0-9A-Fa-f:.]+)(?:%[A-Za-z0-9_.]+)?\])"
    rf"(?::(?P<port>[0-9]*))?",
    re.ASCII,
)
_MOST_INT = 2**31 - 1


class _Url(NamedTuple):
    scheme: str | None
    host: str | None
    port: int | None
    path: str | None
    query: str | None
    fragment: str | None


@lru_cache(maxsize=1024)
def _url(text: str) -> _Url | None:
    """The parts of a URI, still escaped; None of what is none."""
    found = _URI.fullmatch(text)
    if found is None or not (text.isascii() or all(map(_is_visible, text))):
        return None
    own = "" if found["scheme"] else "own_"
    authority, path, query = (found[own + name] for name in ("authority", "path", "query"))
    server = None
    if authority == "" and not path and query is None and found["fragment"] is None:
        return None
    if authority:
        server = _server(authority)
        if server is None and not re.fullmatch(f"{_REGISTERED}+", authority):
            return None
    host, port = server or (None, None)
    return _Url(found["scheme"], host, port, path, query, found["fragment"])


def _server(authority: str) -> tuple[str, int | None] | None:
    found = _SERVER.fullmatch(authority)
    if found is None or int(found["port"] or 0) > _MOST_INT:
        return None
    if found["six"]:
        try:
            ipaddress.IPv6Address(found["six"])
        except ValueError:
            return None
    return found["host"], int(found["port"]) if found["port"] else None


def _is_visible(character: str) -> bool:
    """Neither white nor a control, as Java has it, where it is beyond ASCII."""
    kind = unicodedata.category(character)
    if kind == "Cn":
        raise UnansweredError("a URL holds a character that is unknown here")
    return character.isascii() or (kind not in ("Zs", "Zl", "Zp", "Cc") and character != "\x80")


def _unescaped(text: str | None) -> str:
    """As Java decodes it: half a surrogate pair is one character that is none, where Python takes its bytes apart."""
    return re.sub(b"\xed[\xa0-\xbf][\x80-\xbf]?", b"\xff", unquote_to_bytes(text or "")).decode(errors="replace")


@strict
def athena_url_protocol(text: str) -> str | None:
    """The scheme; an empty text where there is none."""
    found = _url(text)
    return found and (found.scheme or "")


@strict
def athena_url_host(text: str) -> str | None:
    """The host; an empty text where there is none."""
    found = _url(text)
    return found and (found.host or "")


@strict
def athena_url_port(text: str) -> int | None:
    """The port; None where there is none."""
    found = _url(text)
    return found and found.port


@strict
def athena_url_path(text: str) -> str | None:
    """The path, unescaped."""
    found = _url(text)
    return found and _unescaped(found.path)


@strict
def athena_url_query(text: str) -> str | None:
    """The query, unescaped."""
    found = _url(text)
    return found and _unescaped(found.query)


@strict
def athena_url_fragment(text: str) -> str | None:
    """The fragment, unescaped."""
    found = _url(text)
    return found and _unescaped(found.fragment)


@strict
def athena_url_parameter(text: str, name: str) -> str | None:
    """The first value of a parameter whose name is written so, unescaped; None where there is none."""
    found = _url(text)
    for part in found.query.split("&") if found is not None and found.query is not None else ():
        key, _, value = part.partition("=")
        if key == name:
            return _decoded(value)
    return None


def _decoded(text: str) -> str:
    if re.search("%(?![0-9A-Fa-f]{2})", text):
        raise ValueError("URLDecoder: Illegal hex characters in escape (%) pattern")
    return _unescaped(text.replace("+", " "))


@strict
def athena_url_decode(text: str) -> str:
    """Of the encoding of forms."""
    return _decoded(text)


@strict
def athena_url_encode(text: str) -> str:
    """In the encoding of forms."""
    return quote_plus(text, safe="*").replace("~", "%7E")


_PARTS = {
    "protocol": athena_url_protocol,
    "host": athena_url_host,
    "path": athena_url_path,
    "query": athena_url_query,
    "fragment": athena_url_fragment,
}

FUNCTIONS: tuple[Function, ...] = (
    *(Function(f"url_extract_{name}(varchar) -> varchar", f"athena_url_{name}($1)") for name in _PARTS),
    Function("url_extract_port(varchar) -> bigint", "athena_url_port($1)"),
    Function("url_extract_parameter(varchar, varchar) -> varchar", "athena_url_parameter($1, $2)"),
    Function("url_encode(varchar) -> varchar", "athena_url_encode($1)"),
    Function("url_decode(varchar) -> varchar", "athena_url_decode($1)"),
)

PYTHON: tuple[PythonFunction, ...] = (
    *(PythonFunction(f"athena_url_{name}", function, ("VARCHAR",), "VARCHAR") for name, function in _PARTS.items()),
    PythonFunction("athena_url_port", athena_url_port, ("VARCHAR",), "BIGINT"),
    PythonFunction("athena_url_parameter", athena_url_parameter, ("VARCHAR", "VARCHAR"), "VARCHAR"),
    PythonFunction("athena_url_encode", athena_url_encode, ("VARCHAR",), "VARCHAR"),
    PythonFunction("athena_url_decode", athena_url_decode, ("VARCHAR",), "VARCHAR"),
)
