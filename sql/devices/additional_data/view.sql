-- description: Every reading that a function appended to a device's message; place is its place in its message's
--   list, from 1.
SELECT
    messages.message_id,
    messages.device_id,
    messages.recorded_at,
    readings.place,
    messages.dt,
    cast(readings.dimension_x AS int) AS dimension_x,
    cast(readings.dimension_y AS int) AS dimension_y,
    cast(readings.dimension_z AS int) AS dimension_z
FROM devices.messages_v1 AS messages
CROSS JOIN
    unnest(messages.additional_data) WITH ORDINALITY
        AS readings (dimension_x, dimension_y, dimension_z, place)
