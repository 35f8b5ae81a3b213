-- description: Sessions as the stream delivered them, minutes after their end, without what came too late for it; by
--   the hour of delivery.
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
FROM clickstream.sessions_v1
