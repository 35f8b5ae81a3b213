-- description: For how long programs stood still for their garbage collectors, hour by hour: pauses, their time in
--   all and the longest (ms), what share of the hour that is, and the most heap (MiB) in use before a pause.
-- parameter: first_hour varchar = '2026-11-21-00'   The first arrival hour, UTC.
-- parameter: last_hour varchar = '2026-11-21-23'   The last arrival hour, UTC.
SELECT
    dt,
    log_group,
    log_stream,
    count(*) AS pauses,
    round(sum(duration_ms), 3) AS total_ms,
    max(duration_ms) AS longest_ms,
    round(100e0 * sum(duration_ms) / 3600000e0, 2) AS percent_of_hour,
    max(heap_before_mb) AS most_heap_mb,
    max(heap_size_mb) AS heap_size_mb
FROM operations.gc_pauses
WHERE dt BETWEEN ? AND ?
GROUP BY dt, log_group, log_stream
ORDER BY dt, log_group, log_stream
