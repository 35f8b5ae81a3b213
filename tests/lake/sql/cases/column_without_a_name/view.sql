-- description: A view's columns have names, each its own.
SELECT
    dt,
    count(*),
    max(dt) AS dt
FROM sensors.readings_v1
GROUP BY dt
