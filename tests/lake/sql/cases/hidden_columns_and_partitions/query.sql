-- description: What Athena knows of each row and of each table.
SELECT
    "$path" AS path,
    count(*) AS readings
FROM sensors.readings_v1
WHERE
    dt = '2026-11-21-00'
    AND EXISTS (SELECT dt FROM sensors."readings_v1$partitions")
GROUP BY "$path"
