-- description: How many readings each hour has.
SELECT
    dt,
    count(*) AS readings
FROM sensors.readings_v1
GROUP BY dt
