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
 * Parses one JSON object to a row of the contract's columns, or rejects it with the reason that batch would give
 * (lake/parse/records.py). All of it is scanned first, so that a syntax error comes before a wrong value.
 *
 * <p>Members that the contract does not know decide, as in batch, whether two records of one event are equal, so they
 * go into the digest; streams have no column for them.
 */
final class RecordParser {
    private static final char[] HEX = "0123456789abcdef".toCharArray();
    private static final String NO_MEMBERS = "{}";

    private final Column[] columns;
    private final Map<BinaryStringData, Integer> indexes = new HashMap<>();
    private final MessageDigest sha256 = sha256();
    private final CanonicalJson canonical = new CanonicalJson();
    private final DataOutputSerializer digested = new DataOutputSerializer(256);
    private final boolean hasDigests;

    // Of the object that was scanned last: where each column's value is, a begin of -1 for a missing one.
    private final int[] begins;
    private final int[] ends;
    private final boolean[] escapes;
    private String duplicateField;
    private byte[] scanned;
    /** Where the members that the contract does not know are: begin and end of the name, and of the value. */
    private int[] unknown = new int[32];
    private int unknowns;
    private int expected;

    /** @param hasDigests whether `digest` will be called: without, what it needs is not kept */
    RecordParser(Contract contract, boolean hasDigests) {
        this.hasDigests = hasDigests;
        columns = contract.columns.toArray(new Column[0]);
        begins = new int[columns.length];
        ends = new int[columns.length];
        escapes = new boolean[columns.length];
        for (int index = 0; index < columns.length; index++) {
            indexes.put(BinaryStringData.fromBytes(columns[index].fieldBytes), index);
        }
    }

    private static MessageDigest sha256() {
        try {
            return MessageDigest.getInstance("SHA-256");
        } catch (NoSuchAlgorithmException error) {
            throw new IllegalStateException(error);
        }
    }

    /**
     * Scans the object at the scanner's position, and leaves the scanner behind it.
     *
     * @throws RejectedRecordException if it is not JSON
     */
    void scan(JsonScanner scanner) {
        Arrays.fill(begins, -1);
        duplicateField = null;
        expected = 0;
        unknowns = 0;
        scanned = scanner.text();
        scanner.expect('{');
        if (scanner.accept('}')) {
            return;
        }
        do {
            scanMember(scanner);
        } while (!scanner.endOfList('}'));
    }

    private void scanMember(JsonScanner scanner) {
        int nameBegin = scanner.beginOfName();
        boolean isEscaped = scanner.skipString();
        int nameEnd = scanner.position();
        int index = indexOf(scanner.text(), nameBegin + 1, nameEnd - 1, isEscaped);
        scanner.expect(':');
        boolean isText = scanner.peek() == '"';
        int begin = scanner.position();
        boolean hasEscape = false;
        if (isText) {
            hasEscape = scanner.skipString();
        } else {
            scanner.skipValue(1);
        }
        int end = scanner.position();
        if (index >= 0) {
            if (begins[index] >= 0 && duplicateField == null) {
                duplicateField = columns[index].field;
            }
            begins[index] = begin;
            ends[index] = end;
            escapes[index] = hasEscape;
        } else if (hasDigests) {
            keepUnknown(nameBegin, nameEnd, begin, end);
        }
    }

    private void keepUnknown(int... places) {
        if (unknowns + places.length > unknown.length) {
            unknown = Arrays.copyOf(unknown, 2 * unknown.length);
        }
        System.arraycopy(places, 0, unknown, unknowns, places.length);
        unknowns += places.length;
    }

    /** The column of a field's name, -1 for none. Producers write fields in one order: the next one is tried first. */
    private int indexOf(byte[] text, int begin, int end, boolean isEscaped) {
        if (!isEscaped && expected < columns.length) {
            byte[] next = columns[expected].fieldBytes;
            if (Arrays.equals(next, 0, next.length, text, begin, end)) {
                return expected++;
            }
        }
        byte[] name = isEscaped ? Texts.unescaped(text, begin, end) : Arrays.copyOfRange(text, begin, end);
        Integer index = name == null ? null : indexes.get(BinaryStringData.fromBytes(name));
        if (index == null) {
            return -1;
        }
        expected = index + 1;
        return index;
    }

    /**
     * Fills `row` from the object in text[begin, end) that was scanned last.
     *
     * @throws RejectedRecordException if the contract does not allow it
     */
    void parse(byte[] text, int begin, int end, boolean isBeyondAscii, GenericRowData row) {
        int readable = isBeyondAscii ? Texts.utf8Bytes(text, begin, end) : end - begin;
        if (readable < end - begin) {
            throw new RejectedRecordException("invalid_utf8", "invalid UTF-8 at byte " + readable + " of the record");
        }
        if (duplicateField != null) {
            throw new RejectedRecordException("duplicate_field", "duplicate field " + Texts.quoted(duplicateField));
        }
        for (int index = 0; index < columns.length; index++) {
            row.setField(index, value(index, text, begin, end));
        }
    }

    private Object value(int index, byte[] text, int begin, int end) {
        Column column = columns[index];
        if (begins[index] < 0 || text[begins[index]] == 'n') {
            if (column.derived) {
                sha256.update(text, begin, end - begin);
                return hex(sha256.digest());
            }
            if (column.required) {
                throw rejected("missing_required", column, " is required but missing or null");
            }
            return null;
        }
        Object value;
        try {
            value = Values.value(column, text, begins[index], ends[index], escapes[index]);
        } catch (RejectedRecordException rejected) {
            throw rejected(rejected.reason(), column, ": " + rejected.getMessage());
        }
        if (column.allowed.length > 0 && !Arrays.asList(column.allowed).contains(value.toString())) {
            String shown = Texts.shown(text, begins[index], ends[index]);
            throw rejected("value_not_allowed", column, ": expected one of " + String.join(", ", column.allowed) + ", got " + shown);
        }
        return value;
    }

    private static RejectedRecordException rejected(String reason, Column column, String problem) {
        return new RejectedRecordException(reason, "field " + Texts.quoted(column.field) + problem);
    }

    /**
     * 64 bits of a digest of the row that was parsed last, with the members that no column has: equal records have equal
     * digests (see CanonicalJson). Columns that are null add nothing, the others their names too: an optional column
     * more in the contract leaves the digests of records that do not have it as they are, so that one that comes again
     * across an upgrade is recognised.
     */
    long digest(GenericRowData row) {
        updateWithColumns(row, 0.0f);
        for (int at = 0; at < unknowns; at += 4) {
            canonical.add(scanned, unknown[at], unknown[at + 1], unknown[at + 2], unknown[at + 3]);
        }
        String members = unknowns == 0 ? NO_MEMBERS : canonical.ofMembers();
        if (!members.equals(NO_MEMBERS)) {
            sha256.update(members.getBytes(StandardCharsets.UTF_8));
        }
        return ByteBuffer.wrap(sha256.digest()).getLong();
    }

    /**
     * The digest that 0.1.0 kept of this record, which a savepoint may hold: of unknown members as they were written, in
     * their order, and with the sign of a zero.
     */
    long digestOfFirstVersion(GenericRowData row) {
        updateWithColumns(row, -0.0f);
        if (unknowns > 0) {
            MessageDigest written = sha256();
            for (int at = 0; at < unknowns; at += 2) {
                written.update(scanned, unknown[at], unknown[at + 1] - unknown[at]);
            }
            sha256.update(written.digest());
        }
        return ByteBuffer.wrap(sha256.digest()).getLong();
    }

    /** @param zero what is added to floating-point numbers: 0.0 takes the sign of a negative zero away, -0.0 nothing */
    private void updateWithColumns(GenericRowData row, float zero) {
        digested.clear();
        try {
            for (int index = 0; index < columns.length; index++) {
                Object value = row.getField(index);
                if (value != null) {
                    add(columns[index].nameBytes);
                    add(value, zero);
                }
            }
        } catch (IOException error) {
            throw new UncheckedIOException(error);  // a buffer in memory raises none
        }
        sha256.update(digested.getSharedBuffer(), 0, digested.length());
    }

    private void add(Object value, float zero) throws IOException {
        if (value instanceof Long) {
            digested.writeLong((Long) value);
        } else if (value instanceof TimestampData) {
            digested.writeLong(((TimestampData) value).getMillisecond());
            digested.writeInt(((TimestampData) value).getNanoOfMillisecond());
        } else if (value instanceof BinaryStringData) {
            add(((BinaryStringData) value).toBytes());
        } else {
            Object number = value instanceof Double ? (Object) ((Double) value + zero)
                    : value instanceof Float ? (Object) ((Float) value + zero) : value;
            add(number.toString().getBytes(StandardCharsets.UTF_8));
        }
    }

    private void add(byte[] bytes) throws IOException {
        digested.writeInt(bytes.length);
        digested.write(bytes);
    }

    private static BinaryStringData hex(byte[] digest) {
        byte[] text = new byte[digest.length * 2];
        for (int index = 0; index < digest.length; index++) {
            text[2 * index] = (byte) HEX[digest[index] >> 4 & 15];
            text[2 * index + 1] = (byte) HEX[digest[index] & 15];
        }
        return BinaryStringData.fromBytes(text);
    }
}
