-- description: One share's prices by the minute: first, highest, lowest and last, as candles are drawn.
-- parameter: ticker_symbol varchar = 'AMZN'   The share.
-- parameter: first_hour varchar = '2026-11-21-00'   The first arrival hour, UTC.
-- parameter: last_hour varchar = '2026-11-21-23'   The last arrival hour, UTC.
SELECT
    date_trunc('minute', event_time) AS minute_at,
    min_by(price, event_time) AS first_price,
    max(price) AS highest,
    min(price) AS lowest,
    max_by(price, event_time) AS last_price,
    count(*) AS ticks
FROM market.tickers
WHERE
    ticker_symbol = ?
    AND dt BETWEEN ? AND ?
    AND event_time IS NOT NULL
GROUP BY date_trunc('minute', event_time)
ORDER BY minute_at
