-- description: Every bundle of three-dimensional readings that a device sent.
SELECT
    device_id,
    recorded_at,
    readings,
    rescued,
    dt
FROM sensors.bundles_v1
