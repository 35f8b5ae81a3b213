package lake.flink;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;

import org.apache.flink.table.data.GenericRowData;

/**
 * Splits a payload into records: objects one after the other with white space, byte-order marks or nothing between
 * them, arrays of objects, and envelopes ({"Records": [...]}). Everything else is a rejected record, so that no byte
 * that is not white space or syntax is lost. An object that is not JSON costs the payload up to where a record plausibly
 * begins: at a line that begins with a bracket, or where `}{` is followed by a name.
 */
final class PayloadSplitter {
    private static final byte[] ENVELOPE = "\"Records\"".getBytes(StandardCharsets.US_ASCII);

    private final JsonScanner scanner = new JsonScanner();
    private final RecordParser parser;
    private final int width;
    private final boolean hasDigests;
    private final boolean hasEnvelopes;

    private byte[] payload;
    private int at;
    private boolean isInArray;
    private boolean isInEnvelope;

    /** @param width the number of a row's fields; the caller fills those behind the contract's columns */
    PayloadSplitter(Contract contract, int width, boolean hasDigests) {
        this.parser = new RecordParser(contract, hasDigests);
        this.width = width;
        this.hasDigests = hasDigests;
        this.hasEnvelopes = contract.columns.stream().noneMatch(column -> column.field.equals("Records"));
    }

    /** Begins with another payload. */
    void reset(byte[] payload) {
        this.payload = payload;
        at = 0;
        isInArray = false;
        isInEnvelope = false;
    }

    /** The next record; null at the end of the payload. */
    ParsedRecord next() {
        while ((at = pastSpace(at)) < payload.length) {
            ParsedRecord record = isInArray ? nextOfArray() : nextOfPayload();
            if (record != null) {
                return record;
            }
        }
        if (isInArray) {
            isInArray = false;
            return ParsedRecord.rejected("truncated", "the array that begins here is never closed", new byte[] {'['});
        }
        return null;
    }

    /** The record that begins here; null where only syntax was passed. */
    private ParsedRecord nextOfPayload() {
        if (payload[at] == '[') {
            at++;
            isInArray = true;
            isInEnvelope = false;
            return null;
        }
        if (payload[at] != '{') {
            return notAnObject();
        }
        int records = hasEnvelopes ? recordsOfEnvelope() : -1;
        if (records < 0) {
            return object();
        }
        at = records;
        isInArray = true;
        isInEnvelope = true;
        return null;
    }

    private ParsedRecord nextOfArray() {
        switch (payload[at]) {
            case ']':
                at++;
                isInArray = false;
                return isInEnvelope ? endOfEnvelope() : null;
            case ',':
                at++;
                return null;
            case '{':
                return object();
            default:
                return notAnObject();
        }
    }

    private int pastSpace(int from) {
        int place = from;
        while (place < payload.length) {
            if (JsonScanner.isSpace(payload[place])) {
                place++;
            } else if (place + 2 < payload.length && payload[place] == (byte) 0xef
                    && payload[place + 1] == (byte) 0xbb && payload[place + 2] == (byte) 0xbf) {
                place += 3;
            } else {
                return place;
            }
        }
        return place;
    }

    private ParsedRecord object() {
        int begin = at;
        int end = -1;
        scanner.reset(payload, begin, payload.length);
        try {
            parser.scan(scanner);
            end = scanner.position();
            GenericRowData row = new GenericRowData(width);
            parser.parse(payload, begin, end, scanner.isBeyondAscii(), row);
            at = end;
            return ParsedRecord.of(row, hasDigests ? parser.digest(row) : 0, bytes(begin, end));
        } catch (RejectedRecordException rejected) {
            at = end < 0 ? endOfFault(begin) : end;
            return ParsedRecord.rejected(rejected.reason(), rejected.getMessage(), trimmed(begin, at));
        }
    }

    /** Where an envelope's records begin; -1 where the object is not an envelope. */
    private int recordsOfEnvelope() {
        try {
            scanner.reset(payload, at + 1, payload.length);
            scanner.skipSpace();
            int nameBegin = scanner.position();
            int nameEnd = Math.min(nameBegin + ENVELOPE.length, payload.length);
            if (!Arrays.equals(payload, nameBegin, nameEnd, ENVELOPE, 0, ENVELOPE.length)) {
                return -1;
            }
            scanner.reset(payload, nameEnd, payload.length);
            scanner.expect(':');
            scanner.expect('[');
            int records = scanner.position();
            byte next = scanner.peek();
            return next == '{' || next == ']' ? records : -1;
        } catch (RejectedRecordException rejected) {
            return -1;
        }
    }

    /** Passes an envelope's closing brace; members beside its Records are not a record. */
    private ParsedRecord endOfEnvelope() {
        int begin = pastSpace(at);
        if (begin < payload.length && payload[begin] == '}') {
            at = begin + 1;
            return null;
        }
        at = endOfFault(begin);
        return ParsedRecord.rejected("not_an_object", "members beside the Records of an envelope", trimmed(begin, at));
    }

    /** Another JSON value than an object, or junk up to the end of its line or the next object. */
    private ParsedRecord notAnObject() {
        int begin = at;
        scanner.reset(payload, begin, payload.length);
        try {
            scanner.skipValue(0);
            int end = scanner.position();
            if (end >= payload.length || " \t\r\n,][{}".indexOf(payload[end]) >= 0) {
                at = end;
                return ParsedRecord.rejected("not_an_object", "expected an object, got " + Texts.shown(payload, begin, end), trimmed(begin, end));
            }
            return junk("invalid_json", "not a JSON value");
        } catch (RejectedRecordException rejected) {
            return junk(rejected.reason(), rejected.getMessage());
        }
    }

    private ParsedRecord junk(String reason, String message) {
        int begin = at++;
        while (at < payload.length && payload[at] != '\n' && !(payload[at] == '{' && isBeginOfRecord(at))) {
            at++;
        }
        return ParsedRecord.rejected(reason, message, trimmed(begin, at));
    }

    private int endOfFault(int begin) {
        for (int end = begin + 1; end < payload.length; end++) {
            byte before = payload[end - 1];
            boolean isLine = before == '\n' && (payload[end] == '{' || payload[end] == '[');
            if (isLine || (before == '}' && payload[end] == '{' && isBeginOfRecord(end))) {
                return end;
            }
        }
        return payload.length;
    }

    private boolean isBeginOfRecord(int brace) {
        int next = brace + 1;
        while (next < payload.length && JsonScanner.isSpace(payload[next])) {
            next++;
        }
        return next < payload.length && (payload[next] == '"' || payload[next] == '}');
    }

    private byte[] trimmed(int begin, int end) {
        int last = end;
        while (last > begin && JsonScanner.isSpace(payload[last - 1])) {
            last--;
        }
        return bytes(begin, last);
    }

    private byte[] bytes(int begin, int end) {
        return begin == 0 && end == payload.length ? payload : Arrays.copyOfRange(payload, begin, end);
    }
}
