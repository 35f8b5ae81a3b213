-- description: How many sessions are how long, by whole minutes; those with one event last no time.
-- parameter: first_day varchar = '2026-11-21'   The first day, UTC, on which sessions began.
-- parameter: last_day varchar = '2026-11-21'   The last one.
SELECT
    duration_sec / 60 AS minutes,
    count(*) AS sessions,
    count_if(events = 1) AS bounces,
    sum(events) AS events
FROM clickstream.sessions
WHERE dt BETWEEN ? AND ?
GROUP BY duration_sec / 60
ORDER BY minutes
