-- description: The taxi zones in which most trips begin or end.
-- parameter: first_hour varchar = '2026-11-21-00'   The first arrival hour of exports, UTC.
-- parameter: last_hour varchar = '2026-11-21-23'   The last arrival hour of exports, UTC.
-- parameter: zones integer = 10   How many zones to show.
SELECT
    ends.zone_id,
    count_if(ends.is_pickup) AS pickups,
    count_if(NOT ends.is_pickup) AS dropoffs,
    count(*) AS pickups_and_dropoffs
FROM taxi.trips AS trips
CROSS JOIN
    unnest(
        ARRAY[trips.pickup_location_id, trips.dropoff_location_id],
        ARRAY[TRUE, FALSE]
    ) AS ends (zone_id, is_pickup)
WHERE
    trips.dt BETWEEN ? AND ?
    AND ends.zone_id IS NOT NULL
GROUP BY ends.zone_id
ORDER BY pickups_and_dropoffs DESC, ends.zone_id ASC
LIMIT ?
