-- description: The other side reads every hour.
SELECT count(*) AS readings
FROM sensors.readings_v1
WHERE
    dt = '2026-11-21-00'
    OR status = 'FAIL'
