package lake.flink;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.ArrayList;
import java.util.List;

import org.apache.flink.api.common.typeinfo.Types;
import org.apache.flink.api.java.tuple.Tuple2;
import org.apache.flink.api.java.typeutils.TupleTypeInfo;
import org.apache.flink.runtime.checkpoint.OperatorSubtaskState;
import org.apache.flink.streaming.util.KeyedOneInputStreamOperatorTestHarness;
import org.apache.flink.streaming.util.OneInputStreamOperatorTestHarness;
import org.apache.flink.table.data.GenericRowData;
import org.apache.flink.table.data.RowData;
import org.apache.flink.table.data.StringData;
import org.apache.flink.table.data.TimestampData;
import org.apache.flink.table.runtime.typeutils.InternalTypeInfo;
import org.apache.flink.util.OutputTag;
import org.junit.jupiter.api.Test;

/** Partial and running counts, and the retention before them. */
class CountsTest {
    private static final long TEN = 1_543_485_600_000L;  // 2018-11-29T10:00:00Z
    private static final long HOUR = 3_600_000;

    private static KeyedOneInputStreamOperatorTestHarness<Tuple2<String, Long>, RowData, RowData> counts(
            OperatorSubtaskState savepoint) throws Exception {
        KeyedOneInputStreamOperatorTestHarness<Tuple2<String, Long>, RowData, RowData> harness =
                new KeyedOneInputStreamOperatorTestHarness<>(new Counts(24 * HOUR),
                        row -> Tuple2.of(row.getString(0).toString(), row.getLong(1)),
                        new TupleTypeInfo<>(Types.STRING, Types.LONG));
        harness.setup(InternalTypeInfo.<RowData>of(Counts.TYPE).toSerializer());
        if (savepoint != null) {
            harness.initializeState(savepoint);
        }
        harness.open();
        return harness;
    }

    private static RowData partial(String name, long start, long count) {
        return GenericRowData.of(StringData.fromString(name), start, count);
    }

    private static RowData event(String name, Long millis) {
        TimestampData time = millis == null ? null : TimestampData.fromEpochMillis(millis);
        return GenericRowData.of(StringData.fromString("id"), 1L, StringData.fromString("tv"),
                name == null ? null : StringData.fromString(name), time);
    }

    @Test
    void countsAreEmittedAfterAPauseAndAddUp() throws Exception {
        var harness = counts(null);
        harness.processElement(partial("A", TEN, 2), 0);
        harness.processElement(partial("A", TEN, 3), 0);
        assertEquals(List.of(), Fixtures.shown(harness.getOutput(), 0, 1, 2));
        harness.setProcessingTime(Counts.PAUSE);
        harness.processElement(partial("A", TEN, 1), 0);
        harness.setProcessingTime(2 * Counts.PAUSE);
        assertEquals(List.of("A 2018-11-29T10:00:00 5", "A 2018-11-29T10:00:00 6"),
                Fixtures.shown(harness.getOutput(), 0, 1, 2));
    }

    @Test
    void countsGoOnFromACheckpoint() throws Exception {
        var before = counts(null);
        before.processElement(partial("A", TEN, 2), 0);
        before.processElement(partial("A", Counts.NO_TIME, 1), 0);
        before.prepareSnapshotPreBarrier(1);
        OperatorSubtaskState checkpoint = before.snapshot(1, 1);
        before.close();
        var after = counts(checkpoint);
        after.processElement(partial("A", TEN, 1), 0);
        after.processElement(partial("A", Counts.NO_TIME, 1), 0);
        after.setProcessingTime(Counts.PAUSE);
        assertEquals(List.of("A 2018-11-29T10:00:00 3", "A NULL 2"), Fixtures.shown(after.getOutput(), 0, 1, 2));
    }

    @Test
    void countIsForgottenAfterItsMemoryAndOneWithoutATimeNever() throws Exception {
        var harness = counts(null);
        for (int day = 0; day < 2; day++) {
            harness.setStateTtlProcessingTime(day * 24 * HOUR);
            harness.processElement(partial("A", TEN, 1), 0);
            harness.processElement(partial("A", Counts.NO_TIME, 1), 0);
            harness.setProcessingTime((day + 1) * Counts.PAUSE);
        }
        assertEquals(List.of("A 2018-11-29T10:00:00 1", "A NULL 1", "A 2018-11-29T10:00:00 1", "A NULL 2"),
                Fixtures.shown(harness.getOutput(), 0, 1, 2));
    }

    @Test
    void partialCountsAreFlushedBeforeABarrierByNameAndMinute() throws Exception {
        OneInputStreamOperatorTestHarness<RowData, RowData> harness = new OneInputStreamOperatorTestHarness<>(
                new PartialCounts(Fixtures.events(), "client_event", 60_000));
        harness.setup(InternalTypeInfo.<RowData>of(PartialCounts.TYPE).toSerializer());
        harness.open();
        for (RowData event : List.of(event("A", TEN), event("A", TEN + 59_999), event("A", TEN + 60_000),
                event("", TEN), event(null, TEN), event("A", null))) {
            harness.processElement(event, 0);
        }
        assertEquals(List.of(), Fixtures.shown(harness.getOutput(), 0, 1, 2));
        harness.prepareSnapshotPreBarrier(1);
        List<String> rows = new ArrayList<>(Fixtures.shown(harness.getOutput(), 0, 1, 2));
        rows.sort(null);
        assertEquals(List.of("A " + Counts.NO_TIME + " 1", "A " + TEN + " 2", "A " + (TEN + 60_000) + " 1",
                "NULL " + TEN + " 2"), rows);
    }

    @Test
    void eventOlderThanTheRetentionIsLateAcrossARestartToo() throws Exception {
        OutputTag<RowData> late = new OutputTag<>("late", InternalTypeInfo.of(Fixtures.events().rowType()));
        OperatorSubtaskState savepoint = null;
        for (int run = 0; run < 2; run++) {
            OneInputStreamOperatorTestHarness<RowData, RowData> harness = new OneInputStreamOperatorTestHarness<>(
                    new RetentionFilter(4, HOUR, late));
            harness.setup(InternalTypeInfo.<RowData>of(Fixtures.events().rowType()).toSerializer());
            if (savepoint != null) {
                harness.initializeState(savepoint);
            }
            harness.open();
            if (run == 0) {
                harness.processElement(event("before the first watermark", 0L), 0);
                harness.processWatermark(TEN);
            }
            harness.processElement(event("at the edge", TEN - HOUR), 0);
            harness.processElement(event("too old", TEN - HOUR - 1), 0);
            harness.processElement(event("without a time", null), 0);
            List<String> passed = new ArrayList<>(List.of("at the edge", "without a time"));
            if (run == 0) {
                passed.add(0, "before the first watermark");
            }
            assertEquals(passed, Fixtures.shown(harness.getOutput(), 3));
            assertEquals(List.of("too old"), Fixtures.shown(harness.getSideOutput(late), 3));
            savepoint = harness.snapshot(1, 1);
            harness.close();
        }
    }
}
