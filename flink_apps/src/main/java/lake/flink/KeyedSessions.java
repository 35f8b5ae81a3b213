package lake.flink;

import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.function.Consumer;

import org.apache.flink.api.java.tuple.Tuple2;

/** The open sessions of one user and device, as they are in memory, and what the state has of them. */
final class KeyedSessions {
    /** Stands for no time. */
    static final long NEVER = Long.MAX_VALUE;

    private final Tuple2<Long, String> key;
    private final List<OpenSession> sessions;
    private long timer;
    private boolean isStored;
    private boolean isDirty;
    private long dueAt = NEVER;
    private boolean isRemoved;

    private KeyedSessions(Tuple2<Long, String> key, List<OpenSession> sessions, long timer, boolean isStored) {
        this.key = key;
        this.sessions = sessions;
        this.timer = timer;
        this.isStored = isStored;
    }

    /** A key of which the state has nothing. */
    static KeyedSessions of(Tuple2<Long, String> key) {
        return new KeyedSessions(key, new ArrayList<>(1), NEVER, false);
    }

    /** What the state has of a key. */
    static KeyedSessions stored(Tuple2<Long, String> key, List<OpenSession> sessions, long timer) {
        return new KeyedSessions(key, sessions, timer, true);
    }

    Tuple2<Long, String> key() {
        return key;
    }

    List<OpenSession> sessions() {
        return sessions;
    }

    int size() {
        return sessions.size();
    }

    /** The timer that is set in the state, NEVER for none. */
    long timer() {
        return timer;
    }

    /** Whether the state has bytes of this key. */
    boolean isStored() {
        return isStored;
    }

    /** Whether the state's bytes are out of date. */
    boolean isDirty() {
        return isDirty;
    }

    /** When RecentKeys looks at this key next. */
    long dueAt() {
        return dueAt;
    }

    void setDueAt(long time) {
        dueAt = time;
    }

    /** Whether RecentKeys does not hold this any more. */
    boolean isRemoved() {
        return isRemoved;
    }

    void markRemoved() {
        isRemoved = true;
    }

    void add(OpenSession session) {
        sessions.add(session);
        isDirty = true;
    }

    /** Whether the timer that fired is the one that is set; it is not set any more. */
    boolean timerFired(long time) {
        if (timer != time) {
            return false;
        }
        timer = NEVER;
        isDirty = true;
        return true;
    }

    /** The state has these sessions now, with this timer. */
    void markStored(long timer) {
        this.timer = timer;
        isStored = true;
        isDirty = false;
    }

    /** Merges the open sessions that `event` joins into it, and takes them out; returns whether there were any. */
    boolean mergeInto(OpenSession event, SessionRules rules) {
        int before = sessions.size();
        long micros = event.first();
        for (Iterator<OpenSession> remaining = sessions.iterator(); remaining.hasNext();) {
            OpenSession session = remaining.next();
            if (rules.joins(session.first(), session.last(), micros)) {
                event.merge(session);
                remaining.remove();
            }
        }
        return sessions.size() < before;
    }

    /** Takes out the sessions that the watermark closes, the earliest first. */
    void close(long watermark, SessionRules rules, Consumer<OpenSession> closed) {
        if (sessions.size() > 1) {
            sessions.sort((left, right) -> Long.compare(left.first(), right.first()));
        }
        for (Iterator<OpenSession> remaining = sessions.iterator(); remaining.hasNext();) {
            OpenSession session = remaining.next();
            if (rules.closesAt(session.last()) <= watermark) {
                closed.accept(session);
                remaining.remove();
                isDirty = true;
            }
        }
    }

    /** When the first of the open sessions closes. */
    long firstClose(SessionRules rules) {
        long earliest = NEVER;
        for (OpenSession session : sessions) {
            earliest = Math.min(earliest, rules.closesAt(session.last()));
        }
        return earliest;
    }
}
