package lake.flink;

/**
 * Instants and days written as ISO 8601 text, by the rules of lake/parse/times.py: YYYY-MM-DD, then nothing or `T` or
 * a space, HH:MM or HH:MM:SS with a fraction of one to nine digits, then nothing (UTC), `Z`, +HH:MM, +HHMM or +HH.
 * Digits beyond microseconds are cut off. 23:59:60 in UTC is the second after it; 24:00 is none.
 */
final class Times {
    /** What stands for "no such time": outside of all years. */
    static final long NONE = Long.MIN_VALUE;

    static final long FIRST_MICROS = -62_135_596_800_000_000L;
    static final long LAST_MICROS = 253_402_300_799_999_999L;
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

    /** Microseconds since 1970, NONE for what is no timestamp; may lie out of years 1 to 9999. */
    static long micros(byte[] text, int begin, int end) {
        return new Times(text, begin, end).timestamp();
    }

    /** Days since 1970, NONE for what is no day. */
    static long days(byte[] text, int begin, int end) {
        Times times = new Times(text, begin, end);
        long days = times.day();
        return times.at == end ? days : NONE;
    }

    private long timestamp() {
        long days = day();
        if (days == NONE) {
            return NONE;
        }
        if (at == end) {
            return days * DAY_SECONDS * 1_000_000;
        }
        if (!oneOf("Tt ")) {
            return NONE;
        }
        int hour = number(2);
        if (hour < 0 || hour > 23 || !oneOf(":")) {
            return NONE;
        }
        int minute = number(2);
        if (minute < 0 || minute > 59) {
            return NONE;
        }
        int second = 0;
        long micros = 0;
        if (oneOf(":")) {
            second = number(2);
            if (second < 0 || second > 60) {
                return NONE;
            }
            if (oneOf(".") && (micros = fraction()) == NONE) {
                return NONE;
            }
        }
        int offset = at == end || oneOf("Zz") ? 0 : offsetMinutes();
        if (at != end || offset == Integer.MIN_VALUE) {
            return NONE;
        }
        long total = days * DAY_SECONDS + hour * 3600L + minute * 60L + second - offset * 60L;
        return second == 60 && Math.floorMod(total, DAY_SECONDS) != 0 ? NONE : total * 1_000_000 + micros;
    }

    private long day() {
        int year = number(4);
        if (year < 1 || !oneOf("-")) {
            return NONE;
        }
        int month = number(2);
        if (month < 1 || month > 12 || !oneOf("-")) {
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

    /** Minutes east of UTC; Integer.MIN_VALUE for what is no offset. */
    private int offsetMinutes() {
        boolean isWest = text[at] == '-';
        if (!oneOf("+-")) {
            return Integer.MIN_VALUE;
        }
        int hours = number(2);
        int minutes = 0;
        if (at < end) {
            oneOf(":");
            minutes = number(2);
        }
        if (hours < 0 || hours > 23 || minutes < 0 || minutes > 59) {
            return Integer.MIN_VALUE;
        }
        int offset = hours * 60 + minutes;
        return isWest ? -offset : offset;
    }

    private boolean oneOf(String characters) {
        if (at < end && characters.indexOf(text[at]) >= 0) {
            at++;
            return true;
        }
        return false;
    }

    /** A number of so many digits, -1 where there are others. */
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
