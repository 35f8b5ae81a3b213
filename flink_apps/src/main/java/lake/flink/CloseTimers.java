package lake.flink;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.PriorityQueue;

/**
 * Keys by the time at which they have a session to close, which may have changed since. Sorted only as far as the watermark has come: what is due later is in a list for each
 * second, since a heap of all of them costs more than the sessions do.
 */
final class CloseTimers {
    private static final long SECOND = 1_000;

    private final PriorityQueue<Timer> near = new PriorityQueue<>(Comparator.comparingLong(Timer::time));
    private final Map<Long, List<Timer>> later = new HashMap<>();
    private final PriorityQueue<Long> laterSeconds = new PriorityQueue<>();
    private long end = Long.MIN_VALUE;

    /** A key that is due at a time. */
    static final class Timer {
        private final long time;
        private final KeyedSessions sessions;

        private Timer(long time, KeyedSessions sessions) {
            this.time = time;
            this.sessions = sessions;
        }

        long time() {
            return time;
        }

        KeyedSessions sessions() {
            return sessions;
        }
    }

    /** Adds a key; `time` is in milliseconds. */
    void add(long time, KeyedSessions sessions) {
        Timer timer = new Timer(time, sessions);
        long second = Math.floorDiv(time, SECOND);
        if (second < end) {
            near.add(timer);
            return;
        }
        List<Timer> timers = later.get(second);
        if (timers == null) {
            timers = new ArrayList<>();
            later.put(second, timers);
            laterSeconds.add(second);
        }
        timers.add(timer);
    }

    /** Takes out the earliest that is due at this watermark, null where there is none. */
    Timer next(long watermark) {
        while (near.isEmpty() || near.peek().time > watermark) {
            Long second = laterSeconds.peek();
            if (second == null || second > Math.floorDiv(watermark, SECOND)) {
                return null;
            }
            near.addAll(later.remove(laterSeconds.poll()));
            end = second + 1;
        }
        return near.poll();
    }
}
