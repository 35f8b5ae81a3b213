-- description: How often what happened, by hour (or minute), late events included; by the UTC day of the events.
SELECT
    event_name,
    event_hour,
    event_count,
    rescued,
    dt
FROM clickstream.event_counts_by_day_v1
