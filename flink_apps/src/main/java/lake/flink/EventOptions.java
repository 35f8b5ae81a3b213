package lake.flink;

import java.io.Serializable;
import java.util.ArrayList;
import java.util.List;

import org.apache.flink.shaded.jackson2.com.fasterxml.jackson.core.JsonProcessingException;
import org.apache.flink.shaded.jackson2.com.fasterxml.jackson.databind.JsonNode;
import org.apache.flink.shaded.jackson2.com.fasterxml.jackson.databind.ObjectMapper;

/** How payloads become events. All times are milliseconds. */
public final class EventOptions implements Serializable {
    private static final long serialVersionUID = 1L;

    /** Columns without which an event is rejected as `missing_key`. */
    final List<String> keys = new ArrayList<>();
    /** How far out of order events may come. */
    final long watermarkDelay;
    /** A shard without events for this long does not hold the watermark back; 0: all shards do, always. */
    final long idleTimeout;
    /** No watermark is emitted for this long after the first record, so that every shard has been read once. */
    final long hold;
    /** Each event counts once within this time; 0: there is no deduplication. */
    final long dedupWindow;
    /** The column whose value is an event's identity; not read without deduplication. */
    final String dedupKey;

    private EventOptions(JsonNode options) {
        options.required("keys").forEach(key -> keys.add(key.textValue()));
        watermarkDelay = options.required("watermark_delay").longValue();
        idleTimeout = options.required("idle_timeout").longValue();
        hold = options.required("hold").longValue();
        dedupWindow = options.required("dedup_window").longValue();
        dedupKey = options.required("dedup_key").textValue();
    }

    /**
     * Options from JSON with the members keys, watermark_delay, idle_timeout, hold, dedup_window and dedup_key.
     *
     * @throws IllegalArgumentException if a member is missing
     */
    public static EventOptions parse(String json) {
        try {
            return new EventOptions(new ObjectMapper().readTree(json));
        } catch (JsonProcessingException error) {
            throw new IllegalArgumentException("reading the options of events: " + error.getMessage(), error);
        }
    }

    boolean isDeduplicated() {
        return dedupWindow > 0;
    }
}
