package lake.flink;

import java.util.Arrays;

import org.apache.flink.table.data.GenericRowData;

/**
 * The records of one payload: objects one after the other with white space, byte-order marks or nothing between them,
 * arrays of objects, and envelopes ({"Records": [...]}). All else is handed over as rejected, so that no byte that is
 * not white space or syntax is lost. An object that is no JSON costs the payload up to where a record plausibly
 * begins: at a line that begins with a bracket, or where `}{` is followed by a name.
 */
final class Records {
    /** Where a payload's records go. */
    interface Sink {
        /** An event: row and digest are the sink's to keep only until it returns. */
        void event(GenericRowData row, byte[] source);

        void rejected(String reason, String message, byte[] source);
    }

    private final JsonScanner scanner = new JsonScanner();
    private final RecordParser reader;
    private final int width;
    private final boolean hasEnvelopes;

    /** Rows have `width` fields; those behind the contract's columns are left to the sink. */
    Records(Contract contract, int width) {
        this.reader = new RecordParser(contract, width > contract.columns.size());
        this.width = width;
        this.hasEnvelopes = contract.columns.stream().noneMatch(column -> column.field.equals("Records"));
    }

    long digest(GenericRowData row) {
        return reader.digest(row);
    }

    void read(byte[] payload, Sink sink) {
        int at = 0;
        while ((at = pastSpace(payload, at)) < payload.length) {
            if (payload[at] == '[') {
                at = array(payload, at + 1, false, sink);
            } else if (payload[at] != '{') {
                at = other(payload, at, sink);
            } else {
                int records = hasEnvelopes ? recordsOfEnvelope(payload, at) : -1;
                at = records < 0 ? object(payload, at, sink) : array(payload, records, true, sink);
            }
        }
    }

    private static int pastSpace(byte[] text, int at) {
        while (at < text.length) {
            if (JsonScanner.isSpace(text[at])) {
                at++;
            } else if (at + 2 < text.length && text[at] == (byte) 0xef && text[at + 1] == (byte) 0xbb
                    && text[at + 2] == (byte) 0xbf) {
                at += 3;
            } else {
                return at;
            }
        }
        return at;
    }

    private int object(byte[] payload, int at, Sink sink) {
        scanner.reset(payload, at, payload.length);
        int end = -1;
        try {
            reader.scan(scanner);
            end = scanner.at;
            GenericRowData row = new GenericRowData(width);
            reader.read(payload, at, end, scanner.isBeyondAscii, row);
            sink.event(row, at == 0 && end == payload.length ? payload : Arrays.copyOfRange(payload, at, end));
        } catch (RejectedRecordException refused) {
            reader.forget();
            end = end < 0 ? endOfFault(payload, at) : end;
            sink.rejected(refused.reason, refused.getMessage(), trimmed(payload, at, end));
            return end;
        }
        reader.forget();
        return end;
    }

    /** Reads an array's elements from `at` on; returns what is behind it, of an envelope too. */
    private int array(byte[] payload, int at, boolean isEnvelope, Sink sink) {
        while ((at = pastSpace(payload, at)) < payload.length) {
            if (payload[at] == ']') {
                return isEnvelope ? pastEnvelope(payload, at + 1, sink) : at + 1;
            }
            if (payload[at] == ',') {
                at++;
            } else {
                at = payload[at] == '{' ? object(payload, at, sink) : other(payload, at, sink);
            }
        }
        sink.rejected("truncated", "the record ends within an array", new byte[] {'['});
        return at;
    }

    private int recordsOfEnvelope(byte[] payload, int at) {
        try {
            scanner.reset(payload, at + 1, payload.length);
            byte[] name = "\"Records\"".getBytes(java.nio.charset.StandardCharsets.US_ASCII);
            scanner.space();
            int nameEnd = Math.min(scanner.at + name.length, payload.length);
            if (!Arrays.equals(payload, scanner.at, nameEnd, name, 0, name.length)) {
                return -1;
            }
            scanner.at = nameEnd;
            scanner.expect(':');
            scanner.expect('[');
            int records = scanner.at;
            byte next = scanner.peek();
            return next == '{' || next == ']' ? records : -1;
        } catch (RejectedRecordException refused) {
            return -1;
        }
    }

    /** Passes an envelope's closing brace; members beside its Records are no record. */
    private int pastEnvelope(byte[] payload, int at, Sink sink) {
        at = pastSpace(payload, at);
        if (at < payload.length && payload[at] == '}') {
            return at + 1;
        }
        int end = endOfFault(payload, at);
        sink.rejected("not_an_object", "members beside the Records of an envelope", trimmed(payload, at, end));
        return end;
    }

    /** What is no object: another JSON value, or junk up to the end of its line or the next object. */
    private int other(byte[] payload, int at, Sink sink) {
        scanner.reset(payload, at, payload.length);
        try {
            scanner.value(0);
            int end = scanner.at;
            if (end >= payload.length || " \t\r\n,][{}".indexOf(payload[end]) >= 0) {
                sink.rejected("not_an_object", "a JSON value that is no object", trimmed(payload, at, end));
                return end;
            }
            return junk(payload, at, "invalid_json", "no JSON value", sink);
        } catch (RejectedRecordException refused) {
            return junk(payload, at, refused.reason, refused.getMessage(), sink);
        }
    }

    private int junk(byte[] payload, int at, String reason, String message, Sink sink) {
        int end = at + 1;
        while (end < payload.length && payload[end] != '\n' && !(payload[end] == '{' && beginsRecord(payload, end))) {
            end++;
        }
        sink.rejected(reason, message, trimmed(payload, at, end));
        return end;
    }

    private static int endOfFault(byte[] payload, int at) {
        for (int end = at + 1; end < payload.length; end++) {
            byte before = payload[end - 1];
            boolean isLine = before == '\n' && (payload[end] == '{' || payload[end] == '[');
            if (isLine || (before == '}' && payload[end] == '{' && beginsRecord(payload, end))) {
                return end;
            }
        }
        return payload.length;
    }

    private static boolean beginsRecord(byte[] payload, int brace) {
        int at = brace + 1;
        while (at < payload.length && JsonScanner.isSpace(payload[at])) {
            at++;
        }
        return at < payload.length && (payload[at] == '"' || payload[at] == '}');
    }

    private static byte[] trimmed(byte[] payload, int begin, int end) {
        while (end > begin && JsonScanner.isSpace(payload[end - 1])) {
            end--;
        }
        return begin == 0 && end == payload.length ? payload : Arrays.copyOfRange(payload, begin, end);
    }
}
