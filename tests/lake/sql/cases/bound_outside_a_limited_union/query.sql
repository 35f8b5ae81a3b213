-- description: The LIMIT comes first, over every hour of both tables.
SELECT count(*) AS readings
FROM (
    SELECT dt FROM sensors.readings_v1
    UNION ALL
    SELECT dt FROM sensors.bundles_v1
    LIMIT 10
)
WHERE dt = '2026-11-21-00'
