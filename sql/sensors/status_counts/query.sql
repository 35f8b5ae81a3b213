-- description: How many readings say OK, WARN and FAIL, hour by hour, and of how many sensors.
-- parameter: first_hour varchar = '2026-11-21-00'   The first arrival hour, UTC.
-- parameter: last_hour varchar = '2026-11-21-23'   The last arrival hour, UTC.
SELECT
    dt,
    status,
    count(*) AS readings,
    count(DISTINCT sensor_id) AS sensors
FROM sensors.readings
WHERE dt BETWEEN ? AND ?
GROUP BY dt, status
ORDER BY dt, status
