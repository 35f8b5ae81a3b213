-- description: The planner takes the filter into the WITH, which hands dt on as it is.
WITH failures AS (
    SELECT
        sensor_id,
        dt
    FROM sensors.readings_v1
    WHERE status = 'FAIL'
)

SELECT count(*) AS failures
FROM failures
WHERE dt = '2026-11-21-00'
