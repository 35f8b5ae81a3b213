-- description: Temperature of one sensor, hour by hour, over a day or any other range of hours.
-- parameter: sensor_id varchar = 'sensor-1014'   The sensor.
-- parameter: first_hour varchar = '2026-11-21-00'   The first arrival hour, UTC.
-- parameter: last_hour varchar = '2026-11-21-23'   The last arrival hour, UTC.
SELECT
    dt,
    count(*) AS readings,
    round(avg(current_temperature), 2) AS average_temperature,
    min(current_temperature) AS lowest,
    max(current_temperature) AS highest
FROM sensors.readings
WHERE
    sensor_id = ?
    AND dt BETWEEN ? AND ?
    AND status IS DISTINCT FROM 'FAIL'
GROUP BY dt
ORDER BY dt
