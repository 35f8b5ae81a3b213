-- description: Athena converts neither.
SELECT count(*) AS trips
FROM taxi.trips
WHERE
    dt >= 2026
    AND pickup_datetime >= '2026-11-21 00:00:00'
    AND payment_type IN (1, '2')
