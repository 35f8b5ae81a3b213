package lake.flink;

import java.util.ArrayDeque;

/**
 * Which event_ids may be in the state, as Bloom filters of what this task has written to it: for an id that is in none
 * of them, the state needs not be read, and a read costs as much as a write. Ids are forgotten no earlier than the state
 * forgets them. Of what was written before this task began, and of more ids than fit, nothing is known: then every id
 * may be there, until the state has forgotten those.
 */
final class SeenIds {
    private static final int IDS = 1 << 20;  // of one filter, 2 MB
    private static final int MOST = 8;
    private static final int BITS = 16;  // of one id
    private static final int HASHES = 4;  // so 2 of 1,000 unknown ids are read in vain, for each filter
    private static final long CLOCK_SKEW = 60_000;  // at most, between machines

    private final long kept;
    private final int ids;
    private final int most;
    private final ArrayDeque<Filter> filters = new ArrayDeque<>();
    private long allUntil;

    private static final class Filter {
        final long[] words;
        int count;
        long newest;

        /** The number of ids is a power of two, from 4 on. */
        Filter(int ids) {
            words = new long[ids * BITS / 64];
        }

        boolean holds(long hash) {
            for (int number = 0; number < HASHES; number++) {
                int bit = bit(hash, number);
                if ((words[bit >>> 6] & 1L << bit) == 0) {
                    return false;
                }
            }
            return true;
        }

        void add(long hash) {
            for (int number = 0; number < HASHES; number++) {
                int bit = bit(hash, number);
                words[bit >>> 6] |= 1L << bit;
            }
        }

        private int bit(long hash, int number) {
            return ((int) hash + number * (int) (hash >>> 32)) & words.length * 64 - 1;
        }
    }

    /**
     * @param window how long the state keeps an id, in milliseconds
     * @param now the machine's time
     */
    SeenIds(long window, boolean isRestored, long now) {
        this(window, isRestored, now, IDS, MOST);
    }

    /** With at most `most` filters of `ids` ids each, a power of two from 4 on. */
    SeenIds(long window, boolean isRestored, long now, int ids, int most) {
        this.ids = ids;
        this.most = most;
        this.kept = window + CLOCK_SKEW;
        this.allUntil = isRestored ? now + kept : Long.MIN_VALUE;
    }

    /** Whether the state may hold the id; false is certain. */
    boolean mayHold(long hash, long now) {
        while (!filters.isEmpty() && filters.peekFirst().newest + kept <= now) {
            filters.removeFirst();
        }
        if (now < allUntil) {
            return true;
        }
        for (Filter filter : filters) {
            if (filter.holds(hash)) {
                return true;
            }
        }
        return false;
    }

    /** Adds an id that is written to the state. */
    void add(long hash, long now) {
        Filter filter = filters.peekLast();
        if (filter == null || filter.count == ids) {
            if (filters.size() == most) {
                allUntil = filters.removeFirst().newest + kept;
            }
            filter = new Filter(ids);
            filters.addLast(filter);
        }
        filter.add(hash);
        filter.count++;
        filter.newest = Math.max(filter.newest, now);
    }

    /** 64 bits of an id: FNV-1a, and a last stir, since the low bits and the high ones are used apart. */
    static long hash(byte[] id) {
        long hash = 0xcbf29ce484222325L;
        for (byte octet : id) {
            hash = (hash ^ octet & 0xff) * 0x100000001b3L;
        }
        hash = (hash ^ hash >>> 32) * 0x9e3779b97f4a7c15L;
        return hash ^ hash >>> 29 | 1L << 32;  // an odd step from bit to bit
    }
}
