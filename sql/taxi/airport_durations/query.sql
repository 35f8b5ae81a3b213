-- description: How long trips to each airport take, by the hour of their drop-off; zones 1 Newark, 132 JFK,
--   138 LaGuardia. Trips that end before they begin are left out.
-- parameter: first_hour varchar = '2026-11-21-00'   The first arrival hour of exports, UTC.
-- parameter: last_hour varchar = '2026-11-21-23'   The last arrival hour of exports, UTC.
SELECT
    CASE dropoff_location_id
        WHEN 1 THEN 'Newark'
        WHEN 132 THEN 'JFK'
        ELSE 'LaGuardia'
    END AS airport,
    date_trunc('hour', dropoff_datetime) AS dropoff_hour,
    count(*) AS trips,
    round(avg(date_diff('second', pickup_datetime, dropoff_datetime)) / 60, 2) AS average_minutes
FROM taxi.trips
WHERE
    dt BETWEEN ? AND ?
    AND dropoff_location_id IN (1, 132, 138)
    AND dropoff_datetime >= pickup_datetime
GROUP BY dropoff_location_id, date_trunc('hour', dropoff_datetime)
ORDER BY airport, dropoff_hour
