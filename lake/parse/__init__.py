"""Bytes of a raw object to good rows, rescued fields and rejected records. Pure: no room here does I/O of its own."""
