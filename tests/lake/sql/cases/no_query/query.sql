-- description: Changes something.
DELETE FROM taxi.trips_v1 WHERE dt = '2026-11-21-00'
