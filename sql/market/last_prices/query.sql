-- description: The last price of each share, with the lowest and the highest before it.
-- parameter: first_hour varchar = '2026-11-21-00'   The first arrival hour, UTC.
-- parameter: last_hour varchar = '2026-11-21-23'   The last arrival hour, UTC.
SELECT
    ticker_symbol,
    max_by(sector, event_time) AS sector,
    max_by(price, event_time) AS last_price,
    max_by(change, event_time) AS last_change,
    max(event_time) AS last_at,
    min(price) AS lowest,
    max(price) AS highest,
    count(*) AS ticks
FROM market.tickers
WHERE
    dt BETWEEN ? AND ?
    AND ticker_symbol IS NOT NULL
    AND event_time IS NOT NULL
GROUP BY ticker_symbol
ORDER BY ticker_symbol
