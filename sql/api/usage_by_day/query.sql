-- description: Use of an API by the day of its requests, UTC: requests, countries, refusals (4xx), failures (5xx),
--   and items in responses. Of a day at the range's ends, only what arrived within the range counts.
-- parameter: first_hour varchar = '2026-11-21-00'   The first arrival hour, UTC.
-- parameter: last_hour varchar = '2026-11-21-23'   The last arrival hour, UTC.
SELECT
    date(requested_at) AS request_date,
    count(*) AS requests,
    count(DISTINCT country) AS countries,
    count_if(status BETWEEN 400 AND 499) AS refused,
    count_if(status >= 500) AS failed,
    sum(items_count) AS items_count
FROM api.traces
WHERE dt BETWEEN ? AND ?
GROUP BY date(requested_at)
ORDER BY request_date
