package lake.flink;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;

import org.apache.flink.table.data.TimestampData;

/**
 * Instants and days written as ISO 8601 text, by the rules of lake/parse/times.py: YYYY-MM-DD, then nothing or `T` or
 * a space, HH:MM or HH:MM:SS with a fraction of one to nine digits, then nothing (UTC), `Z`, ` UTC`, +HH:MM, +HHMM or +HH.
 * Digits beyond microseconds are cut off. 23:59:60 in UTC is the second after it; 24:00 is not a time.
 */
final class Times {
    /** Stands for a text that is not a time: outside of all years. */
    static final long NONE = Long.MIN_VALUE;

    static final long FIRST_MICROS = -62_135_596_800_000_000L;
    static final long LAST_MICROS = 253_402_300_799_999_999L;
    private static final byte[] UTC = " UTC".getBytes(StandardCharsets.US_ASCII);
    private static final long DAY_SECONDS = 86_400;
    private static final int[] DAYS_IN_MONTH = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};

    private final byte[] text;
    private final int end;
    private int at;

    private Times(byte[] text, int begin, int end) {
        this.text = text;
        this.at = begin;
        this.end = end;
    }

    /** Microseconds since 1970, NONE for what is not a timestamp; may lie outside of years 1 to 9999. */
    static long micros(byte[] text, int begin, int end) {
        return new Times(text, begin, end).timestamp();
    }

    /** Days since 1970, NONE for what is not a day. */
    static long days(byte[] text, int begin, int end) {
        Times times = new Times(text, begin, end);
        long days = times.day();
        return times.at == end ? days : NONE;
    }

    /** A timestamp as rows hold it, from microseconds since 1970. */
    static TimestampData timestamp(long micros) {
        return TimestampData.fromEpochMillis(Math.floorDiv(micros, 1000L), (int) Math.floorMod(micros, 1000L) * 1000);
    }

    private long timestamp() {
        long days = day();
        if (days == NONE) {
            return NONE;
        }
        if (at == end) {
            return days * DAY_SECONDS * 1_000_000;
        }
        if (!accept("Tt ")) {
            return NONE;
        }
        int hour = number(2);
        if (hour < 0 || hour > 23 || !accept(":")) {
            return NONE;
        }
        int minute = number(2);
        if (minute < 0 || minute > 59) {
            return NONE;
        }
        int second = 0;
        long micros = 0;
        if (accept(":")) {
            second = number(2);
            if (second < 0 || second > 60) {
                return NONE;
            }
            if (accept(".") && (micros = fraction()) == NONE) {
                return NONE;
            }
        }
        int offset = at == end || accept("Zz") || acceptUtc() ? 0 : offsetMinutes();
        if (at != end || offset == Integer.MIN_VALUE) {
            return NONE;
        }
        long total = days * DAY_SECONDS + hour * 3600L + minute * 60L + second - offset * 60L;
        return second == 60 && Math.floorMod(total, DAY_SECONDS) != 0 ? NONE : total * 1_000_000 + micros;
    }

    private long day() {
        int year = number(4);
        if (year < 1 || !accept("-")) {
            return NONE;
        }
        int month = number(2);
        if (month < 1 || month > 12 || !accept("-")) {
            return NONE;
        }
        int day = number(2);
        boolean isLeap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
        if (day < 1 || day > DAYS_IN_MONTH[month - 1] + (isLeap && month == 2 ? 1 : 0)) {
            return NONE;
        }
        return daysSince1970(year, month, day);
    }

    /** Days by counting years from March, so that a leap day is a year's last. */
    private static long daysSince1970(int year, int month, int day) {
        int years = month > 2 ? year : year - 1;
        int dayOfYear = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
        return years * 365L + years / 4 - years / 100 + years / 400 + dayOfYear - 719_468;
    }

    private long fraction() {
        int begin = at;
        long micros = 0;
        while (at < end && text[at] >= '0' && text[at] <= '9') {
            if (at - begin < 6) {
                micros = micros * 10 + text[at] - '0';
            }
            at++;
        }
        int digits = at - begin;
        if (digits < 1 || digits > 9) {
            return NONE;
        }
        for (int missing = digits; missing < 6; missing++) {
            micros *= 10;
        }
        return micros;
    }

    /** Minutes east of UTC; Integer.MIN_VALUE for what is not an offset. */
    private int offsetMinutes() {
        boolean isWest = text[at] == '-';
        if (!accept("+-")) {
            return Integer.MIN_VALUE;
        }
        int hours = number(2);
        int minutes = 0;
        if (at < end) {
            accept(":");
            minutes = number(2);
        }
        if (hours < 0 || hours > 23 || minutes < 0 || minutes > 59) {
            return Integer.MIN_VALUE;
        }
        int offset = hours * 60 + minutes;
        return isWest ? -offset : offset;
    }

    private boolean acceptUtc() {
        boolean isUtc = Arrays.equals(text, at, end, UTC, 0, UTC.length);
        if (isUtc) {
            at = end;
        }
        return isUtc;
    }

    private boolean accept(String characters) {
        if (at < end && characters.indexOf(text[at]) >= 0) {
            at++;
            return true;
        }
        return false;
    }

    /** A number of exactly so many digits, -1 for other characters. */
    private int number(int digits) {
        if (at + digits > end) {
            return -1;
        }
        int number = 0;
        for (int stop = at + digits; at < stop; at++) {
            int digit = text[at] - '0';
            if (digit < 0 || digit > 9) {
                return -1;
            }
            number = number * 10 + digit;
        }
        return number;
    }
}
