-- Written by `python -m lake.contract.render_ddl`; change its contract, not this file:
-- contracts/operations/gc_lines_v1.odcs.yaml
-- {bucket} stands for the lake's bucket, with the root's prefix if it has one.
-- Lint: a comment is one literal, however long; names are quoted, for Hive reserves many; types are as the
-- catalog spells them; and sqlfluff's Athena dialect knows no PARQUET.
-- noqa: disable=CP01,LT01,LT05,RF06
CREATE EXTERNAL TABLE IF NOT EXISTS `operations`.`gc_lines_v1` (
    `event_id` string COMMENT 'Names the log event; 56 digits, as CloudWatch Logs gives them.',
    `logged_at` timestamp COMMENT 'When the line was logged, UTC. Sent as milliseconds since 1970.',
    `message` string COMMENT 'The line as it was logged, with its line end; several lines where the agent joins those of one event.',
    `owner` string COMMENT 'The AWS account in which it was logged.',
    `log_group` string COMMENT 'The log group, e.g. /aws/lambda/orders.',
    `log_stream` string COMMENT 'The log stream, one for each running process.',
    `message_type` string COMMENT 'What the payload is; DATA_MESSAGE, as messages that check whether the destination can be reached are skipped.',
    `subscription_filters` array<string> COMMENT 'Names of the subscription filters that let the event through.',
    `rescued` string COMMENT 'Fields that the contract does not know, as the text of a JSON object; null where there were none.'
)
COMMENT 'One row per log event that a subscription of CloudWatch Logs sent, by the hour in which it arrived.'
PARTITIONED BY (`dt` string)
STORED AS PARQUET -- noqa: PRS
LOCATION 's3://{bucket}/curated/operations/gc_lines_v1/'
TBLPROPERTIES (
    'classification' = 'parquet',
    'lake.contract_version' = '1.0.0'
);
