#!/usr/bin/env bash
# `make demo`: a day's first hours of events, from their producers to an analyst's answer, on this machine alone.
# Every line that is shown after a $ is a command that you can type afterwards; step 0 shows how.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

# The demo begins with an empty lake. It empties its own folder, and nobody else's: a LAKE_ROOT may hold real tables.
if [[ -z ${LAKE_ROOT:-} ]]; then
  LAKE_ROOT=.lake/demo
  rm -rf "$LAKE_ROOT" "$LAKE_ROOT-events"
elif [[ $LAKE_ROOT != s3://* && -n $(ls -A "$LAKE_ROOT" 2>/dev/null) ]]; then
  echo "the demo needs an empty lake, and LAKE_ROOT=$LAKE_ROOT holds something; unset LAKE_ROOT, or name a new folder" >&2
  exit 2
fi
export LAKE_ROOT PATH="$PWD/.venv/bin:$PATH"
if [[ $LAKE_ROOT == s3://* ]]; then
  events=$(mktemp -d)
else
  events=$LAKE_ROOT-events
fi

say() { printf '\n== %s\n' "$*"; }
show() {
  local word line='$'
  for word in "$@"; do
    if [[ $word == *[[:space:]\*]* ]]; then line+=" \"$word\""; else line+=" $word"; fi
  done
  printf '%s\n' "$line"
  "$@"
}

say "0. A lake is a folder here; on AWS it is s3://bucket/prefix. To type along afterwards:"
printf '$ export LAKE_ROOT=%s PATH=.venv/bin:$PATH\n' "$LAKE_ROOT"

say "1. Producers: clicks, sensor readings, gzipped bundles of readings, a database export"
show lake generate clickstream.events_v1 --records 200000 --hours 4 --malformed 0.001 --out "$events/clicks"
show lake generate sensors.readings_v1 --records 200000 --hours 2 --out "$events/readings"
show lake generate sensors.bundles_v1 --records 8 --out "$events/bundles"
show lake generate taxi.trips_v1 --records 20000 --out "$events/trips"

say "2. Firehose: buffered objects below raw/, by arrival hour: gzip, run together without newlines, members, CSV"
show lake land clickstream.events_v1 "$events/clicks" --arrived-from-name --gzip
show lake land sensors.readings_v1 "$events/readings" --arrived-from-name --no-newlines
show lake land sensors.bundles_v1 "$events/bundles" --arrived-from-name --compress-records
show lake land taxi.trips_v1 "$events/trips" --arrived-from-name

say "3. The job: parse, quarantine, deduplicate, write, audit, publish"
for table in clickstream.events_v1 sensors.readings_v1 sensors.bundles_v1 taxi.trips_v1; do
  show lake run raw_to_parquet --table "$table"
done

say "4. Once more: nothing changed, so there is nothing to do"
show lake run raw_to_parquet --table clickstream.events_v1

say "5. Readings once more, bucketed by sensor and sorted: a question about one of them reads one small file"
show lake run bucket_by_key --table sensors.readings_by_sensor_v1
show lake sql deploy

say "6. What was rejected is kept, with its reason and the bytes as they came"
show lake quarantine show clickstream.events_v1 --count
show lake query "SELECT reason, message, count(*) AS records
  FROM clickstream.events_v1_quarantine WHERE dt = '2026-11-21-00' GROUP BY reason, message ORDER BY records DESC LIMIT 3"

say "7. Every record that arrived is accounted for: records = rows + duplicates + quarantined"
show lake status

say "8. An analyst asks, in Athena's SQL"
show lake query "SELECT dt, count(*) AS clicks, count(DISTINCT user_id) AS users,
         count_if(client_event = 'checkout') AS checkouts
  FROM clickstream.events_v1 WHERE dt >= '2026-11-21-01' GROUP BY dt ORDER BY dt"

say "9. And of one sensor in one hour, through the view sensors.readings: first, what would that read?"
question=(--file sql/sensors/average_temperature/query.sql --param sensor_id=sensor-1042 --param hour=2026-11-21-00)
show lake query --explain "${question[@]}"
show lake query "${question[@]}"
if [[ $LAKE_ROOT != s3://* ]]; then
  raw=$(find "$LAKE_ROOT/raw/sensors/readings/dt=2026-11-21-00" -type f -printf '%s\n' | awk '{ sum += $1 } END { print sum }')
  read=$(lake query --explain --json "${question[@]}" 2>/dev/null | python -c 'import json, sys; print(json.load(sys.stdin)["bytes"])')
  awk -v raw="$raw" -v read="$read" 'BEGIN {
    printf "Read: %.1f kB. The raw JSON of that hour: %.1f MB, so %.2f %% less.\n", read / 1e3, raw / 1e6, 100 * (1 - read / raw)
  }'
fi
