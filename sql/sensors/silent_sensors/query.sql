-- description: Sensors that sent readings in a range of hours, and then no more: their last hour is before a given one.
-- parameter: first_hour varchar = '2026-11-21-00'   The first arrival hour to look at, UTC.
-- parameter: last_hour varchar = '2026-11-21-23'   The last arrival hour to look at, UTC.
-- parameter: silent_since varchar = '2026-11-21-01'   Sensors whose last reading arrived before this hour are shown.
SELECT
    sensor_id,
    max(dt) AS last_hour,
    count(*) AS readings
FROM sensors.readings
WHERE dt BETWEEN ? AND ?
GROUP BY sensor_id
HAVING max(dt) < ?
ORDER BY last_hour, sensor_id
