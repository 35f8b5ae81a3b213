-- description: By how many hours events arrived after they happened, by the device's clock; below 0 it runs ahead.
-- parameter: first_hour varchar = '2026-11-21-00'   The first arrival hour, UTC.
-- parameter: last_hour varchar = '2026-11-21-23'   The last arrival hour, UTC.
SELECT
    date_diff('hour', date_trunc('hour', client_timestamp), date_parse(dt, '%Y-%m-%d-%H')) AS hours_late,
    count(*) AS events,
    count(DISTINCT device_id) AS devices,
    min(client_timestamp) AS first_at,
    max(client_timestamp) AS last_at
FROM clickstream.events
WHERE dt BETWEEN ? AND ?
GROUP BY date_diff('hour', date_trunc('hour', client_timestamp), date_parse(dt, '%Y-%m-%d-%H'))
ORDER BY hours_late
