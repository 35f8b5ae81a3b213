-- description: Only a pattern that begins with text is a range.
SELECT count(*) AS readings
FROM sensors.readings_v1
WHERE dt LIKE '%-09'
