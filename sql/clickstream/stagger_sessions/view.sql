-- description: The same sessions in the columns of the stagger-window recipe, for dashboards that were built on it.
-- noqa: disable=ST06
WITH named AS (
    SELECT
        session_id,
        user_id,
        device_id,
        started_at,
        ended_at,
        events,
        begin_navigation,
        end_navigation,
        duration_sec,
        dt,
        starts_with(session_id, concat(cast(user_id AS varchar), '_', device_id, '_')) AS is_by_gap,
        -- What stands behind the user and three letters of the device: where a window made it, seconds since 1970.
        try_cast(
            substr(session_id, length(cast(user_id AS varchar)) + length(substr(device_id, 1, 3)) + 2) AS bigint
        ) AS window_second,
        date_diff('second', TIMESTAMP '1970-01-01 00:00:00', date_trunc('second', started_at)) AS first_second
    FROM clickstream.sessions
)

-- The columns stand in the recipe's order.
SELECT
    session_id,
    user_id,
    device_id,
    -- The start of the session's window; of the session itself where it was made by a gap.
    cast(
        if(
            NOT is_by_gap AND window_second BETWEEN first_second - 60 AND first_second,
            date_add('second', window_second - first_second, date_trunc('second', started_at)),
            started_at
        ) AS timestamp
    ) AS timeagg,
    events,
    begin_navigation AS beginnavigation,
    end_navigation AS endnavigation,
    -- Minute, second and millisecond, as the recipe cuts them out of the time's text.
    substr(date_format(started_at, '%i:%s.%f'), 1, 9) AS beginsession,
    substr(date_format(ended_at, '%i:%s.%f'), 1, 9) AS endsession,
    duration_sec,
    dt
FROM named
