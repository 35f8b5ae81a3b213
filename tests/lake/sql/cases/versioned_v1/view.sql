-- description: Views stay, tables have versions.
SELECT dt
FROM sensors.readings_v1
