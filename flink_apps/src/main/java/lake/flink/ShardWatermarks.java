package lake.flink;

import java.util.Collection;
import java.util.HashMap;
import java.util.Iterator;
import java.util.Map;

import org.apache.flink.table.data.StringData;

/**
 * The watermark by the event times of each shard: the least of the shards that are not idle, less a delay. All times
 * are milliseconds.
 *
 * <p>A shard is idle when it has had no event with a usable time for the idle timeout. Only time in which records could
 * have come counts: while the operators behind are slow, nothing is read, and no shard becomes idle. An idle shard is
 * forgotten; what it brings later is treated as any event is.
 *
 * <p>An event whose time is further ahead of this machine's clock than the delay advances nothing: one device whose
 * clock is a year ahead would make everyone else late. So the watermark never passes the clock.
 *
 * <p>Until the hold is over, there is no watermark: after a start, the first shard to be read must not advance it past
 * shards that have not been read yet. The hold begins with the first record: a source may take long until it reads one.
 *
 * <p>After a restart, the shards from before hold the watermark back like any other: until they are idle.
 */
final class ShardWatermarks {
    private static final long LONGEST_STEP = 1_000;

    private final long delay;
    private final long idleTimeout;
    private final long hold;
    private final Map<StringData, Shard> shards = new HashMap<>();
    private final Map<String, Long> restored = new HashMap<>();
    private Shard current;
    private long active;
    private long firstRecordAt = Long.MAX_VALUE;
    private long lastNow = Long.MIN_VALUE;

    /** One shard: its latest event time, and the active time at which that was read. */
    static final class Shard {
        private final StringData name;
        private long latest;
        private long readAt;

        private Shard(StringData name, long latest, long readAt) {
            this.name = name;
            this.latest = latest;
            this.readAt = readAt;
        }

        StringData name() {
            return name;
        }

        long latest() {
            return latest;
        }
    }

    /** @param idleTimeout 0: no shard ever becomes idle */
    ShardWatermarks(long delay, long idleTimeout, long hold) {
        this.delay = delay;
        this.idleTimeout = idleTimeout;
        this.hold = hold;
    }

    /** Sets the machine's time; to be called before `shard`, and regularly without it. */
    void tick(long now) {
        if (lastNow != Long.MIN_VALUE && now > lastNow) {
            active += Math.min(now - lastNow, LONGEST_STEP);
        }
        lastNow = now;
    }

    /** The shard that a record was read from. */
    Shard shard(StringData name) {
        firstRecordAt = Math.min(firstRecordAt, active);
        if (current == null || !current.name.equals(name)) {
            Shard shard = shards.get(name);
            if (shard == null) {
                long latest = restored.getOrDefault(name.toString(), Long.MIN_VALUE);
                shard = new Shard(StringData.fromString(name.toString()), latest, active);
                shards.put(shard.name, shard);
            }
            current = shard;
        }
        return current;
    }

    /** An event of a shard, at `millis`. */
    void event(Shard shard, long millis) {
        if (millis <= lastNow + delay) {
            shard.readAt = active;
            shard.latest = Math.max(shard.latest, millis);
        }
    }

    /** The time after which all further events are expected; Long.MIN_VALUE where there is none yet. */
    long watermark() {
        if (active - firstRecordAt < hold) {
            return Long.MIN_VALUE;
        }
        long least = Long.MAX_VALUE;
        for (Iterator<Shard> remaining = shards.values().iterator(); remaining.hasNext();) {
            Shard shard = remaining.next();
            if (idleTimeout > 0 && active - shard.readAt >= idleTimeout) {
                remaining.remove();
                current = null;
            } else {
                least = Math.min(least, shard.latest);
            }
        }
        return least == Long.MAX_VALUE || least == Long.MIN_VALUE ? Long.MIN_VALUE : least - delay - 1;
    }

    /** Whether, after `watermark`, no shard is left that other tasks should wait for. */
    boolean isIdle() {
        return shards.isEmpty() && idleTimeout > 0 && active >= Math.max(idleTimeout, hold == Long.MAX_VALUE ? 0 : hold);
    }

    Collection<Shard> shards() {
        return shards.values();
    }

    /** Sets how far a shard had come before a restart; an expected one is to be read by this task again. */
    void restore(String name, long latest, boolean isExpected) {
        restored.merge(name, latest, Math::max);
        if (isExpected) {
            firstRecordAt = 0;
            Shard shard = shard(StringData.fromString(name));
            shard.latest = Math.max(shard.latest, latest);
        }
    }
}
