-- description: The users with the most events, with the devices that they used and their first and last event.
-- parameter: first_hour varchar = '2026-11-21-00'   The first arrival hour, UTC.
-- parameter: last_hour varchar = '2026-11-21-23'   The last arrival hour, UTC.
-- parameter: users integer = 10   How many users to show.
SELECT
    user_id,
    count(*) AS events,
    count(DISTINCT device_id) AS devices,
    min(client_timestamp) AS first_at,
    max(client_timestamp) AS last_at
FROM clickstream.events
WHERE
    dt BETWEEN ? AND ?
    AND user_id IS NOT NULL
GROUP BY user_id
ORDER BY events DESC, user_id ASC
LIMIT ?
