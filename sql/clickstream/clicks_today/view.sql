-- description: The events that have arrived today, by the day in UTC.
SELECT
    event_id,
    user_id,
    device_id,
    client_event,
    client_timestamp,
    rescued,
    dt
FROM clickstream.events
-- One range of dt, both of whose ends are hours of the same day: nothing is added to a date that could go wrong.
WHERE
    dt BETWEEN
    date_format(current_timestamp AT TIME ZONE 'UTC', '%Y-%m-%d-00')
    AND date_format(current_timestamp AT TIME ZONE 'UTC', '%Y-%m-%d-23')
