-- descripton: Misspelt.
-- parameter: hour varchar   Has no example.
-- parameter: other text = 'x'   Of an unknown type.
-- parameter: count integer = many   No number.
-- parameter: name varchar = x   Without quotes.
-- parameter: last bigint = 3
SELECT sensor_id
FROM sensors.readings
WHERE dt = ?
