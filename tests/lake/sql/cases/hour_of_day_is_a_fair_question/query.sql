-- description: Trips that began in the morning, of any day.
SELECT count(*) AS trips
FROM taxi.trips
WHERE
    dt >= '2026-11-21-00'
    AND hour(pickup_datetime) BETWEEN 6 AND 9
