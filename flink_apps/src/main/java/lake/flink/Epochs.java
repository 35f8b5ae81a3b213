package lake.flink;

import java.math.BigDecimal;
import java.math.RoundingMode;

/** Numbers that are times, by the rules of lake/parse/epoch.py. */
final class Epochs {
    private static final String DEFAULT_UNIT = "millis";
    private static final String[] UNITS = {"seconds", "millis", "micros", "nanos"};
    private static final BigDecimal FIRST_SECOND = BigDecimal.valueOf(631_152_000L);
    private static final BigDecimal LAST_SECOND = BigDecimal.valueOf(4_102_444_800L);
    private static final int LEAST_DIGITS = 11;
    private static final int MICROS_DIGITS = 6;

    private Epochs() {
    }

    /** Whether content[from, to) is read as a number, rather than as ISO 8601. */
    static boolean isEpoch(byte[] content, int from, int to, String unit) {
        int first = from < to && (content[from] == '-' || content[from] == '+') ? from + 1 : from;
        int wholeEnd = digitsEnd(content, first, to);
        if (unit == null) {
            return wholeEnd == to && to - first >= LEAST_DIGITS;
        }
        if (wholeEnd == first || wholeEnd == to) {
            return wholeEnd > first;
        }
        return content[wholeEnd] == '.' && wholeEnd + 1 < to && digitsEnd(content, wholeEnd + 1, to) == to;
    }

    /** The instant in microseconds since 1970, NONE where it is not from 1990 to 2100. */
    static long micros(String number, String unit) {
        int digits = 3 * place(unit == null ? DEFAULT_UNIT : unit);
        BigDecimal seconds = seconds(number, digits);
        if (seconds == null) {
            return Times.NONE;
        }
        return seconds.movePointRight(MICROS_DIGITS).setScale(0, RoundingMode.DOWN).longValueExact();
    }

    /** What is to be said of a number of which `micros` is NONE. */
    static String problem(String number, String unit) {
        String problem = " is not a time from 1990 to 2100 in epoch " + (unit == null ? DEFAULT_UNIT : unit);
        for (int place = 0; place < UNITS.length; place++) {
            if (seconds(number, 3 * place) != null) {
                return problem + "; it is one in " + UNITS[place] + " (epochUnit: " + UNITS[place] + ")";
            }
        }
        return problem;
    }

    /** The number divided by ten to the given power; null where that is not between the first and the last second. */
    private static BigDecimal seconds(String number, int digits) {
        try {
            BigDecimal seconds = new BigDecimal(number).movePointLeft(digits);
            return FIRST_SECOND.compareTo(seconds) <= 0 && seconds.compareTo(LAST_SECOND) < 0 ? seconds : null;
        } catch (ArithmeticException | NumberFormatException error) {
            return null; // an exponent beyond what a BigDecimal holds is no time
        }
    }

    private static int place(String unit) {
        for (int place = 0; place < UNITS.length; place++) {
            if (UNITS[place].equals(unit)) {
                return place;
            }
        }
        throw new IllegalArgumentException("epochUnit is " + unit + "; expected seconds, millis, micros or nanos");
    }

    private static int digitsEnd(byte[] content, int from, int to) {
        int at = from;
        while (at < to && content[at] >= '0' && content[at] <= '9') {
            at++;
        }
        return at;
    }
}
