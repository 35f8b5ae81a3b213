package lake.flink;

import java.util.ArrayList;
import java.util.Collection;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

import org.apache.flink.api.java.tuple.Tuple2;

/**
 * Users and devices in memory, a bounded number of them, and when each has a session to close. Beside them as many whose
 * sessions were closed, of which the state is known to have nothing: when they come again, it is not read.
 */
final class RecentKeys {
    private final int most;
    private final Map<Tuple2<Long, String>, KeyedSessions> keys = new LinkedHashMap<>();
    private final Map<Tuple2<Long, String>, Boolean> closed = new LinkedHashMap<>();
    private final CloseTimers timers = new CloseTimers();

    RecentKeys(int most) {
        this.most = most;
    }

    /** The sessions of a key; null where it is not in memory. */
    KeyedSessions get(Tuple2<Long, String> key) {
        return keys.get(key);
    }

    /** Whether the state is known to have nothing of a key that is not in memory; true once. */
    boolean hasClosed(Tuple2<Long, String> key) {
        return closed.remove(key) != null;
    }

    Collection<KeyedSessions> all() {
        return keys.values();
    }

    /** Adds a key; returns those that were evicted for it: the ones that were added first, a tenth of all at once. */
    List<KeyedSessions> add(KeyedSessions added) {
        keys.put(added.key(), added);
        if (keys.size() <= most) {
            return List.of();
        }
        List<KeyedSessions> evicted = new ArrayList<>();
        Iterator<KeyedSessions> remaining = keys.values().iterator();
        while (remaining.hasNext() && evicted.size() <= most / 10) {
            KeyedSessions eldest = remaining.next();
            eldest.markRemoved();
            remaining.remove();
            evicted.add(eldest);
        }
        return evicted;
    }

    /** Removes a key that has no open session, neither here nor in the state. */
    void close(KeyedSessions emptied) {
        emptied.markRemoved();
        keys.remove(emptied.key());
        closed.put(emptied.key(), true);
        if (closed.size() > most) {
            Iterator<Tuple2<Long, String>> eldest = closed.keySet().iterator();
            eldest.next();
            eldest.remove();
        }
    }

    /** Makes `due` return this key when the watermark reaches the time. */
    void closeAt(KeyedSessions sessions, long time) {
        if (time < sessions.dueAt()) {
            sessions.setDueAt(time);
            timers.add(time, sessions);
        }
    }

    /** The next key that has a session to close at this watermark, null where there is none. */
    KeyedSessions due(long watermark) {
        for (CloseTimers.Timer timer = timers.next(watermark); timer != null; timer = timers.next(watermark)) {
            KeyedSessions sessions = timer.sessions();
            if (!sessions.isRemoved() && sessions.dueAt() == timer.time()) {
                sessions.setDueAt(KeyedSessions.NEVER);
                return sessions;
            }
        }
        return null;
    }
}
