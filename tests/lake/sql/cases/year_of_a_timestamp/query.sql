-- description: Loses the ends of ranges, sooner or later.
SELECT count(*) AS trips
FROM taxi.trips
WHERE
    dt = '2026-11-21-00'
    AND year(pickup_datetime) = 2026
    AND extract(MONTH FROM pickup_datetime) BETWEEN 10 AND 12
