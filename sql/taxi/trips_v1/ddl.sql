-- Written by `python -m lake.contract.render_ddl`; change its contract, not this file:
-- contracts/taxi/trips_v1.odcs.yaml
-- {bucket} stands for the lake's bucket, with the root's prefix if it has one.
-- Lint: a comment is one literal, however long; names are quoted, for Hive reserves many; types are as the
-- catalog spells them; and sqlfluff's Athena dialect knows no PARQUET.
-- noqa: disable=CP01,LT01,LT05,RF06
CREATE EXTERNAL TABLE IF NOT EXISTS `taxi`.`trips_v1` (
    `vendor_id` int COMMENT 'The provider of the trip record (1 Creative Mobile Technologies, 2 VeriFone; others occur).',
    `pickup_datetime` timestamp COMMENT 'When the meter was engaged. The export names no zone; it is read as UTC.',
    `dropoff_datetime` timestamp COMMENT 'When the meter was disengaged. The export names no zone; it is read as UTC.',
    `passenger_count` int COMMENT 'Passengers in the vehicle, as the driver entered it; 0 occurs.',
    `trip_distance` decimal(10,2) COMMENT 'Miles that the taximeter measured.',
    `rate_code_id` int COMMENT 'Rate in effect at the end of the trip. 1 standard, 2 JFK, 3 Newark, 4 Nassau or Westchester, 5 negotiated, 6 group ride, 99 unknown.',
    `store_and_fwd_flag` string COMMENT 'Y where the vehicle held the record for lack of a connection and sent it later, N where not.',
    `pickup_location_id` int COMMENT 'Taxi zone where the trip began.',
    `dropoff_location_id` int COMMENT 'Taxi zone where the trip ended.',
    `payment_type` int COMMENT '1 credit card, 2 cash, 3 no charge, 4 dispute, 5 unknown, 6 voided.',
    `fare_amount` decimal(10,2) COMMENT 'Fare by time and distance, in US dollars; negative where a trip was refunded.',
    `extra` decimal(10,2) COMMENT 'Extras and surcharges, such as rush hour and overnight, in US dollars.',
    `mta_tax` decimal(10,2) COMMENT 'The MTA\'s tax, in US dollars.',
    `tip_amount` decimal(10,2) COMMENT 'Tip paid by credit card, in US dollars; cash tips are not recorded.',
    `tolls_amount` decimal(10,2) COMMENT 'Sum of all tolls of the trip, in US dollars.',
    `improvement_surcharge` decimal(10,2) COMMENT 'Improvement surcharge at the start of the trip, in US dollars.',
    `total_amount` decimal(10,2) COMMENT 'What the passenger was charged, without cash tips, in US dollars.',
    `congestion_surcharge` decimal(10,2) COMMENT 'Congestion surcharge, in US dollars; null for the trips before it was introduced.',
    `rescued` string COMMENT 'Fields that the contract does not know, as the text of a JSON object; null where there were none.'
)
COMMENT 'One row per taxi trip, by the hour in which its export arrived.'
PARTITIONED BY (`dt` string)
STORED AS PARQUET -- noqa: PRS
LOCATION 's3://{bucket}/curated/taxi/trips_v1/'
TBLPROPERTIES (
    'classification' = 'parquet',
    'lake.contract_version' = '1.0.0'
);
