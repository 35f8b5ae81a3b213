-- description: Why records were rejected, of every table: how many, since when, and an object to look at.
-- parameter: first_hour varchar = '2026-11-21-00'   The first arrival hour, UTC.
-- parameter: last_hour varchar = '2026-11-21-23'   The last arrival hour, UTC.
SELECT
    of_table,
    reason,
    count(*) AS records,
    count(DISTINCT source_object) AS source_objects,
    min(dt) AS first_hour,
    max(dt) AS last_hour,
    min(source_object) AS an_object
FROM operations.rejected
WHERE dt BETWEEN ? AND ?
GROUP BY of_table, reason
ORDER BY records DESC, of_table ASC, reason ASC
