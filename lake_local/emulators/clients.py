"""Clients of emulators: any service, with credentials that no account has."""

from __future__ import annotations

from typing import Any

import boto3
from botocore.config import Config

REGION = "us-east-1"
CREDENTIALS: Any = {"aws_access_key_id": "testing", "aws_secret_access_key": "testing"}

# No proxy stands before this machine's own servers; kinesis-mock takes a while under a load of tests.
_CONFIG = Config(proxies={}, read_timeout=60, retries={"mode": "standard", "max_attempts": 5})


def client(service: str, endpoint: str) -> Any:
    """A boto3 client of `service` (kinesis, dynamodb, ...) at an emulator's address, in us-east-1.

    Untyped: the stubs of the services are not installed.
    """
    session = boto3.Session(region_name=REGION, **CREDENTIALS)
    make: Any = session.client
    return make(service, endpoint_url=endpoint, config=_CONFIG)
