-- Written by `python -m lake.contract.render_ddl`; change its contract, not this file:
-- contracts/iot/analog_v1.odcs.yaml
-- {bucket} stands for the lake's bucket, with the root's prefix if it has one.
-- Lint: a comment is one literal, however long; names are quoted, for Hive reserves many; types are as the
-- catalog spells them; and sqlfluff's Athena dialect knows no PARQUET.
-- noqa: disable=CP01,LT01,LT05,RF06
CREATE EXTERNAL TABLE IF NOT EXISTS `iot`.`analog_v1` (
    `uptime_ms` bigint COMMENT 'Milliseconds since the device started, as it counts them. A counter of 32 bits begins again at 0 after 49.7 days.',
    `sensor_a0` int COMMENT 'The input A0 as its converter gives it, 0 to 1023 (10 bits) from ground to the reference voltage.',
    `rescued` string COMMENT 'Fields that the contract does not know, as the text of a JSON object; null where there were none.'
)
COMMENT 'One row per reading that a device sent, by the hour in which it arrived.'
PARTITIONED BY (`dt` string)
STORED AS PARQUET -- noqa: PRS
LOCATION 's3://{bucket}/curated/iot/analog_v1/'
TBLPROPERTIES (
    'classification' = 'parquet',
    'lake.contract_version' = '1.0.0'
);
