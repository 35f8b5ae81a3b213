-- description: Hours that are not bucketed are nowhere.
SELECT dt
FROM sensors.readings_by_sensor_v1
WHERE {is_bucketed}
