-- Written by `python -m lake.contract.render_ddl`; change its contract, not this file:
-- contracts/clickstream/sessions_by_day_v1.odcs.yaml
-- {bucket} stands for the lake's bucket, with the root's prefix if it has one.
-- Lint: a comment is one literal, however long; names are quoted, for Hive reserves many; types are as the
-- catalog spells them; and sqlfluff's Athena dialect knows no PARQUET.
-- noqa: disable=CP01,LT01,LT05,RF06
CREATE EXTERNAL TABLE IF NOT EXISTS `clickstream`.`sessions_by_day_v1` (
    `session_id` string COMMENT 'Names the session. By gap, user_id, device_id and the start in milliseconds since 1970, joined by underscores; by windows, user_id, underscore, the device\'s first three letters in upper case, and the window\'s start in seconds since 1970.',
    `user_id` bigint COMMENT 'The account that was signed in.',
    `device_id` string COMMENT 'The browser or app installation.',
    `started_at` timestamp COMMENT 'Time of its first event, by the device\'s clock, in UTC.',
    `ended_at` timestamp COMMENT 'Time of its last event, likewise.',
    `duration_sec` bigint COMMENT 'Whole seconds from its first event to its last.',
    `events` bigint COMMENT 'How many events it has; redelivered ones count once.',
    `begin_navigation` string COMMENT 'What its first event was; of events of one instant, that of the lowest event_id.',
    `end_navigation` string COMMENT 'What its last event was; of events of one instant, that of the highest event_id.',
    `rescued` string COMMENT 'Fields that the contract does not know, as the text of a JSON object; null where there were none.'
)
COMMENT 'One row per session, by the UTC day on which it began; computed from clickstream.events_v1, late events included.'
PARTITIONED BY (`dt` string)
STORED AS PARQUET -- noqa: PRS
LOCATION 's3://{bucket}/derived/clickstream/sessions_by_day_v1/'
TBLPROPERTIES (
    'classification' = 'parquet',
    'lake.contract_version' = '1.0.0'
);
