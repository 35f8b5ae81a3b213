package lake.flink;

/** A record, or a value in it, that the contract does not allow: an outcome of the record, not a fault of the job. */
final class RejectedRecordException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    private final String reason;

    /** @param reason a code of lake/parse/reasons.py, or {@code missing_key} */
    RejectedRecordException(String reason, String message) {
        super(message, null, false, false);
        this.reason = reason;
    }

    String reason() {
        return reason;
    }
}
