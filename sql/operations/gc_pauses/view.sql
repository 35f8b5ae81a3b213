-- description: Every pause of a garbage collector, by what was collected and why, with the heap (MiB) and the time it
--   took (ms): from log events of CloudWatch Logs, and from log files of Java 9 and later, and of Java 8. Files name
--   neither owner, log group nor log stream, and some have no dates.
SELECT
    logged_at,
    regexp_extract(message, ' Pause (.+?)(?: \((?:[^()]|\(\))+\))? \d+M->', 1) AS pause_type,
    regexp_extract(message, ' \(((?:[^()]|\(\))+)\) \d+M->', 1) AS cause,
    cast(regexp_extract(message, ' (\d+)M->\d+M\(\d+M\) [\d.]+ms', 1) AS double) AS heap_before_mb,
    cast(regexp_extract(message, ' \d+M->(\d+)M\(\d+M\) [\d.]+ms', 1) AS double) AS heap_after_mb,
    cast(regexp_extract(message, ' \d+M->\d+M\((\d+)M\) [\d.]+ms', 1) AS double) AS heap_size_mb,
    cast(regexp_extract(message, ' \d+M->\d+M\(\d+M\) ([\d.]+)ms', 1) AS double) AS duration_ms,
    owner,
    log_group,
    log_stream,
    dt
FROM operations.gc_lines_v1
-- Other lines come through a subscription's filter, too: what a program logs may have [gc] in its text.
WHERE regexp_like(message, '^(?:\[[^\]]*\])+ ?GC\(\d+\) Pause .+ \d+M->\d+M\(\d+M\) \d+\.\d+ms\s*$')
UNION ALL
SELECT
    logged_at,
    pause_type,
    cause,
    cast(heap_before_mb AS double) AS heap_before_mb,
    cast(heap_after_mb AS double) AS heap_after_mb,
    cast(heap_size_mb AS double) AS heap_size_mb,
    cast(duration_ms AS double) AS duration_ms,
    cast(NULL AS varchar) AS owner, -- noqa: RF04
    cast(NULL AS varchar) AS log_group,
    cast(NULL AS varchar) AS log_stream,
    dt
FROM operations.gc_log_v1
WHERE pause_type IS NOT NULL
UNION ALL
SELECT
    logged_at,
    pause_type,
    cause,
    heap_before_mb,
    heap_after_mb,
    heap_size_mb,
    duration_ms,
    owner,
    log_group,
    log_stream,
    dt
FROM operations.gc_java8_pauses
