package lake.flink;

import java.util.HashMap;
import java.util.Iterator;
import java.util.Map;

import org.apache.flink.table.data.StringData;

/**
 * How far event time has come, from the event times of each shard: the least of the shards that are not idle, less a
 * delay. All times are milliseconds.
 *
 * <p>A shard is idle when it has had no event with a usable time for the idle time. What counts is time in which
 * records could have come: while the operators behind are slow, nothing is read, and no shard is idle for it. An idle
 * shard is forgotten; what it brings later is judged as any event is.
 *
 * <p>An event whose time is further ahead of this machine's clock than the delay moves nothing: one device whose clock
 * is a year ahead would make everyone else late. So the watermark never passes the clock.
 *
 * <p>Until the hold is over, there is no watermark: at a start, the first shard to be read must not run ahead of those
 * that have not been heard of. It begins with the first record: a source may take long until it reads anything.
 *
 * <p>After a restart, the shards of before are waited for like any other: until they are idle.
 */
final class ShardWatermarks {
    private static final long LONGEST_STEP = 1_000;

    private final long delay;
    private final long idleTime;
    private final long hold;
    private final Map<StringData, Shard> shards = new HashMap<>();
    private final Map<String, Long> restored = new HashMap<>();
    private Shard last;
    private long active;
    private long firstHeardAt = Long.MAX_VALUE;
    private long lastNow = Long.MIN_VALUE;

    /** One shard: the latest event time, and when it was heard of last, in active time. */
    static final class Shard {
        final StringData name;
        long latest = Long.MIN_VALUE;
        long heardAt;

        Shard(StringData name) {
            this.name = name;
        }
    }

    /** An idle time of 0: never idle. */
    ShardWatermarks(long delay, long idleTime, long hold) {
        this.delay = delay;
        this.idleTime = idleTime;
        this.hold = hold;
    }

    /** Says that `now` is the machine's time; to be called before `heard`, and now and then without it. */
    void tick(long now) {
        if (lastNow != Long.MIN_VALUE && now > lastNow) {
            active += Math.min(now - lastNow, LONGEST_STEP);
        }
        lastNow = now;
    }

    /** The shard of a record. */
    Shard heard(StringData name) {
        firstHeardAt = Math.min(firstHeardAt, active);
        if (last == null || !last.name.equals(name)) {
            Shard known = shards.get(name);
            if (known == null) {
                known = new Shard(StringData.fromString(name.toString()));
                Long latest = restored.get(name.toString());
                known.latest = latest == null ? Long.MIN_VALUE : latest;
                known.heardAt = active;
                shards.put(known.name, known);
            }
            last = known;
        }
        return last;
    }

    /** An event of a shard, at `millis`. */
    void event(Shard shard, long millis) {
        if (millis <= lastNow + delay) {
            shard.heardAt = active;
            shard.latest = Math.max(shard.latest, millis);
        }
    }

    /** No event at or before this is expected any more; Long.MIN_VALUE where that cannot be said. */
    long watermark() {
        if (active - firstHeardAt < hold) {
            return Long.MIN_VALUE;
        }
        long least = Long.MAX_VALUE;
        for (Iterator<Shard> each = shards.values().iterator(); each.hasNext();) {
            Shard shard = each.next();
            if (idleTime > 0 && active - shard.heardAt >= idleTime) {
                each.remove();
                last = null;
            } else {
                least = Math.min(least, shard.latest);
            }
        }
        return least == Long.MAX_VALUE || least == Long.MIN_VALUE ? Long.MIN_VALUE : least - delay - 1;
    }

    /** Whether, after `watermark`, no shard is left that others should wait for. */
    boolean isIdle() {
        return shards.isEmpty() && idleTime > 0 && active >= Math.max(idleTime, hold == Long.MAX_VALUE ? 0 : hold);
    }

    Map<StringData, Shard> shards() {
        return shards;
    }

    /** Says how far a shard had come before a restart, and whether it is to be read here again. */
    void restore(String name, long latest, boolean isExpected) {
        restored.merge(name, latest, Math::max);
        if (isExpected) {
            firstHeardAt = 0;
            Shard known = heard(StringData.fromString(name));
            known.latest = Math.max(known.latest, latest);
        }
    }
}
