-- description: Trips by the hour of their pick-up, of exports that arrived in a range of hours.
-- parameter: first_hour varchar = '2026-11-21-00'   The first arrival hour of exports, UTC.
-- parameter: last_hour varchar = '2026-11-21-23'   The last arrival hour of exports, UTC.
SELECT
    date_trunc('hour', pickup_datetime) AS pickup_hour,
    count(*) AS trips,
    sum(passenger_count) AS passengers,
    sum(trip_distance) AS miles,
    round(cast(sum(total_amount) AS double) / count(*), 2) AS average_amount
FROM taxi.trips
WHERE dt BETWEEN ? AND ?
GROUP BY date_trunc('hour', pickup_datetime)
ORDER BY pickup_hour
