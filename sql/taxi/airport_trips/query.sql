-- description: Trips to and from each airport, by taxi zone (1 Newark, 132 JFK, 138 LaGuardia), and at which rates.
-- parameter: first_hour varchar = '2026-11-21-00'   The first arrival hour of exports, UTC.
-- parameter: last_hour varchar = '2026-11-21-23'   The last arrival hour of exports, UTC.
WITH airports (zone_id, airport) AS (
    VALUES (1, 'Newark'), (132, 'JFK'), (138, 'LaGuardia')
)

SELECT
    airports.airport,
    count_if(trips.pickup_location_id = airports.zone_id) AS trips_from,
    count_if(trips.dropoff_location_id = airports.zone_id) AS trips_to,
    count_if(trips.rate_code_id IN (2, 3)) AS at_airport_rate,
    sum(trips.tolls_amount) AS tolls,
    round(cast(sum(trips.total_amount) AS double) / count(*), 2) AS average_amount
FROM taxi.trips AS trips
INNER JOIN airports
    ON airports.zone_id IN (trips.pickup_location_id, trips.dropoff_location_id)
WHERE trips.dt BETWEEN ? AND ?
GROUP BY airports.airport
ORDER BY airports.airport
