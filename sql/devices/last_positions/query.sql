-- description: Where each device was last: the last position of its latest message.
-- parameter: first_hour varchar = '2026-11-21-00'   The first arrival hour, UTC.
-- parameter: last_hour varchar = '2026-11-21-23'   The last arrival hour, UTC.
WITH positions AS (
    SELECT
        device_id,
        recorded_at,
        latitude,
        longitude,
        altitude,
        heading,
        row_number() OVER (PARTITION BY device_id ORDER BY recorded_at DESC, message_id ASC, place DESC) AS newest
    FROM devices.gps
    WHERE dt BETWEEN ? AND ?
)

SELECT
    device_id,
    recorded_at,
    latitude,
    longitude,
    altitude,
    heading
FROM positions
WHERE newest = 1
ORDER BY device_id
