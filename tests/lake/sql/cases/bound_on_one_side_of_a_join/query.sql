-- description: Joined on dt, a filter on one side is one on both.
SELECT count(*) AS pairs
FROM sensors.readings_v1 AS one
INNER JOIN sensors.bundles_v1 AS other
    ON one.dt = other.dt
WHERE one.dt = '2026-11-21-00'
