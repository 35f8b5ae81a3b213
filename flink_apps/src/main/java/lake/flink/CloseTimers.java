package lake.flink;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.PriorityQueue;

/**
 * Keys by the time at which they have to be looked at. In order only as far as the watermark has come: what is due later
 * lies in a list for each second, since a heap of all of them costs more than the sessions do.
 */
final class CloseTimers {
    private static final long SECOND = 1_000;

    private final PriorityQueue<Due> near = new PriorityQueue<>((one, other) -> Long.compare(one.time, other.time));
    private final Map<Long, List<Due>> later = new HashMap<>();
    private final PriorityQueue<Long> laterSeconds = new PriorityQueue<>();
    private long end = Long.MIN_VALUE;

    /** A key, and a time that may have been replaced since. */
    static final class Due {
        final long time;
        final KeyedSessions held;

        Due(long time, KeyedSessions held) {
            this.time = time;
            this.held = held;
        }
    }

    /** Adds a key; `time` is in milliseconds. */
    void add(long time, KeyedSessions held) {
        Due due = new Due(time, held);
        long second = Math.floorDiv(time, SECOND);
        if (second < end) {
            near.add(due);
            return;
        }
        List<Due> dues = later.get(second);
        if (dues == null) {
            dues = new ArrayList<>();
            later.put(second, dues);
            laterSeconds.add(second);
        }
        dues.add(due);
    }

    /** Takes out the earliest that is due at this watermark, null where there is none. */
    Due next(long watermark) {
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
