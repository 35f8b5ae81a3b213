-- description: The longest times in which no trip began in a zone where trips do begin: from one pick-up to the next.
--   It is as near to a wait as the records come: none says when a passenger began to look for a cab.
-- parameter: first_hour varchar = '2026-11-21-00'   The first arrival hour of exports, UTC.
-- parameter: last_hour varchar = '2026-11-21-23'   The last arrival hour of exports, UTC.
-- parameter: trips integer = 10   Zones where fewer trips began are left out.
-- parameter: waits integer = 20   How many to show.
WITH pickups AS (
    SELECT
        pickup_location_id,
        pickup_datetime,
        lag(pickup_datetime) OVER (PARTITION BY pickup_location_id ORDER BY pickup_datetime) AS previous_pickup,
        count(*) OVER (PARTITION BY pickup_location_id) AS trips
    FROM taxi.trips
    WHERE dt BETWEEN ? AND ?
)

SELECT
    pickup_location_id,
    previous_pickup AS since_at,
    pickup_datetime AS until_at,
    date_diff('second', previous_pickup, pickup_datetime) AS seconds
FROM pickups
WHERE
    previous_pickup IS NOT NULL
    AND trips >= ?
ORDER BY seconds DESC, pickup_location_id ASC, until_at ASC
LIMIT ?
