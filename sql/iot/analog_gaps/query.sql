-- description: Where readings of one device are missing: pauses that are longer than its usual one, by the device's own
--   count of time, within an hour of arrival.
-- parameter: first_hour varchar = '2026-11-21-00'   The first arrival hour, UTC.
-- parameter: last_hour varchar = '2026-11-21-23'   The last arrival hour, UTC.
-- parameter: longest_ms bigint = 7500   The longest pause that is none: one and a half of the device's usual 5 s.
WITH readings AS (
    SELECT
        dt,
        uptime_ms,
        lag(uptime_ms) OVER (PARTITION BY dt ORDER BY uptime_ms) AS previous_ms
    FROM iot.analog
    WHERE dt BETWEEN ? AND ?
)

SELECT
    dt,
    previous_ms AS since_ms,
    uptime_ms AS until_ms,
    uptime_ms - previous_ms AS pause_ms
FROM readings
WHERE uptime_ms - previous_ms > ?
ORDER BY dt, since_ms
