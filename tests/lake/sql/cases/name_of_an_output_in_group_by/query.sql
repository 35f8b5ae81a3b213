-- description: Athena knows it in ORDER BY alone.
SELECT
    date_trunc('hour', pickup_datetime) AS pickup_hour,
    count(*) AS trips
FROM taxi.trips
WHERE dt = '2026-11-21-00'
GROUP BY pickup_hour
ORDER BY pickup_hour
