-- description: A function around dt prunes nothing.
SELECT count(*) AS readings
FROM sensors.readings_v1
WHERE date_parse(dt, '%Y-%m-%d-%H') >= TIMESTAMP '2026-11-21 00:00:00'
