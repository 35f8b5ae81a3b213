-- description: The second branch reads every hour.
SELECT sensor_id
FROM sensors.readings_v1
WHERE dt = '2026-11-21-00'
UNION ALL
SELECT device_id
FROM sensors.bundles_v1
