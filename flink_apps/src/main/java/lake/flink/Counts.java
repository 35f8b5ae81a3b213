package lake.flink;

import java.time.Duration;
import java.time.LocalDateTime;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.LinkedHashMap;
import java.util.Map;

import org.apache.flink.api.common.operators.ProcessingTimeService.ProcessingTimeCallback;
import org.apache.flink.api.common.state.StateTtlConfig;
import org.apache.flink.api.common.state.ValueState;
import org.apache.flink.api.common.state.ValueStateDescriptor;
import org.apache.flink.api.common.typeinfo.Types;
import org.apache.flink.api.java.tuple.Tuple2;
import org.apache.flink.streaming.api.operators.AbstractStreamOperator;
import org.apache.flink.streaming.api.operators.OneInputStreamOperator;
import org.apache.flink.streaming.runtime.streamrecord.StreamRecord;
import org.apache.flink.table.data.GenericRowData;
import org.apache.flink.table.data.RowData;
import org.apache.flink.table.data.StringData;

/**
 * Partial counts to running counts: each new count of a name and start is a row, in order for each of them, so the last
 * one counts, which is the highest. After a restart counts go back to the checkpoint and come to the same numbers.
 *
 * <p>Why not in SQL: what SQL plans has its uid from its place in the plan, so another sink or a statement more would
 * lose the counts; its changes fit no sink that only adds rows; and a count may age while one without a time must not.
 */
final class Counts extends AbstractStreamOperator<RowData>
        implements OneInputStreamOperator<RowData, RowData>, ProcessingTimeCallback {
    private static final long serialVersionUID = 1L;

    /** The start of events that have no time. */
    static final long NO_TIME = Long.MIN_VALUE;
    /** How long counts are gathered before they are handed over, in milliseconds. */
    static final long PAUSE = 500;
    /** How many counts are gathered before that at most. */
    static final int MOST = 5_000;

    private static final StringData NO_HOUR = StringData.fromString("NULL");
    private static final DateTimeFormatter HOUR = DateTimeFormatter.ofPattern("uuuu-MM-dd'T'HH:mm:ss");

    private final long memory;

    private transient Map<Tuple2<String, Long>, long[]> gathered;
    private transient ValueState<Long> timed;
    private transient ValueState<Long> timeless;
    private transient StreamRecord<RowData> out;

    /** A count is forgotten when nothing was added for `memory` milliseconds of the machine's time; NULL's never. */
    Counts(long memory) {
        this.memory = memory;
    }

    @Override
    public void open() throws Exception {
        super.open();
        gathered = new LinkedHashMap<>();
        out = new StreamRecord<>(null);
        ValueStateDescriptor<Long> aging = new ValueStateDescriptor<>("timed", Types.LONG);
        aging.enableTimeToLive(StateTtlConfig.newBuilder(Duration.ofMillis(memory)).build());
        timed = getRuntimeContext().getState(aging);
        timeless = getRuntimeContext().getState(new ValueStateDescriptor<>("timeless", Types.LONG));
        long now = getProcessingTimeService().getCurrentProcessingTime();
        getProcessingTimeService().registerTimer(now + PAUSE, this);
    }

    @Override
    @SuppressWarnings("unchecked")
    public void processElement(StreamRecord<RowData> element) throws Exception {
        Tuple2<String, Long> key = (Tuple2<String, Long>) getCurrentKey();
        gathered.computeIfAbsent(key, any -> new long[1])[0] += element.getValue().getLong(2);
        if (gathered.size() >= MOST) {
            handOver();
        }
    }

    private void handOver() throws Exception {
        for (Map.Entry<Tuple2<String, Long>, long[]> each : gathered.entrySet()) {
            Tuple2<String, Long> key = each.getKey();
            setCurrentKey(key);
            ValueState<Long> state = key.f1 == NO_TIME ? timeless : timed;
            Long before = state.value();
            long count = (before == null ? 0 : before) + each.getValue()[0];
            state.update(count);
            output.collect(out.replace(GenericRowData.of(StringData.fromString(key.f0), hour(key.f1), count)));
        }
        gathered.clear();
    }

    private static StringData hour(long start) {
        if (start == NO_TIME) {
            return NO_HOUR;
        }
        return StringData.fromString(HOUR.format(
                LocalDateTime.ofEpochSecond(Math.floorDiv(start, 1000L), 0, ZoneOffset.UTC)));
    }

    @Override
    public void onProcessingTime(long time) throws Exception {
        handOver();
        long now = getProcessingTimeService().getCurrentProcessingTime();
        getProcessingTimeService().registerTimer(now + PAUSE, this);
    }

    @Override
    public void prepareSnapshotPreBarrier(long checkpoint) throws Exception {
        handOver();
    }

    @Override
    public void finish() throws Exception {
        handOver();
        super.finish();
    }
}
