-- description: The paths of an API that are asked most, how many of their requests failed, and their latency (ms).
-- parameter: first_hour varchar = '2026-11-21-00'   The first arrival hour, UTC.
-- parameter: last_hour varchar = '2026-11-21-23'   The last arrival hour, UTC.
-- parameter: urls integer = 20   How many paths to show.
SELECT
    request_url,
    count(*) AS requests,
    count_if(status >= 400) AS refused_or_failed,
    round(100e0 * count_if(status >= 400) / count(*), 2) AS percent_refused_or_failed,
    round(avg(latency_ms), 2) AS average_ms,
    max(latency_ms) AS longest_ms
FROM api.traces
WHERE dt BETWEEN ? AND ?
GROUP BY request_url
ORDER BY requests DESC, request_url ASC
LIMIT ?
