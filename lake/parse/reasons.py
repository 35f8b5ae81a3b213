"""Why a record, or a stretch of an object, is in quarantine: the closed list of reason codes."""

from __future__ import annotations

from enum import StrEnum


class Reason(StrEnum):
    """A reason code, as the quarantine's column `reason` holds it; `description` is its sentence for people."""

    description: str

    def __new__(cls, code: str, description: str) -> Reason:
        reason = str.__new__(cls, code)
        reason._value_ = code
        reason.description = description
        return reason

    INVALID_JSON = "invalid_json", "The record is not JSON."
    TRUNCATED = "truncated", "The object ends, or a damaged stretch begins, in the middle of the record."
    NOT_AN_OBJECT = "not_an_object", "The record is JSON, but no object with fields."
    INVALID_UTF8 = "invalid_utf8", "The record holds bytes that are not UTF-8, or half a surrogate pair."
    DUPLICATE_FIELD = "duplicate_field", "The record names one field twice, so that its value is open."
    WRONG_TYPE = "wrong_type", "A field's value is not of its column's type."
    OUT_OF_RANGE = "out_of_range", "A field's value is of the right type, but its column's type cannot hold it."
    MISSING_REQUIRED = "missing_required", "A field that the contract requires is absent or null."
    VALUE_NOT_ALLOWED = "value_not_allowed", "A field's value is not among those that the contract allows."
    MALFORMED_CSV = "malformed_csv", "The row does not fit the header, or a quoted field never ends."
    MALFORMED_LINE = "malformed_line", "The line does not match the contract's linePattern."
    RECORD_TOO_LARGE = "record_too_large", "The record is larger than one may be."
    DAMAGED_GZIP = "damaged_gzip", "A stretch of the stored object should be gzip, but cannot be decompressed."
    DAMAGED_COMPRESSION = (
        "damaged_compression",
        "The object is compressed with zstd, bz2, Snappy or ZIP, and from here on cannot be decompressed.",
    )
    UNSUPPORTED_FORMAT = "unsupported_format", "The object is of a format that holds no records of text, e.g. Parquet."
    EMPTY_OBJECT = "empty_object", "The object has no bytes, or decompresses to none."
    CONFLICTING_DUPLICATE = "conflicting_duplicate", "An earlier record has the same primary key and another payload."
