-- description: How often what happened, by periods of an hour, 15 minutes or a minute, late events included. Events
--   without a name or a time are counted under NULL.
-- parameter: minutes integer = 60   Length of a period; periods begin at midnight, UTC.
-- parameter: first_hour varchar = '2026-11-21-00'   The first arrival hour, UTC.
-- parameter: last_hour varchar = '2026-11-21-23'   The last arrival hour, UTC.
WITH events AS (
    SELECT
        event,
        visitor,
        date_trunc('day', utc_timestamp) AS midnight,
        hour(utc_timestamp) * 60 + minute(utc_timestamp) AS minute_of_day,
        ? AS minutes
    FROM web.events
    WHERE dt BETWEEN ? AND ?
)

SELECT
    event,
    date_add('minute', minute_of_day - minute_of_day % minutes, midnight) AS period,
    count(*) AS events,
    count(DISTINCT visitor) AS visitors
FROM events
GROUP BY event, date_add('minute', minute_of_day - minute_of_day % minutes, midnight)
ORDER BY period ASC NULLS LAST, event ASC NULLS LAST
