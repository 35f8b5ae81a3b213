-- Written by `python -m lake.contract.render_ddl`; change its contract, not this file:
-- contracts/clickstream/events_v1.odcs.yaml
-- {bucket} stands for the lake's bucket, with the root's prefix if it has one.
-- Lint: a comment is one literal, however long; names are quoted, for Hive reserves many; types are as the
-- catalog spells them; and sqlfluff's Athena dialect knows no PARQUET.
-- noqa: disable=CP01,LT01,LT05,RF06
CREATE EXTERNAL TABLE IF NOT EXISTS `clickstream`.`events_v1` (
    `event_id` string COMMENT 'Names the event. Where a producer sends none, it is derived from the record\'s bytes, so that a redelivered record is recognised.',
    `user_id` bigint COMMENT 'The account that was signed in; null for a visitor who was not.',
    `device_id` string COMMENT 'The browser or app installation that sent the event; one account has several.',
    `client_event` string COMMENT 'What happened, e.g. page_view, add_to_cart, purchase.',
    `client_timestamp` timestamp COMMENT 'When it happened, by the device\'s clock, in UTC. Sent as ISO 8601 (no zone means UTC) or as milliseconds since 1970.',
    `rescued` string COMMENT 'Fields that the contract does not know, as the text of a JSON object; null where there were none.'
)
COMMENT 'One row per event that a client reported, by the hour in which it arrived.'
PARTITIONED BY (`dt` string)
STORED AS PARQUET -- noqa: PRS
LOCATION 's3://{bucket}/curated/clickstream/events_v1/'
TBLPROPERTIES (
    'classification' = 'parquet',
    'lake.contract_version' = '1.0.0'
);
