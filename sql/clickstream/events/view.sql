-- description: Every event that a client reported, once; for counts over many users.
SELECT
    event_id,
    user_id,
    device_id,
    client_event,
    client_timestamp,
    rescued,
    dt
FROM clickstream.events_v1
