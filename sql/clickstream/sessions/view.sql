-- description: Every session, once, late events included, by the UTC day on which it began; a batch job makes it from
--   all events.
SELECT
    session_id,
    user_id,
    device_id,
    started_at,
    ended_at,
    duration_sec,
    events,
    begin_navigation,
    end_navigation,
    rescued,
    dt
FROM clickstream.sessions_by_day_v1
