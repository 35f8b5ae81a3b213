-- Written by `python -m lake.contract.render_ddl`; change its contract, not this file:
-- contracts/web/events_v1.odcs.yaml
-- {bucket} stands for the lake's bucket, with the root's prefix if it has one.
-- Lint: a comment is one literal, however long; names are quoted, for Hive reserves many; types are as the
-- catalog spells them; and sqlfluff's Athena dialect knows no PARQUET.
-- noqa: disable=CP01,LT01,LT05,RF06
CREATE EXTERNAL TABLE IF NOT EXISTS `web`.`events_v1` (
    `event_id` string COMMENT 'Names the event. Where a page sends none, it is derived from the record\'s bytes, so that a redelivered record is recognised.',
    `event` string COMMENT 'What happened, in words, e.g. page view, check out, impression.',
    `utc_timestamp` timestamp COMMENT 'When it happened, in UTC. Sent as ISO 8601; no zone means UTC.',
    `visitor` bigint COMMENT 'The visitor, by the number in the site\'s cookie; null where the page sent none.',
    `rescued` string COMMENT 'Fields that the contract does not know, as the text of a JSON object; null where there were none.'
)
COMMENT 'One row per event that a page reported, by the hour in which it arrived.'
PARTITIONED BY (`dt` string)
STORED AS PARQUET -- noqa: PRS
LOCATION 's3://{bucket}/curated/web/events_v1/'
TBLPROPERTIES (
    'classification' = 'parquet',
    'lake.contract_version' = '1.0.0'
);
