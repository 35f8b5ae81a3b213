-- description: Every reading of a device's light sensor, in lux; place is its place in its message's list, from 1.
SELECT
    messages.message_id,
    messages.device_id,
    messages.recorded_at,
    readings.place,
    messages.dt,
    cast(readings.illuminance AS double) AS illuminance
FROM devices.messages_v1 AS messages
CROSS JOIN
    unnest(messages.illuminance) WITH ORDINALITY
        AS readings (illuminance, place)
