-- description: Not even SQL.
SELECT count(*
FROM taxi.trips
WHERE dt = '2026-11-21-00'
