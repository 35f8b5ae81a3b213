-- description: A filter on the side whose rows stay is one on the other side, by ON.
SELECT count(*) AS pairs
FROM sensors.readings_v1 AS one
LEFT JOIN sensors.bundles_v1 AS other
    ON one.dt = other.dt
WHERE one.dt = '2026-11-21-00'
