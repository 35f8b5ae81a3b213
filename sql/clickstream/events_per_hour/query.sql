-- description: Events by the hour of their arrival: how many, of how many users and devices, and how many purchases.
-- parameter: first_hour varchar = '2026-11-21-00'   The first arrival hour, UTC.
-- parameter: last_hour varchar = '2026-11-21-23'   The last arrival hour, UTC.
SELECT
    dt,
    count(*) AS events,
    count(DISTINCT user_id) AS signed_in_users,
    count(DISTINCT device_id) AS devices,
    count_if(client_event = 'purchase') AS purchases
FROM clickstream.events
WHERE dt BETWEEN ? AND ?
GROUP BY dt
ORDER BY dt
