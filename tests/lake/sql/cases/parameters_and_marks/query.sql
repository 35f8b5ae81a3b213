-- description: Two marks, one parameter; a mark in a text is none.
-- parameter: hour varchar = '2026-11-21-00'   The hour.
SELECT '?' AS mark
FROM sensors.readings
WHERE
    dt = ?
    AND status = ?
