-- description: The window never looks beyond an hour, so the filter goes below it.
SELECT sensor_id
FROM (
    SELECT
        sensor_id,
        dt,
        row_number() OVER (PARTITION BY dt ORDER BY current_temperature) AS place
    FROM sensors.readings_v1
)
WHERE
    dt = '2026-11-21-00'
    AND place = 1
