-- description: The latest hour, which is known only once the query runs.
SELECT count(*) AS readings
FROM sensors.readings_v1
WHERE dt = (SELECT max(dt) FROM sensors.readings_v1)
