-- description: A table that no contract describes, and one without its database.
SELECT count(*) AS readings
FROM sensors.reading
INNER JOIN bundles_v1
    ON dt = '2026-11-21-00'
