-- description: The readings of accelerometers in which a device was moved most, without what gravity contributes: the
--   length of the linear acceleration.
-- parameter: first_hour varchar = '2026-11-21-00'   The first arrival hour, UTC.
-- parameter: last_hour varchar = '2026-11-21-23'   The last arrival hour, UTC.
-- parameter: readings integer = 10   How many readings to show.
SELECT
    device_id,
    recorded_at,
    place,
    linear_acceleration_x,
    linear_acceleration_y,
    linear_acceleration_z,
    round(
        sqrt(
            power(linear_acceleration_x, 2) + power(linear_acceleration_y, 2) + power(linear_acceleration_z, 2)
        ), 3
    ) AS linear_acceleration
FROM devices.accelerometer
WHERE dt BETWEEN ? AND ?
ORDER BY linear_acceleration DESC, device_id ASC, recorded_at ASC, message_id ASC, place ASC
LIMIT ?
