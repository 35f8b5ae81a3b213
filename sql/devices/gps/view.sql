-- description: Every position of a device: altitude in metres, the others in degrees; place is its place in its
--   message's list, from 1.
SELECT
    messages.message_id,
    messages.device_id,
    messages.recorded_at,
    readings.place,
    messages.dt,
    cast(readings.altitude AS double) AS altitude,
    cast(readings.heading AS double) AS heading,
    cast(readings.latitude AS double) AS latitude,
    cast(readings.longitude AS double) AS longitude
FROM devices.messages_v1 AS messages
CROSS JOIN
    unnest(messages.gps) WITH ORDINALITY
        AS readings (altitude, heading, latitude, longitude, place)
