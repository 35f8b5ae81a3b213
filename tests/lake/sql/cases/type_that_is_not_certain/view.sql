-- description: What a division gives is for its author to say.
SELECT
    dt,
    current_temperature / 3 AS third
FROM sensors.readings_v1
