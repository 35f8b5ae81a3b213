-- description: How the prices of each sector move: shares and ticks, the share of ticks that rose, the average change.
-- parameter: first_hour varchar = '2026-11-21-00'   The first arrival hour, UTC.
-- parameter: last_hour varchar = '2026-11-21-23'   The last arrival hour, UTC.
SELECT
    sector,
    count(DISTINCT ticker_symbol) AS tickers,
    count(*) AS ticks,
    round(100e0 * count_if(change > 0) / count(*), 2) AS percent_rising,
    round(cast(sum(change) AS double) / count(change), 4) AS average_change,
    min(change) AS largest_fall,
    max(change) AS largest_rise
FROM market.tickers
WHERE dt BETWEEN ? AND ?
GROUP BY sector
ORDER BY sector
