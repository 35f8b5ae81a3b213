-- description: All hours of a day.
SELECT count(*) AS readings
FROM sensors.readings_v1
WHERE dt LIKE '2026-11-21-%'
