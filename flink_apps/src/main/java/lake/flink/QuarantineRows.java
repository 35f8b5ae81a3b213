package lake.flink;

import java.util.Arrays;
import java.util.function.Consumer;

import org.apache.flink.table.data.GenericRowData;
import org.apache.flink.table.data.RowData;
import org.apache.flink.table.data.StringData;

/** Rows of the quarantine: reason, message, payload, shard. */
final class QuarantineRows {
    /**
     * Of one row's payload. In base64 it is a third longer; with the rest it must stay within what Firehose takes as a
     * record (1,000 KiB) and Kinesis (1 MiB), or the sink would fail, again and again.
     */
    static final int MOST_BYTES = 700_000;

    private static final int MOST_CHARACTERS = 10_000;

    private QuarantineRows() {}

    /** One row, or for a payload that is too long for one, as many as it takes, which say what part they are. */
    static void write(String reason, String message, byte[] payload, StringData shard, Consumer<RowData> out) {
        String told = message.length() > MOST_CHARACTERS ? message.substring(0, MOST_CHARACTERS) : message;
        int parts = Math.max(1, (payload.length + MOST_BYTES - 1) / MOST_BYTES);
        for (int part = 0; part < parts; part++) {
            int begin = part * MOST_BYTES;
            byte[] bytes = parts == 1
                    ? payload
                    : Arrays.copyOfRange(payload, begin, Math.min(begin + MOST_BYTES, payload.length));
            String which = parts == 1 ? told : told + "; part " + (part + 1) + " of " + parts + " of its payload";
            out.accept(GenericRowData.of(
                    StringData.fromString(reason), StringData.fromString(which), bytes, shard));
        }
    }
}
