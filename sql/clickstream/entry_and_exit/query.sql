-- description: What sessions begin and end with: the most frequent pairs, and how long such sessions are.
-- parameter: first_day varchar = '2026-11-21'   The first day, UTC, on which sessions began.
-- parameter: last_day varchar = '2026-11-21'   The last one.
-- parameter: pairs integer = 20   How many pairs to show.
SELECT
    begin_navigation,
    end_navigation,
    count(*) AS sessions,
    avg(events) AS average_events,
    avg(duration_sec) AS average_seconds
FROM clickstream.sessions
WHERE dt BETWEEN ? AND ?
GROUP BY begin_navigation, end_navigation
ORDER BY sessions DESC, begin_navigation ASC, end_navigation ASC
LIMIT ?
