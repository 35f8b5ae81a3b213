package lake.flink;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

import org.apache.flink.shaded.jackson2.com.fasterxml.jackson.databind.ObjectMapper;
import org.apache.flink.shaded.jackson2.com.fasterxml.jackson.databind.node.ArrayNode;
import org.apache.flink.shaded.jackson2.com.fasterxml.jackson.databind.node.ObjectNode;
import org.apache.flink.streaming.runtime.streamrecord.StreamRecord;
import org.apache.flink.table.data.GenericRowData;
import org.apache.flink.table.data.RowData;
import org.apache.flink.table.data.StringData;
import org.apache.flink.table.runtime.typeutils.InternalTypeInfo;
import org.apache.flink.util.OutputTag;

/** What the operators' tests share: the rendered contracts, payloads, and times that are easy to read. */
final class Fixtures {
    static final ObjectMapper JSON = new ObjectMapper();
    static final OutputTag<RowData> REJECTED = new OutputTag<>("rejected", InternalTypeInfo.of(QuarantineRows.TYPE));

    private Fixtures() {}

    static Contract events() throws IOException {
        return Contract.parse(rendered("events_v1"));
    }

    static Contract sessions() throws IOException {
        return Contract.parse(rendered("sessions_v1"));
    }

    /** The contract of events with one optional column more. */
    static Contract eventsWithCampaign() throws IOException {
        ObjectNode contract = (ObjectNode) JSON.readTree(rendered("events_v1"));
        ArrayNode columns = (ArrayNode) contract.get("columns");
        ObjectNode campaign = columns.get(2).deepCopy();
        columns.insert(1, campaign.put("name", "campaign").put("field", "campaign"));
        return Contract.parse(contract.toString());
    }

    private static String rendered(String table) throws IOException {
        return Files.readString(Path.of("contracts", "clickstream", table + ".json"));
    }

    static EventOptions options(long watermarkDelay, long idleTimeout, long hold, long dedupWindow) {
        ObjectNode options = JSON.createObjectNode();
        options.putArray("keys").add("user_id").add("device_id").add("client_timestamp");
        options.put("watermark_delay", watermarkDelay).put("idle_timeout", idleTimeout);
        return EventOptions.parse(options.put("hold", hold).put("dedup_window", dedupWindow).put("dedup_key", "event_id").toString());
    }

    /** An event on 2018-11-29, as JSON; its event_id is that of the user and name. */
    static String event(int user, String time, String name) {
        return event(user, "29T" + time, name, "");
    }

    /** An event in November 2018, e.g. at "30T00:05:00"; `more` are members behind the others. */
    static String event(int user, String time, String name, String more) {
        return "{\"event_id\": \"" + user + " " + name + "\", \"user_id\": " + user + ", \"device_id\": \"computer\", "
                + "\"client_event\": \"" + name + "\", \"client_timestamp\": \"2018-11-" + time + "Z\"" + more + "}";
    }

    static StreamRecord<RowData> payload(String shard, String payload) {
        return new StreamRecord<>(GenericRowData.of(
                payload.getBytes(StandardCharsets.UTF_8), StringData.fromString(shard)));
    }

    /** The rows among an operator's outputs, shown by these fields. */
    static List<String> shown(Iterable<?> outputs, int... fields) {
        List<String> shown = new ArrayList<>();
        for (Object output : outputs) {
            if (output instanceof StreamRecord) {
                GenericRowData row = (GenericRowData) ((StreamRecord<?>) output).getValue();
                List<String> values = new ArrayList<>();
                for (int field : fields) {
                    values.add(String.valueOf(row.getField(field)));
                }
                shown.add(String.join(" ", values));
            }
        }
        return shown;
    }
}
