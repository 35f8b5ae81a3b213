-- Written by `python -m lake.contract.render_ddl`; change its contract, not this file:
-- contracts/sensors/readings_v1.odcs.yaml
-- {bucket} stands for the lake's bucket, with the root's prefix if it has one.
-- Lint: a comment is one literal, however long; names are quoted, for Hive reserves many; types are as the
-- catalog spells them; and sqlfluff's Athena dialect knows no PARQUET.
-- noqa: disable=CP01,LT01,LT05,RF06
CREATE EXTERNAL TABLE IF NOT EXISTS `sensors`.`readings_v1` (
    `sensor_id` string COMMENT 'The sensor that measured. Producers send a text or a number; a number\'s text, exactly as sent, is the name.',
    `current_temperature` int COMMENT 'Temperature at the sensor, in whole degrees; null where it could not be measured.',
    `status` string COMMENT 'The sensor\'s view of itself. OK measures as it should, WARN needs a look, FAIL measures nothing true.',
    `rescued` string COMMENT 'Fields that the contract does not know, as the text of a JSON object; null where there were none.'
)
COMMENT 'One row per reading that a sensor sent, by the hour in which it arrived.'
PARTITIONED BY (`dt` string)
STORED AS PARQUET -- noqa: PRS
LOCATION 's3://{bucket}/curated/sensors/readings_v1/'
TBLPROPERTIES (
    'classification' = 'parquet',
    'lake.contract_version' = '1.1.0'
);
