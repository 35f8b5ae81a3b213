package lake.flink;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.charset.StandardCharsets;
import java.util.stream.LongStream;

import org.junit.jupiter.api.Test;

/** What a task knows of the event_ids in its state without a read: it never says no to one that is there. */
class SeenIdsTest {
    private static final long WINDOW = 1_000;
    private static final long KEPT = WINDOW + 60_000;

    /** With filters of 64 ids, from time 0 on. */
    private static SeenIds seenIds(boolean isRestored, int most) {
        return new SeenIds(WINDOW, isRestored, 0, 64, most);
    }

    private static LongStream hashes(int begin, int end) {
        return LongStream.range(begin, end).map(number ->
                SeenIds.hash(("event " + number).getBytes(StandardCharsets.UTF_8)));
    }

    private static long held(SeenIds ids, int begin, int end, long now) {
        return hashes(begin, end).filter(hash -> ids.mayHold(hash, now)).count();
    }

    @Test
    void idsThatWereAddedMayBeThereAndHardlyAnyOthers() {
        SeenIds ids = seenIds(false, 4);
        hashes(0, 200).forEach(hash -> ids.add(hash, 0));
        assertEquals(200, held(ids, 0, 200, 0));
        assertTrue(held(ids, 200, 400, 0) < 20);
    }

    @Test
    void idIsForgottenWhenTheStateHasForgottenIt() {
        SeenIds ids = seenIds(false, 4);
        hashes(0, 64).forEach(hash -> ids.add(hash, 10));
        assertEquals(64, held(ids, 0, 64, 10 + KEPT - 1));
        assertEquals(0, held(ids, 0, 64, 10 + KEPT));
    }

    @Test
    void afterARestartAllMayBeThereUntilTheStateHasForgottenWhatWasBefore() {
        SeenIds ids = seenIds(true, 4);
        assertEquals(100, held(ids, 0, 100, KEPT - 1));
        assertEquals(0, held(ids, 0, 100, KEPT));
    }

    @Test
    void ofMoreIdsThanFitNoneIsSaidToBeMissing() {
        SeenIds ids = seenIds(false, 2);
        hashes(0, 129).forEach(hash -> ids.add(hash, 10));
        assertEquals(400, held(ids, 0, 400, 20));
        assertEquals(0, held(ids, 0, 400, 10 + KEPT));
    }
}
