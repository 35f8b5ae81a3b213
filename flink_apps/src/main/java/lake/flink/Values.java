package lake.flink;

import java.math.BigDecimal;
import java.math.RoundingMode;
import java.nio.charset.StandardCharsets;
import java.util.Locale;
import java.util.regex.Pattern;

import org.apache.flink.table.data.DecimalData;
import org.apache.flink.table.data.binary.BinaryStringData;

/**
 * One JSON value as a column's type holds it exactly, or the reason why it is rejected. The rules are those of batch:
 * lake/parse/values.py for JSON values, lake/parse/text_values.py for strings in columns with `acceptsText`. The known
 * answers are in tests/known_answers/text_values.json.
 */
final class Values {
    private static final Pattern NUMBER =
            Pattern.compile("[+-]?(?:[0-9]+(?:\\.[0-9]*)?|\\.[0-9]+)(?:[eE][+-]?[0-9]+)?");
    private static final int MOST_DIGITS = 1000;

    private final Column column;
    private final byte[] text;
    private final int begin;
    private final int end;

    private Values(Column column, byte[] text, int begin, int end) {
        this.column = column;
        this.text = text;
        this.begin = begin;
        this.end = end;
    }

    /** The value of text[begin, end), which is JSON and not null; `hasEscape` is for strings. */
    static Object value(Column column, byte[] text, int begin, int end, boolean hasEscape) {
        Values value = new Values(column, text, begin, end);
        if (text[begin] != '"') {
            return value.ofJson();
        }
        if (!hasEscape) {
            return value.ofString(text, begin + 1, end - 1);
        }
        byte[] content = Texts.unescaped(text, begin + 1, end - 1);
        if (content != null) {
            return value.ofString(content, 0, content.length);
        }
        if (column.kind != Column.Kind.STRING) {
            throw value.wrongType();
        }
        throw new RejectedRecordException("invalid_utf8", "unpaired surrogate in " + Texts.shown(text, begin, end));
    }

    private Object ofString(byte[] content, int from, int to) {
        switch (column.kind) {
            case STRING:
                return BinaryStringData.fromBytes(content, from, to - from);
            case TIMESTAMP:
                if (column.acceptsText && Epochs.isEpoch(content, from, to, column.epochUnit)) {
                    return epoch(new String(content, from, to - from, StandardCharsets.US_ASCII));
                }
                long micros = Times.micros(content, from, to);
                if (micros == Times.NONE) {
                    throw wrongType();
                }
                return timestamp(micros);
            case DATE:
                long days = Times.days(content, from, to);
                if (days == Times.NONE) {
                    throw wrongType();
                }
                return (int) days;
            default:
                if (!column.acceptsText) {
                    throw wrongType();
                }
                return ofText(content, from, to);
        }
    }

    private Object ofText(byte[] content, int from, int to) {
        String string = new String(content, from, to - from, StandardCharsets.UTF_8);
        switch (column.kind) {
            case BOOLEAN:
                return bool(string.toLowerCase(Locale.ROOT));
            case FLOAT:
            case DOUBLE:
            case DECIMAL:
                if (!NUMBER.matcher(string).matches()) {
                    throw wrongType();
                }
                return number(string);
            default:
                if (!isInteger(content, from, to)) {
                    throw wrongType();
                }
                return integer(content, from, to);
        }
    }

    private boolean bool(String lower) {
        switch (lower) {
            case "true":
            case "t":
            case "1":
                return true;
            case "false":
            case "f":
            case "0":
                return false;
            default:
                throw wrongType();
        }
    }

    private Object ofJson() {
        byte first = text[begin];
        if (column.kind == Column.Kind.BOOLEAN && (first == 't' || first == 'f')) {
            return first == 't';
        }
        if (first != '-' && (first < '0' || first > '9')) {
            throw wrongType();
        }
        switch (column.kind) {
            case TINYINT:
            case SMALLINT:
            case INT:
            case BIGINT:
                if (isInteger(text, begin, end)) {
                    return integer(text, begin, end);
                }
                throw wrongType();
            case TIMESTAMP:
                if (column.epochUnit != null || isInteger(text, begin, end)) {
                    return epoch(new String(text, begin, end - begin, StandardCharsets.US_ASCII));
                }
                throw wrongType();
            case FLOAT:
            case DOUBLE:
            case DECIMAL:
                return number(new String(text, begin, end - begin, StandardCharsets.US_ASCII));
            default:
                throw wrongType();
        }
    }

    /** Whether content[from, to) is a sign, if any, and digits. */
    private static boolean isInteger(byte[] content, int from, int to) {
        int first = afterSign(content, from, to);
        for (int at = first; at < to; at++) {
            if (content[at] < '0' || content[at] > '9') {
                return false;
            }
        }
        return to > first;
    }

    private static int afterSign(byte[] content, int from, int to) {
        return from < to && (content[from] == '-' || content[from] == '+') ? from + 1 : from;
    }

    private Object integer(byte[] content, int from, int to) {
        long value = whole(content, from, to);
        switch (column.kind) {
            case BIGINT:
                return value;
            case INT:
                return (int) inRange(value, Integer.MIN_VALUE, Integer.MAX_VALUE);
            case SMALLINT:
                return (short) inRange(value, Short.MIN_VALUE, Short.MAX_VALUE);
            default:
                return (byte) inRange(value, Byte.MIN_VALUE, Byte.MAX_VALUE);
        }
    }

    private long inRange(long value, long lowest, long highest) {
        if (value < lowest || value > highest) {
            throw outOfRange();
        }
        return value;
    }

    /** The number that is written as a sign, if any, and digits. */
    private long whole(byte[] content, int from, int to) {
        boolean isNegative = content[from] == '-';
        // Counted below zero, where there is one number more.
        long value = 0;
        for (int at = afterSign(content, from, to); at < to; at++) {
            int digit = content[at] - '0';
            if (value < (Long.MIN_VALUE + digit) / 10) {
                throw outOfRange();
            }
            value = value * 10 - digit;
        }
        if (!isNegative && value == Long.MIN_VALUE) {
            throw outOfRange();
        }
        return isNegative ? value : -value;
    }

    private Object epoch(String number) {
        long micros = Epochs.micros(number, column.epochUnit);
        if (micros == Times.NONE) {
            String message = Texts.shown(text, begin, end) + Epochs.problem(number, column.epochUnit);
            throw new RejectedRecordException("out_of_range", message);
        }
        return Times.timestamp(micros);
    }

    private Object timestamp(long micros) {
        return Times.timestamp(inRange(micros, Times.FIRST_MICROS, Times.LAST_MICROS));
    }

    private Object number(String number) {
        switch (column.kind) {
            case DECIMAL:
                return decimal(number);
            case FLOAT:
                float single = Float.parseFloat(number);
                if (Float.isInfinite(single)) {
                    throw outOfRange();
                }
                return single;
            default:
                double value = Double.parseDouble(number);
                if (Double.isInfinite(value)) {
                    throw outOfRange();
                }
                return value;
        }
    }

    private DecimalData decimal(String number) {
        DecimalData value = null;
        try {
            BigDecimal exact = new BigDecimal(number);
            // A text such as 1e999999999 is short, and must not become that many digits.
            if (exact.signum() == 0) {
                value = DecimalData.zero(column.precision, column.scale);
            } else if (Math.abs((long) exact.scale()) + exact.precision() < MOST_DIGITS) {
                BigDecimal scaled = exact.setScale(column.scale, RoundingMode.UNNECESSARY);
                value = DecimalData.fromBigDecimal(scaled, column.precision, column.scale);
            }
        } catch (ArithmeticException | NumberFormatException error) {
            // More digits than the column has: rejected below.
        }
        if (value == null) {
            throw outOfRange();
        }
        return value;
    }

    private RejectedRecordException wrongType() {
        String message = "expected " + column.hiveType + ", got " + Texts.shown(text, begin, end);
        return new RejectedRecordException("wrong_type", message);
    }

    private RejectedRecordException outOfRange() {
        String message = Texts.shown(text, begin, end) + " does not fit " + column.hiveType;
        return new RejectedRecordException("out_of_range", message);
    }
}
