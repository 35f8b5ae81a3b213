-- description: A day, as a piece of dt.
SELECT count(*) AS trips
FROM taxi.trips
WHERE
    dt >= '2026-11-21-00'
    AND substr(dt, 9, 2) IN ('21', '22')
