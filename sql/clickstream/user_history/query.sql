-- description: What one user did, in the order of the device's clock.
-- parameter: user_id bigint = 1000001   The user.
-- parameter: first_hour varchar = '2026-11-21-00'   The first arrival hour, UTC.
-- parameter: last_hour varchar = '2026-11-21-23'   The last arrival hour, UTC.
SELECT
    client_timestamp,
    device_id,
    client_event,
    event_id,
    dt
FROM clickstream.user_events
WHERE
    user_id = ?
    AND dt BETWEEN ? AND ?
ORDER BY client_timestamp, event_id
