-- description: The rows of the first table all stay, so ON prunes the second alone.
SELECT count(*) AS pairs
FROM sensors.readings_v1 AS one
LEFT JOIN sensors.bundles_v1 AS other
    ON one.dt = other.dt AND other.dt = '2026-11-21-00'
