-- description: Every message of a device, with how many readings of each kind it holds; the other views have these.
SELECT
    message_id,
    device_id,
    hash_device_id,
    recorded_at,
    processed_at,
    rescued,
    dt,
    cardinality(accelerometer) AS accelerometer_readings,
    cardinality(temperature) AS temperature_readings,
    cardinality(illuminance) AS illuminance_readings,
    cardinality(gps) AS gps_readings,
    cardinality(additional_data) AS additional_readings
FROM devices.messages_v1
