-- description: The events that have arrived in this month, by the month in UTC.
SELECT
    event_id,
    user_id,
    device_id,
    client_event,
    client_timestamp,
    rescued,
    dt
FROM clickstream.events
-- dt is compared as text, so day 31 is past the last hour of every month, however many days it has.
WHERE
    dt BETWEEN
    date_format(current_timestamp AT TIME ZONE 'UTC', '%Y-%m-01-00')
    AND date_format(current_timestamp AT TIME ZONE 'UTC', '%Y-%m-31-23')
