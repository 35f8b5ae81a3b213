package lake.flink;

/** A record, or a value in it, that the contract does not allow: a record's outcome, not a fault of the program. */
final class RejectedRecordException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    final String reason;

    /** {@code reason} is a code of the closed list in lake/parse/reasons.py, or {@code missing_key}. */
    RejectedRecordException(String reason, String message) {
        super(message, null, false, false);
        this.reason = reason;
    }
}
