-- description: What HAVING says of a column that is grouped by is said before the rows are.
SELECT
    dt,
    count(*) AS readings
FROM sensors.readings_v1
GROUP BY dt
HAVING dt = '2026-11-21-00'
