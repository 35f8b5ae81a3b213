-- description: Temperature (Celsius) of each device, hour by hour.
-- parameter: first_hour varchar = '2026-11-21-00'   The first arrival hour, UTC.
-- parameter: last_hour varchar = '2026-11-21-23'   The last arrival hour, UTC.
SELECT
    device_id,
    dt,
    count(celsius) AS readings,
    round(avg(celsius), 2) AS average_celsius,
    min(celsius) AS lowest_celsius,
    max(celsius) AS highest_celsius
FROM devices.temperature
WHERE dt BETWEEN ? AND ?
GROUP BY device_id, dt
ORDER BY device_id, dt
