-- description: No reader of this view can ask for few hours of it.
SELECT
    sensor_id,
    count(*) AS readings
FROM sensors.readings_v1
GROUP BY sensor_id
