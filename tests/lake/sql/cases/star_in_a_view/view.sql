-- description: All columns, whatever they are.
SELECT *
FROM sensors.readings_v1
WHERE dt >= '2026-11-21-00'
