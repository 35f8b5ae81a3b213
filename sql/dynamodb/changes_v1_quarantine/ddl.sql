-- Written by `python -m lake.contract.render_ddl`; change its contract, not this file:
-- contracts/dynamodb/changes_v1.odcs.yaml
-- {bucket} stands for the lake's bucket, with the root's prefix if it has one.
-- Lint: a comment is one literal, however long; names are quoted, for Hive reserves many; types are as the
-- catalog spells them; and sqlfluff's Athena dialect knows no PARQUET.
-- noqa: disable=CP01,LT01,LT05,RF06
CREATE EXTERNAL TABLE IF NOT EXISTS `dynamodb`.`changes_v1_quarantine` (
    `reason` string COMMENT 'Reason code, from a closed list: invalid_json, wrong_type, missing_required, ...',
    `message` string COMMENT 'What was wrong with the record, and what was expected.',
    `source_object` string COMMENT 'Key of the raw object, below the root.',
    `record` bigint COMMENT 'Position of the record in its object; the first is 0.',
    `offset` bigint COMMENT 'Byte at which the record begins, in the decompressed object (damaged_gzip: as stored).',
    `payload` binary COMMENT 'The record\'s bytes, whole, as they arrived.',
    `contract_version` string COMMENT 'Version of the contract that rejected the record.'
)
COMMENT 'Records that arrived for dynamodb.changes_v1 and that its contract rejects.'
PARTITIONED BY (`dt` string)
STORED AS PARQUET -- noqa: PRS
LOCATION 's3://{bucket}/quarantine/dynamodb/changes_v1/'
TBLPROPERTIES (
    'classification' = 'parquet',
    'lake.contract_version' = '1.0.0'
);
