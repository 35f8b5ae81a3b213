"""A small valid contract, to be bent by tests."""

from __future__ import annotations

from pathlib import Path

ORDERS = """\
apiVersion: v3.1.0
kind: DataContract
id: shop.orders_v1
version: 1.0.0
status: active
schema:
  - name: orders_v1
    physicalType: table
    description: One row per order.
    customProperties:
      - property: sourceFormat
        value: json
      - property: eventTime
        value: ordered_at
      - property: lookbackHours
        value: 1
    properties:
      - name: order_id
        physicalType: string
        description: Names the order.
        required: true
        primaryKey: true
        primaryKeyPosition: 1
      - name: amount
        physicalType: decimal(10,2)
        description: What was paid.
        customProperties:
          - property: sourceName
            value: amountPaid
      - name: state
        physicalType: string
        description: How far it is.
        quality:
          - metric: invalidValues
            arguments:
              validValues: [OPEN, PAID]
            mustBe: 0
      - name: ordered_at
        physicalType: timestamp
        description: When it was placed.
      - name: dt
        physicalType: string
        description: Hour of arrival.
        partitioned: true
        partitionKeyPosition: 1
slaProperties:
  - property: retention
    value: 30
    unit: d
"""


def bent(*changes: tuple[str, str]) -> str:
    """The contract with pieces of its text replaced, each of which must be there once."""
    text = ORDERS
    for old, new in changes:
        assert text.count(old) == 1, f"{old!r} is there {text.count(old)} times"
        text = text.replace(old, new)
    return text


def write_contract(folder: Path, text: str, place: str = "shop/orders_v1.odcs.yaml") -> Path:
    path = folder / place
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return path


def line_of(text: str, snippet: str) -> int:
    """The 1-based line that holds a snippet, which must be on one line only."""
    lines = [number for number, line in enumerate(text.splitlines(), start=1) if snippet in line]
    assert len(lines) == 1, f"{snippet!r} is on lines {lines}"
    return lines[0]
