-- description: Reads every hour that there is.
SELECT count(*) AS readings
FROM sensors.readings_v1
