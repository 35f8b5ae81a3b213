-- Written by `python -m lake.contract.render_ddl`; change its contract, not this file:
-- contracts/operations/gc_log_java8_v1.odcs.yaml
-- {bucket} stands for the lake's bucket, with the root's prefix if it has one.
-- Lint: a comment is one literal, however long; names are quoted, for Hive reserves many; types are as the
-- catalog spells them; and sqlfluff's Athena dialect knows no PARQUET.
-- noqa: disable=CP01,LT01,LT05,RF06
CREATE EXTERNAL TABLE IF NOT EXISTS `operations`.`gc_log_java8_v1` (
    `logged_at` timestamp COMMENT 'When the event began, UTC; null where the file\'s lines have no date (-XX:+PrintGCDateStamps).',
    `uptime_seconds` decimal(12,3) COMMENT 'Seconds from the program\'s start to the event\'s; null where the file\'s lines do not have them.',
    `event` string COMMENT 'The event\'s text, with all of its lines.',
    `rescued` string COMMENT 'Fields that the contract does not know, as the text of a JSON object; null where there were none.'
)
COMMENT 'One row per event of a log file, of one line or several, by the hour in which the file arrived.'
PARTITIONED BY (`dt` string)
STORED AS PARQUET -- noqa: PRS
LOCATION 's3://{bucket}/curated/operations/gc_log_java8_v1/'
TBLPROPERTIES (
    'classification' = 'parquet',
    'lake.contract_version' = '1.0.0'
);
