"""Athena's functions of bytes: text as bytes, hexadecimal, base64 and base32, hashes, numbers in big endian."""

from __future__ import annotations

import base64
import hashlib
import hmac
import math
import re
import struct
import zlib
from collections.abc import Callable

from lake.sql.translation.functions.guards import strict
from lake.sql.translation.functions.hashes import athena_murmur3, athena_xxhash64
from lake.sql.translation.python_functions import PythonFunction, UnansweredError
from lake.sql.translation.signatures import Function, Typed

_MOST_INT = 2**31 - 1
_REPLACEMENT = "\ufffd"


# Text. The bytes that one replacement stands for are Trino's: as many as the first byte promises and as continue it.


def _sequence(data: bytes, at: int) -> tuple[int, bool]:
    """How many bytes at a place belong together, and whether they are a character."""
    first = data[at]
    if first < 0x80:
        return 1, True
    if first < 0xC0 or first > 0xFD:
        return 1, False
    wanted = next(size for size, above in enumerate((0xE0, 0xF0, 0xF8, 0xFC, 0xFE), 2) if first < above)
    size = 1
    while size < wanted and at + size < len(data) and data[at + size] & 0xC0 == 0x80:
        size += 1
    try:
        data[at : at + size].decode()
    except UnicodeDecodeError:
        return size, False
    return size, True


def _decoded(data: bytes, replacement: str) -> str:
    try:
        return data.decode()
    except UnicodeDecodeError:
        parts, at = [], 0
        while at < len(data):
            size, is_character = _sequence(data, at)
            parts.append(data[at : at + size].decode() if is_character else replacement)
            at += size
        return "".join(parts)


@strict
def athena_from_utf8(data: bytes) -> str:
    """Text of bytes, with the replacement character for what is none."""
    return _decoded(data, _REPLACEMENT)


@strict
def athena_from_utf8_with(data: bytes, replacement: str) -> str:
    """With a character of the caller's, or nothing, for what is no text."""
    if len(replacement) > 1:
        raise ValueError("Replacement character string must empty or a single character")
    return _decoded(data, replacement)


@strict
def athena_from_utf8_code(data: bytes, code: int) -> str:
    """With the character of a code point for what is no text."""
    if code < 0:
        raise UnansweredError("from_utf8: Invalid code point, and a TRY of Athena's does not help")
    if code >= 0x110000 or 0xD800 <= code < 0xE000:
        raise ValueError("Invalid replacement character")
    return _decoded(data, chr(code))


# Encodings.


def _decoder(alphabet: str, altchars: bytes | None) -> Callable[[bytes], bytes]:
    form = re.compile(f"[{alphabet}]*".encode())
    padded = re.compile(f"(?:[{alphabet}]{{4}})*(?:[{alphabet}]{{2}}==|[{alphabet}]{{3}}=)?".encode())

    def decoded(data: bytes) -> bytes:
        if not padded.fullmatch(data) and (len(data) % 4 == 1 or not form.fullmatch(data)):
            raise ValueError("Illegal base64")
        return base64.b64decode(data.rstrip(b"=") + b"=" * (-len(data.rstrip(b"=")) % 4), altchars)

    return decoded


_BASE64 = _decoder("A-Za-z0-9+/", None)
_BASE64URL = _decoder("A-Za-z0-9_-", b"-_")


@strict
def athena_from_base64(data: bytes) -> bytes:
    """Of base64; the padding may be left out."""
    return _BASE64(data)


@strict
def athena_from_base64url(data: bytes) -> bytes:
    """Of base64 for URLs; the padding may be left out."""
    return _BASE64URL(data)


@strict
def athena_to_base32(data: bytes) -> str:
    """In base32, padded."""
    return base64.b32encode(data).decode()


@strict
def athena_from_base32(data: bytes) -> bytes:
    """Of base32, with any padding."""
    bare = data.rstrip(b"=")
    if len(bare) % 8 in (1, 3, 6) or not re.fullmatch(b"[A-Z2-7]*", bare):
        raise ValueError("Illegal base32")
    return base64.b32decode(bare + b"=" * (-len(bare) % 8))


# Hashes.


def _hmac(algorithm: str) -> Callable[..., bytes | None]:
    @strict
    def made(data: bytes, key: bytes) -> bytes:
        if not key:
            raise UnansweredError("hmac: Empty key, and a TRY of Athena's does not help")
        return hmac.digest(key, data, algorithm)

    return made


_HMACS = ("md5", "sha1", "sha256", "sha512")


@strict
def athena_sha512(data: bytes) -> bytes:
    """The hash of 64 bytes."""
    return hashlib.sha512(data).digest()


@strict
def athena_crc32(data: bytes) -> int:
    """The checksum, not negative."""
    return zlib.crc32(data)


# Numbers.


def _packed(form: str) -> Callable[..., bytes | None]:
    @strict
    def made(number: float) -> bytes:
        # Java has one NaN.
        return struct.pack(form, float("nan") if math.isnan(number) else number)

    return made


def _unpacked(form: str) -> Callable[..., float | None]:
    @strict
    def made(data: bytes) -> float:
        if len(data) != struct.calcsize(form):
            raise ValueError(f"expected {struct.calcsize(form)}-byte input, but got instead: {len(data)}")
        found: float = struct.unpack(form, data)[0]
        return found

    return made


_NUMBERS = (
    ("big_endian_32", ">i", "integer"),
    ("big_endian_64", ">q", "bigint"),
    ("ieee754_32", ">f", "real"),
    ("ieee754_64", ">d", "double"),
)

# Parts of bytes.


@strict
def athena_bytes_part(data: bytes, start: int, length: int) -> bytes:
    """As substr of text; Trino fails where the end is beyond the largest integer."""
    first = start - 1 if start > 0 else len(data) + start
    if start == 0 or length <= 0 or not 0 <= first < len(data):
        return b""
    if first + min(length, _MOST_INT) > _MOST_INT:
        raise UnansweredError("substr: the length is out of bounds, and a TRY of Athena's does not help")
    return data[first : first + length]


@strict
def athena_bytes_rest(data: bytes, start: int) -> bytes:
    """As substr of text."""
    first = start - 1 if start > 0 else len(data) + start
    return data[first:] if start != 0 and first >= 0 else b""


@strict
def athena_bytes_reverse(data: bytes) -> bytes:
    """From the last to the first."""
    return data[::-1]


def _padding(data: bytes, length: int, padding: bytes) -> bytes:
    if not 0 <= length <= _MOST_INT:
        raise ValueError(f"Target length must be in the range [0..{_MOST_INT}]")
    if not padding:
        raise ValueError("Padding bytes must not be empty")
    wanted = max(length - len(data), 0)
    return (padding * (wanted // len(padding) + 1))[:wanted]


@strict
def athena_bytes_lpad(data: bytes, length: int, padding: bytes) -> bytes:
    """Padded in front, or cut at the end."""
    return (_padding(data, length, padding) + data)[:length]


@strict
def athena_bytes_rpad(data: bytes, length: int, padding: bytes) -> bytes:
    """Padded, or cut, at the end."""
    return (data + _padding(data, length, padding))[:length]


def _number(name: str, kind: str) -> str:
    # DuckDB takes a NaN of Python's for NULL.
    found = f"athena_from_{name}($1)"
    return f"CASE WHEN $1 IS NOT NULL THEN coalesce({found}, CAST('nan' AS {kind})) END" if "ieee" in name else found


_BASES = ("base64", "base64url", "base32")
_EVEN = "CASE WHEN {length}($1) % 2 = 1 THEN $fail('invalid input length') ELSE unhex({text}) END"

FUNCTIONS: tuple[Function, ...] = (
    Function("to_utf8(varchar) -> varbinary", "encode($1)"),
    Function("from_utf8(varbinary) -> varchar", "coalesce(TRY(decode($1)), athena_from_utf8($1))"),
    Function("from_utf8(varbinary, varchar) -> varchar", "athena_from_utf8_with($1, $2)"),
    Function("from_utf8(varbinary, bigint) -> varchar", "athena_from_utf8_code($1, $2)"),
    Function("length(varbinary) -> bigint", "octet_length($1)"),
    Function("concat(varbinary, varbinary, varbinary ...) -> varbinary", lambda call: _joined(call.arguments)),
    Function("reverse(varbinary) -> varbinary", "athena_bytes_reverse($1)"),
    Function("substr(varbinary, bigint) -> varbinary", "athena_bytes_rest($1, $2)"),
    Function("substr(varbinary, bigint, bigint) -> varbinary", "athena_bytes_part($1, $2, $3)"),
    Function("lpad(varbinary, bigint, varbinary) -> varbinary", "athena_bytes_lpad($1, $2, $3)"),
    Function("rpad(varbinary, bigint, varbinary) -> varbinary", "athena_bytes_rpad($1, $2, $3)"),
    Function("to_hex(varbinary) -> varchar", "hex($1)"),
    Function("from_hex(varchar) -> varbinary", _EVEN.format(length="strlen", text="$1")),
    Function("from_hex(varbinary) -> varbinary", _EVEN.format(length="octet_length", text="decode($1)")),
    Function("to_base64(varbinary) -> varchar", "to_base64($1)"),
    Function("to_base64url(varbinary) -> varchar", "translate(to_base64($1), '+/', '-_')"),
    Function("to_base32(varbinary) -> varchar", "athena_to_base32($1)"),
    *(Function(f"from_{name}(varchar) -> varbinary", f"athena_from_{name}(encode($1))") for name in _BASES),
    *(Function(f"from_{name}(varbinary) -> varbinary", f"athena_from_{name}($1)") for name in _BASES),
    *(Function(f"{name}(varbinary) -> varbinary", f"unhex({name}($1))") for name in ("md5", "sha1", "sha256")),
    Function("sha512(varbinary) -> varbinary", "athena_sha512($1)"),
    Function("crc32(varbinary) -> bigint", "athena_crc32($1)"),
    Function("xxhash64(varbinary) -> varbinary", "athena_xxhash64($1)"),
    Function("murmur3(varbinary) -> varbinary", "athena_murmur3($1)"),
    *(Function(f"hmac_{name}(varbinary, varbinary) -> varbinary", f"athena_hmac_{name}($1, $2)") for name in _HMACS),
    *(Function(f"to_{name}({kind}) -> varbinary", f"athena_to_{name}($1)") for name, _, kind in _NUMBERS),
    *(Function(f"from_{name}(varbinary) -> {kind}", _number(name, kind)) for name, _, kind in _NUMBERS),
)


def _joined(arguments: tuple[Typed, ...]) -> str:
    return f"({' || '.join(argument.sql for argument in arguments)})"


OPERATORS: tuple[Function, ...] = (Function("concatenate(varbinary, varbinary) -> varbinary", "($1 || $2)"),)

PYTHON: tuple[PythonFunction, ...] = (
    PythonFunction("athena_from_utf8", athena_from_utf8, ("BLOB",), "VARCHAR"),
    PythonFunction("athena_from_utf8_with", athena_from_utf8_with, ("BLOB", "VARCHAR"), "VARCHAR"),
    PythonFunction("athena_from_utf8_code", athena_from_utf8_code, ("BLOB", "BIGINT"), "VARCHAR"),
    PythonFunction("athena_from_base64", athena_from_base64, ("BLOB",), "BLOB"),
    PythonFunction("athena_from_base64url", athena_from_base64url, ("BLOB",), "BLOB"),
    PythonFunction("athena_to_base32", athena_to_base32, ("BLOB",), "VARCHAR"),
    PythonFunction("athena_from_base32", athena_from_base32, ("BLOB",), "BLOB"),
    PythonFunction("athena_sha512", athena_sha512, ("BLOB",), "BLOB"),
    PythonFunction("athena_crc32", athena_crc32, ("BLOB",), "BIGINT"),
    PythonFunction("athena_xxhash64", athena_xxhash64, ("BLOB",), "BLOB"),
    PythonFunction("athena_murmur3", athena_murmur3, ("BLOB",), "BLOB"),
    *(PythonFunction(f"athena_hmac_{name}", _hmac(name), ("BLOB", "BLOB"), "BLOB") for name in _HMACS),
    *(PythonFunction(f"athena_to_{name}", _packed(form), (kind.upper(),), "BLOB") for name, form, kind in _NUMBERS),
    *(PythonFunction(f"athena_from_{name}", _unpacked(form), ("BLOB",), kind.upper()) for name, form, kind in _NUMBERS),
    PythonFunction("athena_bytes_part", athena_bytes_part, ("BLOB", "BIGINT", "BIGINT"), "BLOB"),
    PythonFunction("athena_bytes_rest", athena_bytes_rest, ("BLOB", "BIGINT"), "BLOB"),
    PythonFunction("athena_bytes_reverse", athena_bytes_reverse, ("BLOB",), "BLOB"),
    PythonFunction("athena_bytes_lpad", athena_bytes_lpad, ("BLOB", "BIGINT", "BLOB"), "BLOB"),
    PythonFunction("athena_bytes_rpad", athena_bytes_rpad, ("BLOB", "BIGINT", "BLOB"), "BLOB"),
)
