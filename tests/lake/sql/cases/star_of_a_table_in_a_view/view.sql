-- description: All columns of one table of a join.
SELECT r.*
FROM sensors.readings_v1 AS r
