-- description: A filter within a subquery is one on what is joined to it by dt, too.
SELECT count(*) AS pairs
FROM (SELECT dt FROM sensors.readings_v1 WHERE dt = '2026-11-21-00') AS one
INNER JOIN sensors.bundles_v1 AS other
    ON one.dt = other.dt
