-- Written by `python -m lake.contract.render_ddl`; change its contract, not this file:
-- contracts/sensors/bundles_v1.odcs.yaml
-- {bucket} stands for the lake's bucket, with the root's prefix if it has one.
-- Lint: a comment is one literal, however long; names are quoted, for Hive reserves many; types are as the
-- catalog spells them; and sqlfluff's Athena dialect knows no PARQUET.
-- noqa: disable=CP01,LT01,LT05,RF06
CREATE EXTERNAL TABLE IF NOT EXISTS `sensors`.`bundles_v1` (
    `device_id` string COMMENT 'The device that recorded the bundle.',
    `recorded_at` timestamp COMMENT 'When the bundle\'s recording began, by the device\'s clock, in UTC.',
    `readings` array<struct<dimension_x:int,dimension_y:int,dimension_z:int>> COMMENT 'The readings in the order in which they were taken, each with its three dimensions.',
    `rescued` string COMMENT 'Fields that the contract does not know, as the text of a JSON object; null where there were none.'
)
COMMENT 'One row per bundle of readings that a device sent, by the hour in which it arrived.'
PARTITIONED BY (`dt` string)
STORED AS PARQUET -- noqa: PRS
LOCATION 's3://{bucket}/curated/sensors/bundles_v1/'
TBLPROPERTIES (
    'classification' = 'parquet',
    'lake.contract_version' = '1.0.0'
);
