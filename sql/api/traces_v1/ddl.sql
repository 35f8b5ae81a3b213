-- Written by `python -m lake.contract.render_ddl`; change its contract, not this file:
-- contracts/api/traces_v1.odcs.yaml
-- {bucket} stands for the lake's bucket, with the root's prefix if it has one.
-- Lint: a comment is one literal, however long; names are quoted, for Hive reserves many; types are as the
-- catalog spells them; and sqlfluff's Athena dialect knows no PARQUET.
-- noqa: disable=CP01,LT01,LT05,RF06
CREATE EXTERNAL TABLE IF NOT EXISTS `api`.`traces_v1` (
    `request_id` string COMMENT 'Names the request. A trace that is delivered again is recognised by it.',
    `requested_at` timestamp COMMENT 'When the request was made, UTC. Sent as milliseconds since 1970, as text.',
    `request_url` string COMMENT 'Path of the request, e.g. /users/7. It may name a person.',
    `status` int COMMENT 'HTTP status of the response.',
    `latency_ms` int COMMENT 'Milliseconds from the request to the response.',
    `items_count` bigint COMMENT 'How many items the response held.',
    `country` string COMMENT 'Country from which the request came, by its code of two letters.',
    `json_request_body` string COMMENT 'Body of the request as JSON text, of any shape. It may hold personal data in any field.',
    `rescued` string COMMENT 'Fields that the contract does not know, as the text of a JSON object; null where there were none.'
)
COMMENT 'One row per request that was traced, by the hour in which the trace arrived.'
PARTITIONED BY (`dt` string)
STORED AS PARQUET -- noqa: PRS
LOCATION 's3://{bucket}/curated/api/traces_v1/'
TBLPROPERTIES (
    'classification' = 'parquet',
    'lake.contract_version' = '1.0.0'
);
