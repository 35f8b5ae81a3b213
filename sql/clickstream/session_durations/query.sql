-- description: How many sessions last how many seconds, without those of one event; the most frequent length first.
-- parameter: first_day varchar = '2026-11-21'   The first day, UTC, on which sessions began.
-- parameter: last_day varchar = '2026-11-21'   The last one.
SELECT
    duration_sec,
    count(*) AS sessions,
    sum(events) AS events
FROM clickstream.sessions
WHERE
    dt BETWEEN ? AND ?
    AND duration_sec > 0
GROUP BY duration_sec
ORDER BY sessions DESC, duration_sec ASC
