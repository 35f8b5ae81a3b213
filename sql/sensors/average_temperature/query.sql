-- description: Average temperature of one sensor in one hour, without the readings that it calls FAIL.
-- parameter: sensor_id varchar = 'sensor-1014'   The sensor.
-- parameter: hour varchar = '2026-11-21-00'   The arrival hour, UTC.
SELECT
    sensor_id,
    count(*) AS readings,
    count(current_temperature) AS measured,
    round(avg(current_temperature), 2) AS average_temperature,
    min(current_temperature) AS lowest,
    max(current_temperature) AS highest
FROM sensors.readings
WHERE
    sensor_id = ?
    AND dt = ?
    AND status IS DISTINCT FROM 'FAIL'
GROUP BY sensor_id
ORDER BY sensor_id
