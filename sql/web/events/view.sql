-- description: Every event that a page of the web site reported, once.
SELECT
    event_id,
    event,
    utc_timestamp,
    visitor,
    rescued,
    dt
FROM web.events_v1
