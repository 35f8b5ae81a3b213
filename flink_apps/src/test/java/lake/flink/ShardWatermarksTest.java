package lake.flink;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.apache.flink.table.data.StringData;
import org.junit.jupiter.api.Test;

/** Watermarks by shard. Machine time begins at NOON; event times are milliseconds before it. */
class ShardWatermarksTest {
    private static final long NOON = 1_543_492_800_000L;
    private static final long NONE = Long.MIN_VALUE;

    private final long[] now = {NOON};

    private ShardWatermarks watermarks(long delay, long idleTimeout, long hold) {
        ShardWatermarks watermarks = new ShardWatermarks(delay, idleTimeout, hold);
        watermarks.tick(NOON);
        return watermarks;
    }

    private static void event(ShardWatermarks watermarks, String shard, long time) {
        watermarks.event(watermarks.shard(StringData.fromString(shard)), time);
    }

    /** Time passes in steps that are short enough to be time in which records could have come. */
    private void pass(ShardWatermarks watermarks, long millis) {
        for (long end = now[0] + millis; now[0] < end;) {
            now[0] += Math.min(500, end - now[0]);
            watermarks.tick(now[0]);
        }
    }

    @Test
    void watermarkIsTheLeastOfTheShardsLessTheDelay() {
        ShardWatermarks watermarks = watermarks(10, 0, 0);
        event(watermarks, "one", NOON - 1_000);
        event(watermarks, "two", NOON - 3_000);
        event(watermarks, "one", NOON - 2_000);
        assertEquals(NOON - 3_000 - 10 - 1, watermarks.watermark());
    }

    @Test
    void idleShardDoesNotHoldTheOthersBackAndIsForgotten() {
        ShardWatermarks watermarks = watermarks(0, 1_000, 0);
        event(watermarks, "one", NOON - 3_000);
        pass(watermarks, 600);
        event(watermarks, "two", NOON - 1_000);
        assertEquals(NOON - 3_001, watermarks.watermark());
        pass(watermarks, 400);
        assertEquals(NOON - 1_001, watermarks.watermark());
        assertFalse(watermarks.isIdle());
        pass(watermarks, 600);
        assertEquals(NONE, watermarks.watermark());
        assertTrue(watermarks.isIdle());
    }

    @Test
    void withoutAnIdleTimeoutAShardIsWaitedForAlways() {
        ShardWatermarks watermarks = watermarks(0, 0, 0);
        event(watermarks, "one", NOON - 3_000);
        pass(watermarks, 3_600_000);
        event(watermarks, "two", NOON - 1_000);
        assertEquals(NOON - 3_001, watermarks.watermark());
        assertFalse(watermarks.isIdle());
    }

    @Test
    void timeInWhichNothingCouldBeReadMakesNoShardIdle() {
        ShardWatermarks watermarks = watermarks(0, 10_000, 0);
        event(watermarks, "one", NOON - 3_000);
        watermarks.tick(NOON + 60_000);  // one step: the operators behind were slow
        assertEquals(NOON - 3_001, watermarks.watermark());
    }

    @Test
    void eventAheadOfTheClockByMoreThanTheDelayAdvancesNothing() {
        ShardWatermarks watermarks = watermarks(1_000, 0, 0);
        event(watermarks, "one", NOON - 3_000);
        event(watermarks, "one", NOON + 1_001);
        assertEquals(NOON - 4_001, watermarks.watermark());
        event(watermarks, "one", NOON + 1_000);
        assertEquals(NOON - 1, watermarks.watermark());
    }

    @Test
    void holdBeginsWithTheFirstRecordHoweverLongTheSourceTookToReadIt() {
        ShardWatermarks watermarks = watermarks(0, 60_000, 2_000);
        pass(watermarks, 30_000);
        event(watermarks, "ahead", NOON - 1_000);
        pass(watermarks, 1_900);
        assertEquals(NONE, watermarks.watermark());
        event(watermarks, "behind", NOON - 9_000);
        pass(watermarks, 100);
        assertEquals(NOON - 9_001, watermarks.watermark());
    }

    @Test
    void afterARestartTheShardsOfBeforeAreWaitedForUntilTheyAreIdle() {
        ShardWatermarks watermarks = new ShardWatermarks(0, 60_000, 2_000);
        watermarks.restore("one", NOON - 9_000, true);
        watermarks.restore("two", NOON - 8_000, true);
        watermarks.tick(NOON);
        event(watermarks, "one", NOON - 1_000);
        pass(watermarks, 4_000);
        assertEquals(NOON - 8_001, watermarks.watermark());
        pass(watermarks, 56_000);
        event(watermarks, "one", NOON - 500);
        assertEquals(NOON - 501, watermarks.watermark());
    }

    @Test
    void shardThatAnotherTaskReadGoesOnFromWhereItWasWhenItIsReadHere() {
        ShardWatermarks watermarks = new ShardWatermarks(0, 60_000, 0);
        watermarks.restore("two", NOON - 1_000, false);
        watermarks.tick(NOON);
        event(watermarks, "one", NOON - 500);
        assertEquals(NOON - 501, watermarks.watermark());
        event(watermarks, "two", NOON - 5_000);
        assertEquals(NOON - 1_001, watermarks.watermark());
    }
}
