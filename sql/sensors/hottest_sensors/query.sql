-- description: The sensors with the highest average temperature, without the readings that they call FAIL.
-- parameter: first_hour varchar = '2026-11-21-00'   The first arrival hour, UTC.
-- parameter: last_hour varchar = '2026-11-21-23'   The last arrival hour, UTC.
-- parameter: readings integer = 3   Sensors with fewer readings are left out.
-- parameter: sensors integer = 10   How many sensors to show.
SELECT
    sensor_id,
    count(current_temperature) AS readings,
    round(avg(current_temperature), 2) AS average_temperature,
    max(current_temperature) AS highest
FROM sensors.readings
WHERE
    dt BETWEEN ? AND ?
    AND status IS DISTINCT FROM 'FAIL'
GROUP BY sensor_id
HAVING count(current_temperature) >= ?
ORDER BY average_temperature DESC, sensor_id ASC
LIMIT ?
