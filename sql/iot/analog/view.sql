-- description: Every reading of an analog input, by the hour in which it arrived; devices have no clock.
SELECT
    uptime_ms,
    sensor_a0,
    rescued,
    dt
FROM iot.analog_v1
