-- description: The quarters of an hour in which an event happened too seldom, or never: what an alarm on too few page
--   views looks at. For up to 104 days.
-- parameter: event varchar = 'page view'   The event.
-- parameter: first_hour varchar = '2026-11-21-00'   The first arrival hour, UTC.
-- parameter: last_hour varchar = '2026-11-21-23'   The last arrival hour, UTC.
-- parameter: least integer = 10   Quarters with fewer events are shown.
WITH events AS (
    SELECT
        dt,
        date_add('minute', minute(utc_timestamp) / 15 * 15, date_trunc('hour', utc_timestamp)) AS quarter_at,
        event = ? AS is_counted
    FROM web.events
    WHERE dt BETWEEN ? AND ?
),

-- From the first hour in which anything arrived to the last: a quarter without any event is one with too few.
hours AS (
    SELECT
        date_parse(min(dt), '%Y-%m-%d-%H') AS first_at,
        date_parse(max(dt), '%Y-%m-%d-%H') AS last_at
    FROM events
),

quarters AS (
    SELECT date_add('minute', 15 * steps.step, hours.first_at) AS quarter_at
    FROM hours
    CROSS JOIN unnest(sequence(0, 4 * date_diff('hour', hours.first_at, hours.last_at) + 3)) AS steps (step)
),

counts AS (
    SELECT
        quarter_at,
        count_if(is_counted) AS events
    FROM events
    GROUP BY quarter_at
)

SELECT
    quarters.quarter_at,
    coalesce(counts.events, 0) AS events
FROM quarters
LEFT OUTER JOIN counts
    ON quarters.quarter_at = counts.quarter_at
WHERE coalesce(counts.events, 0) < ?
ORDER BY quarters.quarter_at
