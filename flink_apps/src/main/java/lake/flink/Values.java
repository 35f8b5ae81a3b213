package lake.flink;

import java.math.BigDecimal;
import java.math.RoundingMode;
import java.nio.charset.StandardCharsets;
import java.util.Locale;
import java.util.regex.Pattern;

import org.apache.flink.table.data.DecimalData;
import org.apache.flink.table.data.TimestampData;
import org.apache.flink.table.data.binary.BinaryStringData;

/**
 * One JSON value as a column's type holds it exactly, or RejectedRecordException: the rules are those of lake/parse/scalars.py.
 * Integers are numbers with no fraction and no exponent; strings are JSON strings alone; a timestamp is text or whole
 * epoch milliseconds. With `acceptsText`, a string is read as a number or boolean would be from CSV.
 */
final class Values {
    private static final Pattern NUMBER = Pattern.compile("-?[0-9]+(?:\\.[0-9]+)?(?:[eE][+-]?[0-9]+)?");
    private static final Pattern WHOLE = Pattern.compile("-?[0-9]+");
    private static final int LONGEST_WHOLE = 40;

    private Values() {}

    /** The value that stands in text[begin, end), which is JSON and not null. */
    static Object value(Column column, byte[] text, int begin, int end, boolean hasEscape) {
        boolean isText = text[begin] == '"';
        if (!isText) {
            return plain(column, text, begin, end);
        }
        byte[] content = text;
        int from = begin + 1;
        int to = end - 1;
        if (hasEscape) {
            content = Texts.unescaped(text, from, to);
            if (content == null && !column.hiveType.equals("string")) {
                throw refused(column, text, begin, end, "wrong_type");
            }
            if (content == null) {
                throw new RejectedRecordException("invalid_utf8", "half a surrogate pair in " + Texts.shown(text, begin, end));
            }
            from = 0;
            to = content.length;
        }
        Object value = ofText(column, content, from, to);
        if (value == null) {
            throw refused(column, text, begin, end, "wrong_type");
        }
        return value;
    }

    private static Object ofText(Column column, byte[] content, int from, int to) {
        switch (column.hiveType) {
            case "string":
                return BinaryStringData.fromBytes(content, from, to - from);
            case "timestamp":
                long micros = Times.micros(content, from, to);
                if (micros != Times.NONE) {
                    return timestamp(column, micros, content, from, to);
                }
                break;
            case "date":
                long days = Times.days(content, from, to);
                return days == Times.NONE ? null : (Object) (int) days;
            default:
        }
        return column.acceptsText ? loose(column, new String(content, from, to - from, StandardCharsets.UTF_8)) : null;
    }

    /** What a text such as "7" is as a number or boolean; null for what it is not. */
    private static Object loose(Column column, String text) {
        if (column.hiveType.equals("boolean")) {
            String lower = text.toLowerCase(Locale.ROOT);
            boolean isTrue = lower.equals("true") || lower.equals("t");
            return isTrue || lower.equals("false") || lower.equals("f") ? (Object) isTrue : null;
        }
        boolean isWhole = WHOLE.matcher(text).matches();
        boolean needsWhole = !column.hiveType.matches("float|double|decimal");
        if (needsWhole ? !isWhole : !NUMBER.matcher(text).matches()) {
            return null;
        }
        String number = isWhole ? text.replaceFirst("^(-?)0+(?=[0-9])", "$1") : text;
        byte[] bytes = number.getBytes(StandardCharsets.US_ASCII);
        return plain(column, bytes, 0, bytes.length);
    }

    private static Object plain(Column column, byte[] text, int begin, int end) {
        byte first = text[begin];
        boolean isNumber = first == '-' || (first >= '0' && first <= '9');
        switch (column.hiveType) {
            case "boolean":
                if (first == 't' || first == 'f') {
                    return first == 't';
                }
                break;
            case "tinyint":
            case "smallint":
            case "int":
            case "bigint":
                if (isNumber && isWhole(text, begin, end)) {
                    return integer(column, text, begin, end);
                }
                break;
            case "timestamp":
                if (isNumber && isWhole(text, begin, end) && end - begin <= LONGEST_WHOLE) {
                    return instant(column, text, begin, end);
                }
                break;
            case "float":
            case "double":
            case "decimal":
                if (isNumber) {
                    return number(column, text, begin, end);
                }
                break;
            default:
        }
        throw refused(column, text, begin, end, "wrong_type");
    }

    private static boolean isWhole(byte[] text, int begin, int end) {
        for (int at = begin + 1; at < end; at++) {
            if (text[at] < '0') {
                return false;
            }
            if (text[at] > '9') {
                return false;
            }
        }
        return true;
    }

    private static Object integer(Column column, byte[] text, int begin, int end) {
        long value = whole(column, text, begin, end);
        switch (column.hiveType) {
            case "bigint":
                return value;
            case "int":
                return (int) inRange(column, value, Integer.MIN_VALUE, Integer.MAX_VALUE, text, begin, end);
            case "smallint":
                return (short) inRange(column, value, Short.MIN_VALUE, Short.MAX_VALUE, text, begin, end);
            default:
                return (byte) inRange(column, value, Byte.MIN_VALUE, Byte.MAX_VALUE, text, begin, end);
        }
    }

    private static long inRange(Column column, long value, long lowest, long highest, byte[] text, int begin, int end) {
        if (value < lowest || value > highest) {
            throw refused(column, text, begin, end, "out_of_range");
        }
        return value;
    }

    private static long whole(Column column, byte[] text, int begin, int end) {
        boolean isNegative = text[begin] == '-';
        int first = isNegative ? begin + 1 : begin;
        if (end - first > 19) {
            throw refused(column, text, begin, end, "out_of_range");
        }
        // Counted below zero, where there is one number more.
        long value = 0;
        for (int at = first; at < end; at++) {
            int digit = text[at] - '0';
            if (value < (Long.MIN_VALUE + digit) / 10) {
                throw refused(column, text, begin, end, "out_of_range");
            }
            value = value * 10 - digit;
        }
        if (!isNegative && value == Long.MIN_VALUE) {
            throw refused(column, text, begin, end, "out_of_range");
        }
        return isNegative ? value : -value;
    }

    private static Object instant(Column column, byte[] text, int begin, int end) {
        long millis = whole(column, text, begin, end);
        boolean isIn = millis >= Times.FIRST_MICROS / 1000 && millis <= Times.LAST_MICROS / 1000;
        return timestamp(column, isIn ? millis * 1000 : Long.MAX_VALUE, text, begin, end);
    }

    private static TimestampData timestamp(Column column, long micros, byte[] text, int begin, int end) {
        if (micros < Times.FIRST_MICROS || micros > Times.LAST_MICROS) {
            throw refused(column, text, begin, end, "out_of_range");
        }
        return TimestampData.fromEpochMillis(
                Math.floorDiv(micros, 1000L), (int) Math.floorMod(micros, 1000L) * 1000);
    }

    private static Object number(Column column, byte[] text, int begin, int end) {
        String number = new String(text, begin, end - begin, StandardCharsets.US_ASCII);
        if (column.hiveType.equals("decimal")) {
            return decimal(column, number, text, begin, end);
        }
        double value = column.hiveType.equals("float") ? Float.parseFloat(number) : Double.parseDouble(number);
        if (Double.isInfinite(value)) {
            throw refused(column, text, begin, end, "out_of_range");
        }
        return column.hiveType.equals("float") ? (Object) (float) value : (Object) value;
    }

    private static Object decimal(Column column, String number, byte[] text, int begin, int end) {
        DecimalData value = null;
        try {
            BigDecimal exact = new BigDecimal(number);
            // A text such as 1e999999999 is short, and must not become that many digits.
            boolean isSmall = Math.abs((long) exact.scale()) + exact.precision() < 1000;
            value = isSmall ? DecimalData.fromBigDecimal(
                    exact.setScale(column.scale, RoundingMode.UNNECESSARY), column.precision, column.scale) : null;
        } catch (ArithmeticException | NumberFormatException error) {
            // More digits than the column has: refused below.
        }
        if (value == null) {
            throw refused(column, text, begin, end, "out_of_range");
        }
        return value;
    }

    private static RejectedRecordException refused(Column column, byte[] text, int begin, int end, String reason) {
        String what = reason.equals("out_of_range") ? " cannot hold " : " expected, found ";
        return new RejectedRecordException(reason, column.shownType() + what + Texts.shown(text, begin, end));
    }
}
