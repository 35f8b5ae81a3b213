"""The columns of an event that tables of days are made from."""

from __future__ import annotations

EVENT_COLUMNS = ("event_id", "user_id", "device_id", "client_event", "client_timestamp")
EVENT_TIME = "client_timestamp"
