-- description: The least heap (MiB) after full collections, hour by hour. What is left then is in use, so where it
--   rises from hour to hour, a program keeps what it no longer needs: a leak. Log files name no log stream; land those
--   of each program in hours of their own.
-- parameter: first_hour varchar = '2026-11-21-00'   The first arrival hour, UTC.
-- parameter: last_hour varchar = '2026-11-21-23'   The last arrival hour, UTC.
WITH full_collections AS (
    SELECT
        log_group,
        log_stream,
        dt,
        count(*) AS collections,
        min(heap_after_mb) AS least_heap_mb,
        max(heap_size_mb) AS heap_size_mb
    FROM operations.gc_pauses
    WHERE
        dt BETWEEN ? AND ?
        AND pause_type LIKE 'Full%'
    GROUP BY log_group, log_stream, dt
)

SELECT
    log_group,
    log_stream,
    dt,
    collections,
    least_heap_mb,
    heap_size_mb,
    least_heap_mb - lag(least_heap_mb) OVER (PARTITION BY log_group, log_stream ORDER BY dt) AS rise_mb
FROM full_collections
ORDER BY log_group, log_stream, dt
