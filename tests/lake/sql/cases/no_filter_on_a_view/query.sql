-- description: The view does not bound dt, so this has to.
SELECT count(*) AS readings
FROM sensors.readings
WHERE sensor_id = 'sensor-1000'
