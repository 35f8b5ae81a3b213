-- description: How many devices got how far towards a purchase. A device counts for a step if it took all steps before,
--   in whichever order they were reported.
-- parameter: first_hour varchar = '2026-11-21-00'   The first arrival hour, UTC.
-- parameter: last_hour varchar = '2026-11-21-23'   The last arrival hour, UTC.
WITH devices AS (
    SELECT
        device_id,
        count_if(client_event = 'product_view') > 0 AS has_viewed,
        count_if(client_event = 'add_to_cart') > 0 AS has_added,
        count_if(client_event = 'checkout') > 0 AS has_checked_out,
        count_if(client_event = 'purchase') > 0 AS has_purchased
    FROM clickstream.events
    WHERE dt BETWEEN ? AND ?
    GROUP BY device_id
)

SELECT
    count(*) AS devices,
    count_if(has_viewed) AS viewed_a_product,
    count_if(has_viewed AND has_added) AS added_to_cart,
    count_if(has_viewed AND has_added AND has_checked_out) AS checked_out,
    count_if(has_viewed AND has_added AND has_checked_out AND has_purchased) AS purchased
FROM devices
