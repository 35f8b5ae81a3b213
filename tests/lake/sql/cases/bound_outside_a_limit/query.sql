-- description: The LIMIT comes first, over every hour.
SELECT count(*) AS readings
FROM (SELECT dt FROM sensors.readings_v1 LIMIT 10)
WHERE dt = '2026-11-21-00'
