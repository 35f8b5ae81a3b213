-- description: Parentheses around a join change nothing.
SELECT count(*) AS pairs
FROM (
    sensors.readings_v1 AS one
    INNER JOIN sensors.bundles_v1 AS other ON one.dt = other.dt
)
WHERE one.dt = '2026-11-21-00'
