-- description: The items of DynamoDB tables as they are now: the newest change of each, but those that are removed. It
--   reads all changes that are kept, 400 days of them.
SELECT
    table_name,
    item_key,
    new_image AS item,
    changed_at
FROM (
    SELECT
        table_name,
        item_key,
        new_image,
        changed_at,
        change,
        row_number() OVER (PARTITION BY table_name, item_key ORDER BY lpad(sequence_number, 40, '0') DESC) AS newest
    FROM dynamodb.changes_v1
    WHERE dt >= date_format(current_timestamp AT TIME ZONE 'UTC' - INTERVAL '400' DAY, '%Y-%m-%d-%H')
) AS ordered
WHERE newest = 1 AND change <> 'REMOVE'
