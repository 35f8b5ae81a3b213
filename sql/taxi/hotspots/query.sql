-- description: Where and when most trips begin: the zones and hours with the most pick-ups, as a heat map shows them.
-- parameter: first_hour varchar = '2026-11-21-00'   The first arrival hour of exports, UTC.
-- parameter: last_hour varchar = '2026-11-21-23'   The last arrival hour of exports, UTC.
-- parameter: hotspots integer = 100   How many pairs of zone and hour to show.
SELECT
    pickup_location_id,
    date_trunc('hour', pickup_datetime) AS pickup_hour,
    count(*) AS pickups
FROM taxi.trips
WHERE dt BETWEEN ? AND ?
GROUP BY date_trunc('hour', pickup_datetime), pickup_location_id
ORDER BY pickups DESC, pickup_hour ASC, pickup_location_id ASC
LIMIT ?
