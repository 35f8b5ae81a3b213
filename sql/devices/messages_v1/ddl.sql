-- Written by `python -m lake.contract.render_ddl`; change its contract, not this file:
-- contracts/devices/messages_v1.odcs.yaml
-- {bucket} stands for the lake's bucket, with the root's prefix if it has one.
-- Lint: a comment is one literal, however long; names are quoted, for Hive reserves many; types are as the
-- catalog spells them; and sqlfluff's Athena dialect knows no PARQUET.
-- noqa: disable=CP01,LT01,LT05,RF06
CREATE EXTERNAL TABLE IF NOT EXISTS `devices`.`messages_v1` (
    `message_id` string COMMENT 'Names the message; derived from its bytes, so that one that is delivered again is recognised.',
    `device_id` string COMMENT 'The device that sent the message.',
    `hash_device_id` string COMMENT 'The device\'s name as its producer hashes it; it still stands for one device.',
    `recorded_at` timestamp COMMENT 'When the message was put together, by the device\'s clock; it names no zone and is read as UTC.',
    `processed_at` timestamp COMMENT 'When the message was processed on its way; it names no zone and is read as UTC.',
    `accelerometer` array<struct<accelerometer_x:int,accelerometer_y:int,accelerometer_z:int,gravity_x:int,gravity_y:int,gravity_z:int,linear_acceleration_x:int,linear_acceleration_y:int,linear_acceleration_z:int>> COMMENT 'Readings of the accelerometer, with the part that is gravity and the part that is motion.',
    `temperature` array<struct<kelvin:double,celsius:double,fahrenheit:double>> COMMENT 'Readings of the thermometer, in three units.',
    `illuminance` array<struct<illuminance:double>> COMMENT 'Readings of the light sensor, in lux.',
    `gps` array<struct<altitude:double,heading:double,latitude:double,longitude:double>> COMMENT 'Positions; altitude in metres, the others in degrees.',
    `additional_data` array<struct<dimension_x:int,dimension_y:int,dimension_z:int>> COMMENT 'Readings that a function appends on the way. The raw fields\' names are misspelt, two of three.',
    `rescued` string COMMENT 'Fields that the contract does not know, as the text of a JSON object; null where there were none.'
)
COMMENT 'One row per message, by the hour in which it arrived.'
PARTITIONED BY (`dt` string)
STORED AS PARQUET -- noqa: PRS
LOCATION 's3://{bucket}/curated/devices/messages_v1/'
TBLPROPERTIES (
    'classification' = 'parquet',
    'lake.contract_version' = '1.0.0'
);
