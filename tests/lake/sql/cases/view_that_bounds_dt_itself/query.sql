-- description: Nothing is left to bound.
SELECT count(*) AS clicks
FROM clickstream.clicks_today
