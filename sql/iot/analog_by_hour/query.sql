-- description: Readings of the analog input by the hour of their arrival: how many, their average, and their extremes.
-- parameter: first_hour varchar = '2026-11-21-00'   The first arrival hour, UTC.
-- parameter: last_hour varchar = '2026-11-21-23'   The last arrival hour, UTC.
SELECT
    dt,
    count(*) AS readings,
    round(avg(sensor_a0), 2) AS average,
    min(sensor_a0) AS lowest,
    max(sensor_a0) AS highest
FROM iot.analog
WHERE dt BETWEEN ? AND ?
GROUP BY dt
ORDER BY dt
