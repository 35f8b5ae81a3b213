-- description: What a NULL is meant to be is for its author to say.
SELECT
    dt,
    NULL AS third
FROM sensors.readings_v1
