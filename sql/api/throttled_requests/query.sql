-- description: What share of the requests to an API was throttled (429), hour by hour and by route: by the gateway
--   itself, or by the service behind it. By the hour of arrival, as records need not have a time.
-- parameter: first_hour varchar = '2026-11-21-00'   The first arrival hour, UTC.
-- parameter: last_hour varchar = '2026-11-21-23'   The last arrival hour, UTC.
SELECT
    dt,
    route_key,
    count(*) AS requests,
    count_if(status = 429) AS throttled,
    count_if(status = 429 AND refused_by = 'integration') AS by_the_service,
    round(100e0 * count_if(status = 429) / count(*), 2) AS percent_throttled
FROM api.access_logs
WHERE dt BETWEEN ? AND ?
GROUP BY dt, route_key
ORDER BY dt, route_key
