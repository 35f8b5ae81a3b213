-- description: Who would give it?
-- parameter: hour varchar = '2026-11-21-00'   The hour.
SELECT sensor_id
FROM sensors.readings_v1
WHERE dt = ?
