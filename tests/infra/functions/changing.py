"""A DynamoDB table whose stream the function reads, and the delivery stream that it puts changes into, on moto."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import boto3

from infra.functions.table_changes.handler import handler
from tests.infra.functions.table_streams import Context, Record, TableStream

TABLE, STREAM = "orders", "table-changes"


class ChangingTable(TableStream):
    """`root` is s3://bucket/prefix, below which Firehose delivers into raw/dynamodb/changes/, in the current hour."""

    def __init__(self, root: str):
        super().__init__(TABLE, invoke)
        self.root = root
        self.dynamodb, self.firehose, self.s3 = (boto3.client(name) for name in ("dynamodb", "firehose", "s3"))
        self.dynamodb.create_table(
            TableName=TABLE,
            BillingMode="PAY_PER_REQUEST",
            AttributeDefinitions=[{"AttributeName": "orderId", "AttributeType": "S"}],
            KeySchema=[{"AttributeName": "orderId", "KeyType": "HASH"}],
            StreamSpecification={"StreamEnabled": True, "StreamViewType": "NEW_AND_OLD_IMAGES"},
        )
        bucket, _, prefix = root.removeprefix("s3://").partition("/")
        self.hour = datetime.now(UTC).strftime("%Y-%m-%d-%H")
        self.bucket, self.raw = bucket, f"{prefix}/raw/dynamodb/changes"
        self.firehose.create_delivery_stream(
            DeliveryStreamName=STREAM,
            S3DestinationConfiguration={
                **{"RoleARN": "arn:aws:iam::123456789012:role/firehose", "BucketARN": f"arn:aws:s3:::{bucket}"},
                "Prefix": f"{self.raw}/dt={self.hour}/",
            },
        )

    @property
    def environment(self) -> dict[str, str]:
        """The function's."""
        return {"DELIVERY_STREAM": STREAM, "RAW_FOLDER": f"s3://{self.bucket}/{self.raw}"}

    def put(self, order: str, **attributes: Any) -> None:
        """Write an item; attributes are typed."""
        self.dynamodb.put_item(TableName=TABLE, Item={"orderId": {"S": order}, **attributes})

    def remove(self, order: str) -> None:
        self.dynamodb.delete_item(TableName=TABLE, Key={"orderId": {"S": order}})

    def objects(self) -> dict[str, bytes]:
        """What lies in the raw folder, by the name within it."""
        listed = self.s3.list_objects_v2(Bucket=self.bucket, Prefix=self.raw).get("Contents", [])
        keys = [one["Key"] for one in listed]
        bodies = [self.s3.get_object(Bucket=self.bucket, Key=key)["Body"].read() for key in keys]
        return {key.removeprefix(f"{self.raw}/"): body for key, body in zip(keys, bodies, strict=True)}

    def delivered(self) -> list[Record]:
        """All changes in the raw folder, by their sequence numbers."""
        lines = [json.loads(line) for body in self.objects().values() for line in body.splitlines()]
        return sorted(lines, key=lambda line: str(line.get("sequence_number")))


def invoke(records: list[Record]) -> dict[str, Any]:
    return handler({"Records": records}, Context())
