-- Written by `python -m lake.contract.render_ddl`; change its contract, not this file:
-- contracts/clickstream/sessions_v1.odcs.yaml
-- {bucket} stands for the lake's bucket, with the root's prefix if it has one.
-- Lint: a comment is one literal, however long; names are quoted, for Hive reserves many; types are as the
-- catalog spells them; and sqlfluff's Athena dialect knows no PARQUET.
-- noqa: disable=CP01,LT01,LT05,RF06
CREATE EXTERNAL TABLE IF NOT EXISTS `clickstream`.`sessions_v1` (
    `session_id` string COMMENT 'Names the session. By gap, user_id, device_id and the start in milliseconds since 1970, joined by underscores; by windows, user_id, underscore, the device\'s first three letters in upper case, and the window\'s start in seconds since 1970. Devices that…',
    `user_id` bigint COMMENT 'The account that was signed in.',
    `device_id` string COMMENT 'The browser or app installation; one account has several.',
    `started_at` timestamp COMMENT 'When the first event happened, by the device\'s clock, in UTC.',
    `ended_at` timestamp COMMENT 'When the last event happened, by the device\'s clock, in UTC.',
    `duration_sec` bigint COMMENT 'Whole seconds from the first event to the last; 0 for a single event.',
    `events` bigint COMMENT 'How many events the session has, each event_id once.',
    `begin_navigation` string COMMENT 'What happened first; of events at one time, that of the least event_id.',
    `end_navigation` string COMMENT 'What happened last; of events at one time, that of the greatest event_id.',
    `rescued` string COMMENT 'Fields that the contract does not know, as the text of a JSON object; null where there were none.'
)
COMMENT 'One row per session of a user on a device, by the hour in which the session was delivered.'
PARTITIONED BY (`dt` string)
STORED AS PARQUET -- noqa: PRS
LOCATION 's3://{bucket}/curated/clickstream/sessions_v1/'
TBLPROPERTIES (
    'classification' = 'parquet',
    'lake.contract_version' = '1.0.0'
);
