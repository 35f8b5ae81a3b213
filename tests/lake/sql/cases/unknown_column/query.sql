-- description: Two columns that there are not.
SELECT
    sensor,
    count(*) AS readings
FROM sensors.readings_v1
WHERE
    dt = '2026-11-21-00'
    AND state = 'OK'
GROUP BY 1
