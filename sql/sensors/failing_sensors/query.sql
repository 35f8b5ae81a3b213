-- description: The sensors with the most FAIL readings, and what share of their readings these are.
-- parameter: first_hour varchar = '2026-11-21-00'   The first arrival hour, UTC.
-- parameter: last_hour varchar = '2026-11-21-23'   The last arrival hour, UTC.
-- parameter: sensors integer = 10   How many sensors to show.
SELECT
    sensor_id,
    count_if(status = 'FAIL') AS failures,
    count(*) AS readings,
    round(100e0 * count_if(status = 'FAIL') / count(*), 2) AS percent_failed
FROM sensors.readings
WHERE dt BETWEEN ? AND ?
GROUP BY sensor_id
HAVING count_if(status = 'FAIL') > 0
ORDER BY failures DESC, readings ASC, sensor_id ASC
LIMIT ?
