-- Written by `python -m lake.contract.render_ddl`; change its contract, not this file:
-- contracts/market/tickers_v1.odcs.yaml
-- {bucket} stands for the lake's bucket, with the root's prefix if it has one.
-- Lint: a comment is one literal, however long; names are quoted, for Hive reserves many; types are as the
-- catalog spells them; and sqlfluff's Athena dialect knows no PARQUET.
-- noqa: disable=CP01,LT01,LT05,RF06
CREATE EXTERNAL TABLE IF NOT EXISTS `market`.`tickers_v1` (
    `tick_id` string COMMENT 'Names the tick. Where the feed sends none, it is derived from the record\'s bytes, so that a redelivered record is recognised.',
    `ticker_symbol` string COMMENT 'The share, by its symbol at the exchange.',
    `sector` string COMMENT 'The sector of the company, e.g. ENERGY, HEALTHCARE, TECHNOLOGY.',
    `price` decimal(18,4) COMMENT 'Price of one share.',
    `change` decimal(18,4) COMMENT 'By how much the price has changed, in the price\'s currency; negative where it fell.',
    `event_time` timestamp COMMENT 'When the tick was made, in UTC.',
    `rescued` string COMMENT 'Fields that the contract does not know, as the text of a JSON object; null where there were none.'
)
COMMENT 'One row per tick, by the hour in which it arrived.'
PARTITIONED BY (`dt` string)
STORED AS PARQUET -- noqa: PRS
LOCATION 's3://{bucket}/curated/market/tickers_v1/'
TBLPROPERTIES (
    'classification' = 'parquet',
    'lake.contract_version' = '1.0.0'
);
