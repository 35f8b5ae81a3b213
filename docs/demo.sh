#!/usr/bin/env bash
# `make demo`: a day's first hours of events, from their producers to an analyst's answer, on this machine alone.
# Every line that is shown is a command that you can type.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
export LAKE_ROOT=${LAKE_ROOT:-.lake/demo}
if [[ $LAKE_ROOT != s3://* ]]; then
  rm -rf "$LAKE_ROOT"
fi
events=$(mktemp -d)
trap 'rm -rf "$events"' EXIT

say() { printf '\n\033[1m%s\033[0m\n' "$*"; }
show() {
  printf '$ %s\n' "${*//$events/events}"
  "$@"
}
lake=.venv/bin/lake

say "1. Producers: clicks, sensor readings, gzipped bundles of readings, a database export"
show $lake generate clickstream.events_v1 --records 200000 --hours 4 --malformed 0.001 --out "$events/clicks"
show $lake generate sensors.readings_v1 --records 200000 --hours 2 --malformed 0.001 --out "$events/readings"
show $lake generate sensors.bundles_v1 --records 8 --out "$events/bundles"
show $lake generate taxi.trips_v1 --records 20000 --out "$events/trips"

say "2. Firehose: buffered objects below raw/, by arrival hour; clicks run together, with no newline between them"
show $lake land clickstream.events_v1 "$events/clicks" --arrived-from-name --no-newlines --gzip
show $lake land sensors.readings_v1 "$events/readings" --arrived-from-name
show $lake land sensors.bundles_v1 "$events/bundles" --arrived-from-name --compress-records
show $lake land taxi.trips_v1 "$events/trips" --arrived-from-name

say "3. The job: parse, quarantine, deduplicate, write, audit, publish"
for table in clickstream.events_v1 sensors.readings_v1 sensors.bundles_v1 taxi.trips_v1; do
  show $lake run raw_to_parquet --table $table
done

say "4. Once more: nothing changed, so there is nothing to do"
show $lake run raw_to_parquet --table clickstream.events_v1

say "5. What was rejected is kept, with its reason"
show $lake quarantine show clickstream.events_v1 --limit 3

say "6. Every record that arrived is accounted for"
show $lake status

say "7. An analyst asks"
show $lake query "SELECT dt, count(*) AS clicks, approx_distinct(user_id) AS users,
         count_if(client_event = 'checkout') AS checkouts
  FROM clickstream.events_v1 WHERE dt >= '2026-11-21-01' GROUP BY dt ORDER BY dt"
