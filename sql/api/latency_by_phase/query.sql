-- description: Latency (ms) of each phase of the requests to an API: how many passed it, the average, the median, the
--   95th percentile and the longest. The last phase is the whole: from the request to the response.
-- parameter: first_hour varchar = '2026-11-21-00'   The first arrival hour, UTC.
-- parameter: last_hour varchar = '2026-11-21-23'   The last arrival hour, UTC.
WITH latencies AS (
    SELECT
        phases.place,
        phases.phase,
        phases.latency_ms,
        row_number() OVER (PARTITION BY phases.place ORDER BY phases.latency_ms) AS faster_or_equal,
        count(*) OVER (PARTITION BY phases.place) AS requests
    FROM api.access_logs
    CROSS JOIN
        unnest(
            ARRAY[1, 2, 3, 4, 5],
            ARRAY['waf', 'authenticate', 'authorize', 'integration', 'response'],
            ARRAY[
                access_logs.waf_latency_ms,
                access_logs.authenticate_latency_ms,
                access_logs.authorize_latency_ms,
                access_logs.integration_latency_ms,
                access_logs.response_latency_ms
            ]
        ) AS phases (place, phase, latency_ms)
    WHERE
        access_logs.dt BETWEEN ? AND ?
        AND phases.latency_ms IS NOT NULL
)

SELECT
    phase,
    count(*) AS requests,
    round(avg(latency_ms), 2) AS average_ms,
    min(CASE WHEN faster_or_equal * 2 >= requests THEN latency_ms END) AS median_ms,
    min(CASE WHEN faster_or_equal * 100 >= requests * 95 THEN latency_ms END) AS percentile_95_ms,
    max(latency_ms) AS longest_ms
FROM latencies
GROUP BY place, phase
ORDER BY place
