-- description: Records of all tables that were rejected on arrival, without their bytes (payload, in the table's own
--   quarantine).
SELECT
    'api.access_logs_v1' AS of_table,
    reason,
    message,
    source_object,
    record,
    contract_version,
    dt
FROM api.access_logs_v1_quarantine
UNION ALL
SELECT
    'api.traces_v1' AS of_table,
    reason,
    message,
    source_object,
    record,
    contract_version,
    dt
FROM api.traces_v1_quarantine
UNION ALL
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
    'devices.messages_v1' AS of_table,
    reason,
    message,
    source_object,
    record,
    contract_version,
    dt
FROM devices.messages_v1_quarantine
UNION ALL
SELECT
    'dynamodb.changes_v1' AS of_table,
    reason,
    message,
    source_object,
    record,
    contract_version,
    dt
FROM dynamodb.changes_v1_quarantine
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
    'operations.gc_lines_v1' AS of_table,
    reason,
    message,
    source_object,
    record,
    contract_version,
    dt
FROM operations.gc_lines_v1_quarantine
UNION ALL
SELECT
    'operations.gc_log_java8_v1' AS of_table,
    reason,
    message,
    source_object,
    record,
    contract_version,
    dt
FROM operations.gc_log_java8_v1_quarantine
UNION ALL
SELECT
    'operations.gc_log_v1' AS of_table,
    reason,
    message,
    source_object,
    record,
    contract_version,
    dt
FROM operations.gc_log_v1_quarantine
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
