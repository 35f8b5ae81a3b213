-- description: Two hours.
SELECT count(*) AS readings
FROM sensors.readings_v1
WHERE
    dt = '2026-11-21-00'
    OR (dt = '2026-11-22-00' AND status = 'FAIL')
