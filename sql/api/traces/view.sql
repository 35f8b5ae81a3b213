-- description: Every request to an API that was traced, without its body and unknown fields, which may hold personal
--   data anywhere; api.traces_v1 has them, for those who may see them.
SELECT
    request_id,
    requested_at,
    request_url,
    status,
    latency_ms,
    items_count,
    country,
    dt
FROM api.traces_v1
