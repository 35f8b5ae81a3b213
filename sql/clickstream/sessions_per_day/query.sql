-- description: Sessions by day: how many, of how many users and devices, how long, and the share with one event.
-- parameter: first_day varchar = '2026-11-21'   The first day, UTC, on which sessions began.
-- parameter: last_day varchar = '2026-11-21'   The last one.
SELECT
    dt,
    count(*) AS sessions,
    count(DISTINCT user_id) AS signed_in_users,
    count(DISTINCT device_id) AS devices,
    avg(events) AS average_events,
    avg(duration_sec) AS average_seconds,
    cast(count_if(events = 1) AS double) / count(*) AS bounce_rate
FROM clickstream.sessions
WHERE dt BETWEEN ? AND ?
GROUP BY dt
ORDER BY dt
