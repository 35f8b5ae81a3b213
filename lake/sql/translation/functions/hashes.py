"""Hashes that Python's library has not: xxHash's of 64 bits, and MurmurHash3's of 128 bits for 64-bit machines.

Both work on words of 64 bits in little endian, with a seed of zero. Sources: the specification of xxHash
(XXH64), and Austin Appleby's MurmurHash3_x64_128, both in the public domain or under permissive licences.
"""

from __future__ import annotations

import struct

from lake.sql.translation.functions.guards import strict

_ALL = 2**64 - 1
_PRIMES = (
    0x9E3779B185EBCA87,
    0xC2B2AE3D27D4EB4F,
    0x165667B19E3779F9,
    0x85EBCA77C2B2AE63,
    0x27D4EB2F165667C5,
)


def _turned(word: int, bits: int) -> int:
    return (word << bits | word >> (64 - bits)) & _ALL


@strict
def athena_xxhash64(data: bytes) -> bytes:
    """The hash in big endian."""
    one, two, three, four, five = _PRIMES

    def mixed(sum_: int, word: int) -> int:
        return _turned((sum_ + word * two) & _ALL, 31) * one & _ALL

    end = len(data) - len(data) % 32
    if end:
        lanes = [(one + two) & _ALL, two, 0, -one & _ALL]
        for at in range(0, end, 32):
            lanes = [mixed(*pair) for pair in zip(lanes, struct.unpack_from("<4Q", data, at), strict=True)]
        total = sum(_turned(lane, bits) for lane, bits in zip(lanes, (1, 7, 12, 18), strict=True)) & _ALL
        for lane in lanes:
            total = ((total ^ mixed(0, lane)) * one + four) & _ALL
    else:
        total = five
    total = (total + len(data)) & _ALL
    at = end
    while at + 8 <= len(data):
        total = (_turned(total ^ mixed(0, struct.unpack_from("<Q", data, at)[0]), 27) * one + four) & _ALL
        at += 8
    if at + 4 <= len(data):
        total = (_turned(total ^ struct.unpack_from("<I", data, at)[0] * one & _ALL, 23) * two + three) & _ALL
        at += 4
    for byte in data[at:]:
        total = _turned(total ^ byte * five & _ALL, 11) * one & _ALL
    total = (total ^ total >> 33) * two & _ALL
    total = (total ^ total >> 29) * three & _ALL
    return struct.pack(">Q", total ^ total >> 32)


@strict
def athena_murmur3(data: bytes) -> bytes:
    """The hash as Trino gives it: its two words, each in little endian."""
    left_factor, right_factor = 0x87C37B91114253D5, 0x4CF5AD432745937F

    def left(word: int) -> int:
        return _turned(word * left_factor & _ALL, 31) * right_factor & _ALL

    def right(word: int) -> int:
        return _turned(word * right_factor & _ALL, 33) * left_factor & _ALL

    def spread(word: int) -> int:
        word = (word ^ word >> 33) * 0xFF51AFD7ED558CCD & _ALL
        word = (word ^ word >> 33) * 0xC4CEB9FE1A85EC53 & _ALL
        return word ^ word >> 33

    one = two = 0
    end = len(data) - len(data) % 16
    for at in range(0, end, 16):
        first, second = struct.unpack_from("<2Q", data, at)
        one = ((_turned(one ^ left(first), 27) + two) * 5 + 0x52DCE729) & _ALL
        two = ((_turned(two ^ right(second), 31) + one) * 5 + 0x38495AB5) & _ALL
    first, second = struct.unpack("<2Q", data[end:].ljust(16, b"\0"))
    one ^= left(first) ^ len(data)
    two ^= right(second) ^ len(data)
    one = (one + two) & _ALL
    two = (two + one) & _ALL
    one, two = spread(one), spread(two)
    one = (one + two) & _ALL
    return struct.pack("<2Q", one, (two + one) & _ALL)
