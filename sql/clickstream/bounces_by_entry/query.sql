-- description: What sessions begin with, and the share of them that end with it, too, having one event alone.
-- parameter: first_day varchar = '2026-11-21'   The first day, UTC, on which sessions began.
-- parameter: last_day varchar = '2026-11-21'   The last one.
SELECT
    begin_navigation,
    count(*) AS sessions,
    count_if(events = 1) AS bounces,
    cast(count_if(events = 1) AS double) / count(*) AS bounce_rate
FROM clickstream.sessions
WHERE dt BETWEEN ? AND ?
GROUP BY begin_navigation
ORDER BY sessions DESC, begin_navigation ASC
