-- description: How trips were paid for: their number, what passengers were charged, and tips as a share of fares.
-- parameter: first_hour varchar = '2026-11-21-00'   The first arrival hour of exports, UTC.
-- parameter: last_hour varchar = '2026-11-21-23'   The last arrival hour of exports, UTC.
SELECT
    payment_type,
    CASE payment_type
        WHEN 1 THEN 'credit card'
        WHEN 2 THEN 'cash'
        WHEN 3 THEN 'no charge'
        WHEN 4 THEN 'dispute'
        WHEN 6 THEN 'voided'
        ELSE 'unknown'
    END AS paid_by,
    count(*) AS trips,
    sum(total_amount) AS amount,
    sum(tip_amount) AS tips,
    round(100e0 * cast(sum(tip_amount) AS double) / nullif(cast(sum(fare_amount) AS double), 0e0), 2) AS tip_percent
FROM taxi.trips
WHERE dt BETWEEN ? AND ?
GROUP BY payment_type
ORDER BY trips DESC, payment_type ASC
