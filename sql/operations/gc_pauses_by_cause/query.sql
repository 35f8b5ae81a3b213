-- description: How many pauses garbage collectors made, by what was collected and why, how long programs stood still
--   for them (ms), and how much heap (MiB) they freed in all.
-- parameter: first_hour varchar = '2026-11-21-00'   The first arrival hour, UTC.
-- parameter: last_hour varchar = '2026-11-21-23'   The last arrival hour, UTC.
SELECT
    log_group,
    pause_type,
    cause,
    count(*) AS pauses,
    round(sum(duration_ms), 3) AS total_ms,
    round(avg(duration_ms), 3) AS average_ms,
    max(duration_ms) AS longest_ms,
    round(sum(heap_before_mb - heap_after_mb), 1) AS freed_mb
FROM operations.gc_pauses
WHERE dt BETWEEN ? AND ?
GROUP BY log_group, pause_type, cause
ORDER BY total_ms DESC, log_group ASC, pause_type ASC, cause ASC
