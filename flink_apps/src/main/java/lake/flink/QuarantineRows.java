package lake.flink;

import java.util.Arrays;
import java.util.function.Consumer;

import org.apache.flink.table.data.GenericRowData;
import org.apache.flink.table.data.RowData;
import org.apache.flink.table.data.StringData;
import org.apache.flink.table.types.logical.LogicalType;
import org.apache.flink.table.types.logical.RowType;
import org.apache.flink.table.types.logical.VarBinaryType;
import org.apache.flink.table.types.logical.VarCharType;

/** Rows of the quarantine: reason, message, payload, shard. */
final class QuarantineRows {
    private static final LogicalType TEXT = new VarCharType(VarCharType.MAX_LENGTH);
    static final RowType TYPE = RowType.of(
            new LogicalType[] {TEXT, TEXT, new VarBinaryType(VarBinaryType.MAX_LENGTH), TEXT},
            new String[] {"reason", "message", "payload", "shard"});

    /**
     * The most bytes of one row's payload. In base64 it is a third longer; with the rest it must stay within what
     * Firehose takes as a record (1,000 KiB) and Kinesis (1 MiB), or the sink would fail, again and again.
     */
    private static final int MOST_BYTES = 700_000;

    private static final int MOST_CHARACTERS = 10_000;

    private QuarantineRows() {}

    /** Writes one row, or several of a payload that is too long for one, each of which says which part it has. */
    static void write(String reason, String message, byte[] payload, StringData shard, Consumer<RowData> out) {
        String cut = message.length() > MOST_CHARACTERS ? message.substring(0, MOST_CHARACTERS) : message;
        int parts = Math.max(1, (payload.length + MOST_BYTES - 1) / MOST_BYTES);
        for (int part = 0; part < parts; part++) {
            int begin = part * MOST_BYTES;
            byte[] bytes = parts == 1
                    ? payload
                    : Arrays.copyOfRange(payload, begin, Math.min(begin + MOST_BYTES, payload.length));
            String text = parts == 1 ? cut : cut + "; part " + (part + 1) + " of " + parts + " of its payload";
            out.accept(GenericRowData.of(StringData.fromString(reason), StringData.fromString(text), bytes, shard));
        }
    }
}
