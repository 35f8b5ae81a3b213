-- description: The window looks at every hour before the filter does.
SELECT sensor_id
FROM (
    SELECT
        sensor_id,
        dt,
        row_number() OVER (PARTITION BY sensor_id ORDER BY dt) AS place
    FROM sensors.readings_v1
)
WHERE
    dt = '2026-11-21-00'
    AND place = 1
