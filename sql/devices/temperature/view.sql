-- description: Every reading of a device's thermometer; place is its place in its message's list, from 1.
SELECT
    messages.message_id,
    messages.device_id,
    messages.recorded_at,
    readings.place,
    messages.dt,
    cast(readings.kelvin AS double) AS kelvin,
    cast(readings.celsius AS double) AS celsius,
    cast(readings.fahrenheit AS double) AS fahrenheit
FROM devices.messages_v1 AS messages
CROSS JOIN
    unnest(messages.temperature) WITH ORDINALITY
        AS readings (kelvin, celsius, fahrenheit, place)
