-- description: Every tick of the feed, once: a share's price when it changed.
SELECT
    tick_id,
    ticker_symbol,
    sector,
    price,
    change,
    event_time,
    rescued,
    dt
FROM market.tickers_v1
