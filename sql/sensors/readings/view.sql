-- description: Every reading exactly once, at any moment. Hours that are bucketed by sensor are read from there, all
--   others from the flat table; which hours these are is written in the view's own text, and replaced in one step.
SELECT
    sensor_id,
    current_temperature,
    status,
    rescued,
    dt
FROM sensors.readings_by_sensor_v1
WHERE {is_bucketed}
UNION ALL
SELECT
    sensor_id,
    current_temperature,
    status,
    rescued,
    dt
FROM sensors.readings_v1
WHERE NOT {is_bucketed}
