-- description: Neither is made from the other.
SELECT dt
FROM sensors.readings_by_sensor_v1
WHERE {is_bucketed}
UNION ALL
SELECT dt
FROM sensors.bundles_v1
WHERE NOT {is_bucketed}
