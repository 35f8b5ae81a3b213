-- description: Each event with its visitors: how many, how often each, and as a share of all visitors.
-- parameter: first_hour varchar = '2026-11-21-00'   The first arrival hour, UTC.
-- parameter: last_hour varchar = '2026-11-21-23'   The last arrival hour, UTC.
WITH visits AS (
    SELECT
        event,
        visitor
    FROM web.events
    WHERE
        dt BETWEEN ? AND ?
        AND event IS NOT NULL
        AND visitor IS NOT NULL
),

everyone AS (
    SELECT count(DISTINCT visitor) AS visitors
    FROM visits
)

SELECT
    visits.event,
    count(*) AS events,
    count(DISTINCT visits.visitor) AS visitors,
    round(cast(count(*) AS double) / count(DISTINCT visits.visitor), 2) AS events_per_visitor,
    round(100e0 * count(DISTINCT visits.visitor) / max(everyone.visitors), 2) AS percent_of_visitors
FROM visits
CROSS JOIN everyone
GROUP BY visits.event
ORDER BY visitors DESC, visits.event ASC
