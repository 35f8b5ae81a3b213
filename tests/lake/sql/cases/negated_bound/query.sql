-- description: All hours but one.
SELECT count(*) AS readings
FROM sensors.readings_v1
WHERE NOT dt = '2026-11-21-00'
