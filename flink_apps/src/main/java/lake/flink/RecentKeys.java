package lake.flink;

import java.util.ArrayList;
import java.util.Collection;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.PriorityQueue;

import org.apache.flink.api.java.tuple.Tuple2;

/** Users and devices in memory, a bounded number of them, and when each has to be looked at. */
final class RecentKeys {
    private final int most;
    private final Map<Tuple2<Long, String>, KeyedSessions> keys = new LinkedHashMap<>();
    private final PriorityQueue<Due> dues = new PriorityQueue<>((one, other) -> Long.compare(one.time, other.time));

    private static final class Due {
        final long time;
        final KeyedSessions held;

        Due(long time, KeyedSessions held) {
            this.time = time;
            this.held = held;
        }
    }

    RecentKeys(int most) {
        this.most = most;
    }

    /** What is held of a key; null where it is not in memory. */
    KeyedSessions get(Tuple2<Long, String> key) {
        return keys.get(key);
    }

    Collection<KeyedSessions> all() {
        return keys.values();
    }

    /** Adds a key; returns those that had to make room, the ones that came first, a tenth of all at once. */
    List<KeyedSessions> add(KeyedSessions held) {
        keys.put(held.key, held);
        if (keys.size() <= most) {
            return List.of();
        }
        List<KeyedSessions> moved = new ArrayList<>();
        Iterator<KeyedSessions> each = keys.values().iterator();
        while (each.hasNext() && moved.size() <= most / 10) {
            KeyedSessions eldest = each.next();
            eldest.isEvicted = true;
            each.remove();
            moved.add(eldest);
        }
        return moved;
    }

    void remove(KeyedSessions held) {
        held.isEvicted = true;
        keys.remove(held.key);
    }

    /** Says that a key has to be looked at when the watermark is there. */
    void lookAt(KeyedSessions held, long time) {
        if (time < held.dueAt) {
            held.dueAt = time;
            dues.add(new Due(time, held));
        }
    }

    /** The next key to be looked at, null where there is none at this watermark. */
    KeyedSessions due(long watermark) {
        while (!dues.isEmpty() && dues.peek().time <= watermark) {
            Due due = dues.poll();
            if (!due.held.isEvicted && due.held.dueAt == due.time) {
                due.held.dueAt = KeyedSessions.NEVER;
                return due.held;
            }
        }
        return null;
    }
}
