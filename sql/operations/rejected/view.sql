-- description: Records of all tables that were rejected on arrival, without their bytes (payload, in the table's own
--   quarantine).
SELECT
    'clickstream.events_v1' AS of_table,
    reason,
    message,
    source_object,
    record,
    contract_version,
    dt
FROM clickstream.events_v1_quarantine
UNION ALL
SELECT
    'clickstream.sessions_v1' AS of_table,
    reason,
    message,
    source_object,
    record,
    contract_version,
    dt
FROM clickstream.sessions_v1_quarantine
UNION ALL
SELECT
    'iot.analog_v1' AS of_table,
    reason,
    message,
    source_object,
    record,
    contract_version,
    dt
FROM iot.analog_v1_quarantine
UNION ALL
SELECT
    'market.tickers_v1' AS of_table,
    reason,
    message,
    source_object,
    record,
    contract_version,
    dt
FROM market.tickers_v1_quarantine
UNION ALL
SELECT
    'sensors.bundles_v1' AS of_table,
    reason,
    message,
    source_object,
    record,
    contract_version,
    dt
FROM sensors.bundles_v1_quarantine
UNION ALL
SELECT
    'sensors.readings_v1' AS of_table,
    reason,
    message,
    source_object,
    record,
    contract_version,
    dt
FROM sensors.readings_v1_quarantine
UNION ALL
SELECT
    'taxi.trips_v1' AS of_table,
    reason,
    message,
    source_object,
    record,
    contract_version,
    dt
FROM taxi.trips_v1_quarantine
UNION ALL
SELECT
    'web.events_v1' AS of_table,
    reason,
    message,
    source_object,
    record,
    contract_version,
    dt
FROM web.events_v1_quarantine
