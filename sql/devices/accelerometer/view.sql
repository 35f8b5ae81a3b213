-- description: Every reading of a device's accelerometer, with the part that is gravity and the part that is motion;
--   place is its place in its message's list, from 1.
SELECT
    messages.message_id,
    messages.device_id,
    messages.recorded_at,
    readings.place,
    messages.dt,
    cast(readings.accelerometer_x AS int) AS accelerometer_x,
    cast(readings.accelerometer_y AS int) AS accelerometer_y,
    cast(readings.accelerometer_z AS int) AS accelerometer_z,
    cast(readings.gravity_x AS int) AS gravity_x,
    cast(readings.gravity_y AS int) AS gravity_y,
    cast(readings.gravity_z AS int) AS gravity_z,
    cast(readings.linear_acceleration_x AS int) AS linear_acceleration_x,
    cast(readings.linear_acceleration_y AS int) AS linear_acceleration_y,
    cast(readings.linear_acceleration_z AS int) AS linear_acceleration_z
FROM devices.messages_v1 AS messages
CROSS JOIN
    unnest(messages.accelerometer) WITH ORDINALITY
        AS readings (
            accelerometer_x,
            accelerometer_y,
            accelerometer_z,
            gravity_x,
            gravity_y,
            gravity_z,
            linear_acceleration_x,
            linear_acceleration_y,
            linear_acceleration_z,
            place
        )
