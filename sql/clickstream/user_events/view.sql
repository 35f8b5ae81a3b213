-- description: The same events, for questions about one user (WHERE user_id = ...). Hours that are bucketed by user are
--   read from there, all others from the flat table; which hours these are is written in the view's own text.
SELECT
    event_id,
    user_id,
    device_id,
    client_event,
    client_timestamp,
    rescued,
    dt
FROM clickstream.events_by_user_v1
WHERE {is_bucketed}
UNION ALL
SELECT
    event_id,
    user_id,
    device_id,
    client_event,
    client_timestamp,
    rescued,
    dt
FROM clickstream.events_v1
WHERE NOT {is_bucketed}
