-- description: Every change of an item of a DynamoDB table, without what the table's contract does not know. The
--   sequence number has 40 digits here, zeros in front, so that it orders the changes of an item as text.
SELECT
    table_name,
    item_key,
    change,
    changed_at,
    expired,
    new_image,
    old_image,
    dt,
    cast(lpad(sequence_number, 40, '0') AS varchar) AS sequence_number
FROM dynamodb.changes_v1
