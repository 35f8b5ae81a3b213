package lake.flink;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;

import org.apache.flink.core.memory.DataOutputSerializer;
import org.apache.flink.table.data.GenericRowData;
import org.apache.flink.table.data.TimestampData;
import org.apache.flink.table.data.binary.BinaryStringData;

/**
 * One JSON object to one row of the contract's columns; or RejectedRecordException, with the reason that batch would give
 * (lake/parse/records.py). All of it is walked over first, so that a syntax error comes before a wrong value.
 *
 * <p>Members that the contract does not know decide, as in batch, whether two records of one event are alike, so they
 * go into the digest; streams have no column for them.
 */
final class RecordParser {
    private static final char[] HEX = "0123456789abcdef".toCharArray();

    private final Column[] columns;
    private final Map<BinaryStringData, Integer> places = new HashMap<>();
    private final int[] begins;
    private final int[] ends;
    private final boolean[] escapes;
    private final MessageDigest sha256;
    private final MessageDigest unknown;
    private final DataOutputSerializer gathered = new DataOutputSerializer(256);
    private final boolean hasDigest;
    private int expected;

    /** Without `hasDigest`, what a digest needs is not gathered, and there is none. */
    RecordParser(Contract contract, boolean hasDigest) {
        this.hasDigest = hasDigest;
        columns = contract.columns.toArray(new Column[0]);
        begins = new int[columns.length];
        ends = new int[columns.length];
        escapes = new boolean[columns.length];
        for (int place = 0; place < columns.length; place++) {
            places.put(BinaryStringData.fromBytes(columns[place].fieldBytes), place);
        }
        try {
            sha256 = MessageDigest.getInstance("SHA-256");
            unknown = MessageDigest.getInstance("SHA-256");
        } catch (NoSuchAlgorithmException error) {
            throw new IllegalStateException(error);
        }
    }

    private String twice;
    private boolean hasUnknown;

    /** Walks over the object at the scanner's place, behind which it stands afterwards. Raises RejectedRecordException: no JSON. */
    void scan(JsonScanner scanner) {
        Arrays.fill(begins, -1);
        twice = null;
        hasUnknown = false;
        expected = 0;
        scanner.expect('{');
        if (scanner.peek() == '}') {
            scanner.at++;
            return;
        }
        while (true) {
            member(scanner);
            if (scanner.peek() == '}') {
                scanner.at++;
                return;
            }
            scanner.expect(',');
        }
    }

    private void member(JsonScanner scanner) {
        if (scanner.peek() != '"') {
            throw scanner.wrong("expecting a name in double quotes");
        }
        int nameAt = scanner.at;
        boolean isEscaped = scanner.string();
        int nameEnd = scanner.at;
        int place = place(scanner.text, nameAt + 1, nameEnd - 1, isEscaped);
        scanner.expect(':');
        scanner.peek();
        int begin = scanner.at;
        boolean hasEscape = false;
        if (scanner.text[begin] == '"') {
            hasEscape = scanner.string();
        } else {
            scanner.value(1);
        }
        if (place < 0) {
            if (!hasDigest) {
                return;
            }
            hasUnknown = true;
            unknown.update(scanner.text, nameAt, nameEnd - nameAt);
            unknown.update(scanner.text, begin, scanner.at - begin);
            return;
        }
        if (begins[place] >= 0 && twice == null) {
            twice = columns[place].field;
        }
        begins[place] = begin;
        ends[place] = scanner.at;
        escapes[place] = hasEscape;
    }

    /** The column of a name, -1 for none. Producers write names in one order: the next one is tried first. */
    private int place(byte[] text, int begin, int end, boolean isEscaped) {
        if (!isEscaped && expected < columns.length) {
            byte[] next = columns[expected].fieldBytes;
            if (Arrays.equals(next, 0, next.length, text, begin, end)) {
                return expected++;
            }
        }
        byte[] name = isEscaped ? Texts.unescaped(text, begin, end) : Arrays.copyOfRange(text, begin, end);
        Integer place = name == null ? null : places.get(BinaryStringData.fromBytes(name));
        if (place != null) {
            expected = place + 1;
        }
        return place == null ? -1 : place;
    }

    /** Fills `row` from the object in text[begin, end) that was scanned last. Raises RejectedRecordException. */
    void read(byte[] text, int begin, int end, boolean isBeyondAscii, GenericRowData row) {
        int readable = isBeyondAscii ? Texts.utf8Bytes(text, begin, end) : end - begin;
        if (readable < end - begin) {
            throw new RejectedRecordException("invalid_utf8", "not UTF-8 at byte " + readable + " of the record");
        }
        if (twice != null) {
            throw new RejectedRecordException("duplicate_field", "field " + named(twice) + " stands more than once");
        }
        for (int place = 0; place < columns.length; place++) {
            row.setField(place, value(columns[place], place, text, begin, end));
        }
    }

    private Object value(Column column, int place, byte[] text, int begin, int end) {
        boolean isNull = begins[place] < 0 || text[begins[place]] == 'n';
        Object value = null;
        if (!isNull) {
            try {
                value = Values.value(column, text, begins[place], ends[place], escapes[place]);
            } catch (RejectedRecordException refused) {
                throw new RejectedRecordException(refused.reason, "field " + named(column.field) + ": " + refused.getMessage());
            }
        } else if (column.derived) {
            sha256.update(text, begin, end - begin);
            value = hex(sha256.digest());
        } else if (column.required) {
            throw new RejectedRecordException("missing_required", "field " + named(column.field) + " is required, and absent or null");
        }
        if (column.allowed.length > 0 && value != null && !Arrays.asList(column.allowed).contains(value.toString())) {
            String shown = Texts.shown(text, begins[place], ends[place]);
            throw new RejectedRecordException("value_not_allowed", "field " + named(column.field) + ": " + shown + " is not in "
                    + String.join(", ", column.allowed));
        }
        return value;
    }

    /**
     * 64 bits of a digest of the row that was read last, with the members that no column has. Columns that are null add
     * nothing, the others their names too: an optional column more in the contract leaves the digests of records that
     * do not have it as they are, so that one that comes again across an upgrade is still known.
     */
    long digest(GenericRowData row) {
        gathered.clear();
        try {
            for (int place = 0; place < columns.length; place++) {
                Object value = row.getField(place);
                if (value != null) {
                    gather(columns[place].nameBytes);
                    gather(value);
                }
            }
        } catch (IOException error) {
            throw new UncheckedIOException(error);  // a buffer in memory raises none
        }
        sha256.update(gathered.getSharedBuffer(), 0, gathered.length());
        if (hasUnknown) {
            sha256.update(unknown.digest());
        }
        return ByteBuffer.wrap(sha256.digest()).getLong();
    }

    private void gather(Object value) throws IOException {
        if (value instanceof Long) {
            gathered.writeLong((Long) value);
        } else if (value instanceof TimestampData) {
            gathered.writeLong(((TimestampData) value).getMillisecond());
            gathered.writeInt(((TimestampData) value).getNanoOfMillisecond());
        } else {
            gather(value instanceof BinaryStringData ? ((BinaryStringData) value).toBytes()
                    : value.toString().getBytes(StandardCharsets.UTF_8));
        }
    }

    private void gather(byte[] bytes) throws IOException {
        gathered.writeInt(bytes.length);
        gathered.write(bytes);
    }

    /** Forgets what of a record's members has been gathered: it is not read any further. */
    void forget() {
        if (hasUnknown) {
            unknown.reset();
        }
    }

    private static String named(String field) {
        return Texts.quoted(field.getBytes(StandardCharsets.UTF_8));
    }

    private static BinaryStringData hex(byte[] digest) {
        byte[] text = new byte[digest.length * 2];
        for (int place = 0; place < digest.length; place++) {
            text[2 * place] = (byte) HEX[digest[place] >> 4 & 15];
            text[2 * place + 1] = (byte) HEX[digest[place] & 15];
        }
        return BinaryStringData.fromBytes(text);
    }
}
