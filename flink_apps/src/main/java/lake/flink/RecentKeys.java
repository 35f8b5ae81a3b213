package lake.flink;

import java.util.ArrayList;
import java.util.Collection;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

import org.apache.flink.api.java.tuple.Tuple2;

/**
 * Users and devices in memory, a bounded number of them, and when each has to be looked at. Beside them as many whose
 * sessions were closed, of which the state is known to hold nothing: when they come again, it is not asked.
 */
final class RecentKeys {
    private final int most;
    private final Map<Tuple2<Long, String>, KeyedSessions> keys = new LinkedHashMap<>();
    private final Map<Tuple2<Long, String>, Boolean> closed = new LinkedHashMap<>();
    private final CloseTimers dues = new CloseTimers();

    RecentKeys(int most) {
        this.most = most;
    }

    /** What is held of a key; null where it is not in memory. */
    KeyedSessions get(Tuple2<Long, String> key) {
        return keys.get(key);
    }

    /** Whether the state is known to hold nothing of a key that is not in memory; says so once. */
    boolean hasClosed(Tuple2<Long, String> key) {
        return closed.remove(key) != null;
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

    /** Takes out a key that has no open session left, neither here nor in the state. */
    void close(KeyedSessions held) {
        held.isEvicted = true;
        keys.remove(held.key);
        closed.put(held.key, true);
        if (closed.size() > most) {
            Iterator<Tuple2<Long, String>> eldest = closed.keySet().iterator();
            eldest.next();
            eldest.remove();
        }
    }

    /** Says that a key has to be looked at when the watermark is there. */
    void lookAt(KeyedSessions held, long time) {
        if (time < held.dueAt) {
            held.dueAt = time;
            dues.add(time, held);
        }
    }

    /** The next key to be looked at, null where there is none at this watermark. */
    KeyedSessions due(long watermark) {
        for (CloseTimers.Due due = dues.next(watermark); due != null; due = dues.next(watermark)) {
            if (!due.held.isEvicted && due.held.dueAt == due.time) {
                due.held.dueAt = KeyedSessions.NEVER;
                return due.held;
            }
        }
        return null;
    }
}
