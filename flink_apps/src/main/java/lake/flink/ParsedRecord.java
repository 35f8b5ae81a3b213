package lake.flink;

import org.apache.flink.table.data.GenericRowData;

/** One record of a payload: a row with its digest, or the reason why it is rejected. */
final class ParsedRecord {
    /** The row; null for a rejected record. */
    final GenericRowData row;
    /** Of the row, with the members that the contract does not know; 0 where no digests are wanted. */
    final long digest;
    /** A code of lake/parse/reasons.py; null for a row. */
    final String reason;
    final String message;
    /** The record's bytes. */
    final byte[] source;

    private ParsedRecord(GenericRowData row, long digest, String reason, String message, byte[] source) {
        this.row = row;
        this.digest = digest;
        this.reason = reason;
        this.message = message;
        this.source = source;
    }

    static ParsedRecord of(GenericRowData row, long digest, byte[] source) {
        return new ParsedRecord(row, digest, null, null, source);
    }

    static ParsedRecord rejected(String reason, String message, byte[] source) {
        return new ParsedRecord(null, 0, reason, message, source);
    }
}
