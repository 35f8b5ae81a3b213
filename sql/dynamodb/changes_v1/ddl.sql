-- Written by `python -m lake.contract.render_ddl`; change its contract, not this file:
-- contracts/dynamodb/changes_v1.odcs.yaml
-- {bucket} stands for the lake's bucket, with the root's prefix if it has one.
-- Lint: a comment is one literal, however long; names are quoted, for Hive reserves many; types are as the
-- catalog spells them; and sqlfluff's Athena dialect knows no PARQUET.
-- noqa: disable=CP01,LT01,LT05,RF06
CREATE EXTERNAL TABLE IF NOT EXISTS `dynamodb`.`changes_v1` (
    `event_id` string COMMENT 'Names the change. A change that is delivered again is recognised by it.',
    `table_name` string COMMENT 'The DynamoDB table, e.g. orders.',
    `change` string COMMENT 'INSERT, MODIFY or REMOVE.',
    `sequence_number` string COMMENT 'Orders the changes of an item; a number of 21 to 40 digits.',
    `changed_at` timestamp COMMENT 'When the item changed, approximately, UTC.',
    `expired` boolean COMMENT 'Whether DynamoDB removed the item because its time to live was over.',
    `item_key` string COMMENT 'The item\'s key as JSON text, its attributes sorted by name, e.g. {"order_id":"o-1"}.',
    `new_image` string COMMENT 'The item after the change as JSON text; NULL where it was removed. Numbers have all their digits, sets are sorted arrays, binary is base64.',
    `old_image` string COMMENT 'The item before the change, in the same form; NULL where there was none.',
    `rescued` string COMMENT 'Fields that the contract does not know, as the text of a JSON object; null where there were none.'
)
COMMENT 'One row per change of an item, by the hour in which the change arrived.'
PARTITIONED BY (`dt` string)
STORED AS PARQUET -- noqa: PRS
LOCATION 's3://{bucket}/curated/dynamodb/changes_v1/'
TBLPROPERTIES (
    'classification' = 'parquet',
    'lake.contract_version' = '1.0.0'
);
