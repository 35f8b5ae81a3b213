-- description: USING makes one column of two, and a filter on it is one on both.
SELECT count(*) AS pairs
FROM sensors.readings_v1
INNER JOIN sensors.bundles_v1 USING (dt)
WHERE dt BETWEEN '2026-11-21-00' AND '2026-11-21-23'
