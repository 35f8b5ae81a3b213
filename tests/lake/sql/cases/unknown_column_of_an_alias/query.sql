-- description: A column that one table of a join has not.
SELECT r.device_id
FROM sensors.readings_v1 AS r
WHERE r.dt = '2026-11-21-00'
