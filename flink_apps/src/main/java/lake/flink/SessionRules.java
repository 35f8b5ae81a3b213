package lake.flink;

import java.io.Serializable;
import java.time.Instant;
import java.time.LocalDate;
import java.time.ZoneId;
import java.util.Locale;

/**
 * What makes events one session. Times are microseconds since 1970, closing times milliseconds.
 *
 * <p>By a gap: an event exactly one gap after the last one belongs to the session, a microsecond more starts another.
 * With a zone, midnight there cuts: events of two days are never in one session. By a window: events of one fixed
 * window, counted from 1970, are one session.
 *
 * <p>A session is closed when, by the watermark, no further event can belong to it.
 */
public final class SessionRules implements Serializable {
    private static final long serialVersionUID = 1L;

    private final long gap;
    private final long window;
    private final ZoneId zone;
    private transient long dayBegin;
    private transient long dayEnd;

    private SessionRules(long gap, long window, ZoneId zone) {
        this.gap = gap;
        this.window = window;
        this.zone = zone;
    }

    /** Sessions by a gap of so many milliseconds, cut at midnight in `zone` (null: not cut). */
    public static SessionRules byGap(long gapMillis, String zone) {
        return new SessionRules(gapMillis * 1000, 0, zone == null ? null : ZoneId.of(zone));
    }

    /** Sessions by fixed windows of so many milliseconds. */
    public static SessionRules byWindow(long windowMillis) {
        return new SessionRules(0, windowMillis * 1000, null);
    }

    /** Whether an event belongs to a session that lasts from `first` to `last`. */
    boolean joins(long first, long last, long event) {
        if (window > 0) {
            return Math.floorDiv(first, window) == Math.floorDiv(event, window);
        }
        if (event > last + gap || event < first - gap) {
            return false;
        }
        return zone == null || (event >= first && event <= last) || isSameDay(first, event);
    }

    /** The watermark, in milliseconds, from which on no event can join a session that lasts until `last`. */
    long closesAt(long last) {
        if (window > 0) {
            return Math.floorDiv((Math.floorDiv(last, window) + 1) * window - 1, 1000L);
        }
        long close = last + gap;
        if (zone != null) {
            findDay(last);
            close = Math.min(close, dayEnd - 1);
        }
        return Math.floorDiv(close, 1000L);
    }

    /** The name of a session that begins at `first`. */
    String name(long user, String device, long first) {
        if (window > 0) {
            int letters = Math.min(3, device.codePointCount(0, device.length()));
            String start = device.substring(0, device.offsetByCodePoints(0, letters));
            long second = Math.floorDiv(Math.floorDiv(first, window) * window, 1_000_000L);
            return (user + "_" + start).toUpperCase(Locale.ROOT) + second;
        }
        return user + "_" + device + "_" + Math.floorDiv(first, 1000L);
    }

    private boolean isSameDay(long first, long other) {
        findDay(first);
        return other >= dayBegin && other < dayEnd;
    }

    /** Finds the day of an instant; most events are of the day that was found last. */
    private void findDay(long micros) {
        if (micros >= dayBegin && micros < dayEnd) {
            return;
        }
        LocalDate day = Instant.ofEpochMilli(Math.floorDiv(micros, 1000L)).atZone(zone).toLocalDate();
        dayBegin = day.atStartOfDay(zone).toInstant().toEpochMilli() * 1000;
        dayEnd = day.plusDays(1).atStartOfDay(zone).toInstant().toEpochMilli() * 1000;
    }
}
