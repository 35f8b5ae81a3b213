-- Written by `python -m lake.contract.render_ddl`; change its contract, not this file:
-- contracts/clickstream/event_counts_by_day_v1.odcs.yaml
-- {bucket} stands for the lake's bucket, with the root's prefix if it has one.
-- Lint: a comment is one literal, however long; names are quoted, for Hive reserves many; types are as the
-- catalog spells them; and sqlfluff's Athena dialect knows no PARQUET.
-- noqa: disable=CP01,LT01,LT05,RF06
CREATE EXTERNAL TABLE IF NOT EXISTS `clickstream`.`event_counts_by_day_v1` (
    `event_name` string COMMENT 'What happened, e.g. page_view; the text NULL for events whose name is absent or empty.',
    `event_hour` string COMMENT 'The hour or minute of the events, UTC, e.g. 2015-10-31T12:00:00; the text NULL for events without a time.',
    `event_count` bigint COMMENT 'How many events; redelivered ones count once.',
    `rescued` string COMMENT 'Fields that the contract does not know, as the text of a JSON object; null where there were none.'
)
COMMENT 'One row per event name and hour, or minute; computed from clickstream.events_v1, late events included.'
PARTITIONED BY (`dt` string)
STORED AS PARQUET -- noqa: PRS
LOCATION 's3://{bucket}/derived/clickstream/event_counts_by_day_v1/'
TBLPROPERTIES (
    'classification' = 'parquet',
    'lake.contract_version' = '1.0.0'
);
