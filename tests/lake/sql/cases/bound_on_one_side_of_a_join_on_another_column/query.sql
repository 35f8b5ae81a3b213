-- description: Of the other table, every hour is read.
SELECT count(*) AS pairs
FROM sensors.readings_v1 AS one
INNER JOIN sensors.bundles_v1 AS other
    ON one.sensor_id = other.device_id
WHERE one.dt = '2026-11-21-00'
