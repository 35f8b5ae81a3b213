-- description: The pauses of Java 8, whichever collector wrote them: among the events of its log files, and among the
--   log events of CloudWatch Logs, where the agent joins the lines of one. Heap in MiB, time in ms; a remark says
--   nothing of the heap. The view operations.gc_pauses has these and all others.
SELECT
    logged_at,
    cause,
    owner,
    log_group,
    log_stream,
    dt,
    CASE
        WHEN event LIKE '[Full GC %' THEN 'Full'
        WHEN event LIKE '[GC cleanup %' THEN 'Cleanup'
        WHEN event LIKE '[GC remark %' OR cause = 'CMS Final Remark' THEN 'Remark'
        WHEN cause = 'CMS Initial Mark' THEN 'Initial Mark'
        WHEN event LIKE '[GC pause (%) (mixed)%' THEN 'Mixed'
        ELSE 'Young'
    END AS pause_type,
    -- Sizes end with their unit: B is 1024 to the power of -2 MiB, M that of 0.
    cast(substr(heap_before, 1, length(heap_before) - 1) AS double)
    * power(1024e0, strpos('BKMG', substr(heap_before, -1)) - 3) AS heap_before_mb,
    cast(substr(heap_after, 1, length(heap_after) - 1) AS double)
    * power(1024e0, strpos('BKMG', substr(heap_after, -1)) - 3) AS heap_after_mb,
    cast(substr(heap_size, 1, length(heap_size) - 1) AS double)
    * power(1024e0, strpos('BKMG', substr(heap_size, -1)) - 3) AS heap_size_mb,
    cast(seconds AS double) * 1000e0 AS duration_ms
FROM (
    -- G1 writes [GC pause (cause) (young), 0.0096 secs] ... Heap: 51.0M(1024.0M)->7888.0K(1024.0M)] over many lines,
    -- the others [GC (cause) ... 262144K->29278K(1005056K), 0.0285 secs], with the same of each generation before it.
    SELECT
        logged_at,
        event,
        owner,
        log_group,
        log_stream,
        dt,
        regexp_extract(event, '^\[(?:Full GC|GC pause|GC) \(((?:[^()]|\(\))+)\)', 1) AS cause,
        coalesce(
            regexp_extract(event, 'Heap: ([\d.]+[BKMG])\(', 1),
            regexp_extract(event, '(?s)^.* (\d+[KMG])->\d+[KMG]\(\d+[KMG]\)(?:, \[Meta[^\]]*\])?, [\d.]+ secs\]', 1)
        ) AS heap_before,
        coalesce(
            regexp_extract(event, 'Heap: [^>]+->([\d.]+[BKMG])\(', 1),
            regexp_extract(event, '(?s)^.* \d+[KMG]->(\d+[KMG])\(\d+[KMG]\)(?:, \[Meta[^\]]*\])?, [\d.]+ secs\]', 1)
        ) AS heap_after,
        coalesce(
            regexp_extract(event, 'Heap: [^>]+->[^(]+\(([\d.]+[BKMG])\)', 1),
            regexp_extract(event, '(?s)^.* \d+[KMG]->\d+[KMG]\((\d+[KMG])\)(?:, \[Meta[^\]]*\])?, [\d.]+ secs\]', 1)
        ) AS heap_size,
        coalesce(
            regexp_extract(event, '^\[GC pause [^\n]*, ([\d.]+) secs\]', 1),
            regexp_extract(event, '(?s)^.*, ([\d.]+) secs\]', 1)
        ) AS seconds
    FROM (
        SELECT
            logged_at,
            event,
            cast(NULL AS varchar) AS owner, -- noqa: RF04
            cast(NULL AS varchar) AS log_group,
            cast(NULL AS varchar) AS log_stream,
            dt
        FROM operations.gc_log_java8_v1
        UNION ALL
        SELECT
            logged_at,
            regexp_extract(message, '(?s)^(?:\d{4}-\d\d-\d\dT\S+: )?(?:\d+\.\d{3}: )?(\[(?:Full )?GC .*)', 1) AS event,
            owner,
            log_group,
            log_stream,
            dt
        FROM operations.gc_lines_v1
    ) AS events
    WHERE regexp_like(event, '^\[(?:Full GC|GC(?: pause| cleanup| remark)?) [(\d]')
) AS pauses
WHERE seconds IS NOT NULL
