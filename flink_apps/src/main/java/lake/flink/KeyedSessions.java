package lake.flink;

import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.function.Consumer;

import org.apache.flink.api.java.tuple.Tuple2;

/** The open sessions of one user and device, as they are in memory, and what the state knows of them. */
final class KeyedSessions {
    /** Stands for no time. */
    static final long NEVER = Long.MAX_VALUE;

    final Tuple2<Long, String> key;
    final List<OpenSession> sessions;
    /** The timer that is set in the state, NEVER for none. */
    long timer;
    /** Whether the state holds bytes of this key. */
    boolean isStored;
    /** Whether the state's bytes are behind. */
    boolean isDirty;
    /** When memory looks at this key next. */
    long dueAt = NEVER;
    /** Whether this has been moved to the state, and is not what counts any more. */
    boolean isEvicted;

    KeyedSessions(Tuple2<Long, String> key, List<OpenSession> sessions, long timer, boolean isStored) {
        this.key = key;
        this.sessions = sessions;
        this.timer = timer;
        this.isStored = isStored;
    }

    /** Of a key that the state knows nothing of. */
    static KeyedSessions of(Tuple2<Long, String> key) {
        return new KeyedSessions(key, new ArrayList<>(1), NEVER, false);
    }

    /** Takes what joins `event` out of the open sessions, into it; returns whether anything did. */
    boolean join(OpenSession event, SessionRules rules) {
        int before = sessions.size();
        long micros = event.first;
        for (Iterator<OpenSession> each = sessions.iterator(); each.hasNext();) {
            OpenSession session = each.next();
            if (rules.joins(session.first, session.last, micros)) {
                event.add(session);
                each.remove();
            }
        }
        return sessions.size() < before;
    }

    /** Hands over the sessions that the watermark closes, the earliest first; they are open no more. */
    void close(long watermark, SessionRules rules, Consumer<OpenSession> closed) {
        if (sessions.size() > 1) {
            sessions.sort((one, other) -> Long.compare(one.first, other.first));
        }
        for (Iterator<OpenSession> each = sessions.iterator(); each.hasNext();) {
            OpenSession session = each.next();
            if (rules.closesAt(session.last) <= watermark) {
                closed.accept(session);
                each.remove();
                isDirty = true;
            }
        }
    }

    /** When the first of the open sessions closes. */
    long earliest(SessionRules rules) {
        long earliest = NEVER;
        for (OpenSession session : sessions) {
            earliest = Math.min(earliest, rules.closesAt(session.last));
        }
        return earliest;
    }
}
