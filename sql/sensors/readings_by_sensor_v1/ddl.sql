-- Written by `python -m lake.contract.render_ddl`; change its contract, not this file:
-- contracts/sensors/readings_by_sensor_v1.odcs.yaml
-- {bucket} stands for the lake's bucket, with the root's prefix if it has one.
-- Lint: a comment is one literal, however long; names are quoted, for Hive reserves many; types are as the
-- catalog spells them; and sqlfluff's Athena dialect knows no PARQUET.
-- noqa: disable=CP01,LT01,LT05,RF06
CREATE EXTERNAL TABLE IF NOT EXISTS `sensors`.`readings_by_sensor_v1` (
    `sensor_id` string COMMENT 'The sensor that measured.',
    `current_temperature` int COMMENT 'Temperature at the sensor, in whole degrees; null where it could not be measured.',
    `status` string COMMENT 'The sensor\'s view of itself. OK measures as it should, WARN needs a look, FAIL measures nothing true.',
    `rescued` string COMMENT 'Fields that the contract does not know, as the text of a JSON object; null where there were none.'
)
COMMENT 'One row per reading of sensors.readings_v1, bucketed by sensor. Read it through the view sensors.readings.'
PARTITIONED BY (`dt` string)
CLUSTERED BY (`sensor_id`) SORTED BY (`sensor_id` ASC) INTO 64 BUCKETS -- noqa: PRS
STORED AS PARQUET -- noqa: PRS
LOCATION 's3://{bucket}/bucketed/sensors/readings_by_sensor_v1/'
TBLPROPERTIES (
    'classification' = 'parquet',
    'lake.contract_version' = '1.0.0'
);
