-- Written by `python -m lake.contract.render_ddl`; change its contract, not this file:
-- contracts/operations/gc_log_v1.odcs.yaml
-- {bucket} stands for the lake's bucket, with the root's prefix if it has one.
-- Lint: a comment is one literal, however long; names are quoted, for Hive reserves many; types are as the
-- catalog spells them; and sqlfluff's Athena dialect knows no PARQUET.
-- noqa: disable=CP01,LT01,LT05,RF06
CREATE EXTERNAL TABLE IF NOT EXISTS `operations`.`gc_log_v1` (
    `logged_at` timestamp COMMENT 'When it was logged, UTC; null where the file\'s lines have no date.',
    `uptime_seconds` decimal(12,3) COMMENT 'Seconds since the program\'s start; null where the file\'s lines do not have them.',
    `level` string COMMENT 'error, warning, info, debug or trace; null where the file\'s lines do not say it.',
    `tags` string COMMENT 'What the line is about, e.g. gc or gc,heap.',
    `collection` bigint COMMENT 'The number of the collection since the program\'s start, from 0; null in a line of none.',
    `pause_type` string COMMENT 'What was collected in the pause, e.g. Young, Full or Remark; null in a line that is not a pause\'s last.',
    `cause` string COMMENT 'Why the pause was made, e.g. Allocation Failure; null where the collector names none.',
    `heap_before_mb` bigint COMMENT 'Heap in use before the pause, in MiB.',
    `heap_after_mb` bigint COMMENT 'Heap in use after the pause, in MiB.',
    `heap_size_mb` bigint COMMENT 'Size of the heap after the pause, in MiB.',
    `duration_ms` decimal(12,3) COMMENT 'How long the program stood still, in milliseconds.',
    `message` string COMMENT 'What the line says, where it is not a pause\'s last.',
    `rescued` string COMMENT 'Fields that the contract does not know, as the text of a JSON object; null where there were none.'
)
COMMENT 'One row per line of a log file, by the hour in which the file arrived.'
PARTITIONED BY (`dt` string)
STORED AS PARQUET -- noqa: PRS
LOCATION 's3://{bucket}/curated/operations/gc_log_v1/'
TBLPROPERTIES (
    'classification' = 'parquet',
    'lake.contract_version' = '1.0.0'
);
