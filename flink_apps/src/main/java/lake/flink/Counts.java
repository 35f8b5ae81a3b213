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
import org.apache.flink.table.types.logical.BigIntType;
import org.apache.flink.table.types.logical.LogicalType;
import org.apache.flink.table.types.logical.RowType;
import org.apache.flink.table.types.logical.VarCharType;

/**
 * Running counts from partial counts: each new count of a name and start is a row, in order by key, so that the last one,
 * which is the highest, is the count. After a restart counts go on from the checkpoint and reach the same numbers.
 *
 * <p>Why not in SQL: what SQL plans has its uid from its place in the plan, so another sink or a statement more would
 * lose the counts; its changelog fits no append-only sink; and a count must expire while one without a time must not.
 */
final class Counts extends AbstractStreamOperator<RowData>
        implements OneInputStreamOperator<RowData, RowData>, ProcessingTimeCallback {
    private static final long serialVersionUID = 1L;

    static final RowType TYPE = RowType.of(
            new LogicalType[] {new VarCharType(VarCharType.MAX_LENGTH), new VarCharType(VarCharType.MAX_LENGTH),
                new BigIntType()},
            new String[] {"EventName", "EventHour", "EventCount"});

    /** The start of events that have no time. */
    static final long NO_TIME = Long.MIN_VALUE;
    /** How long counts are collected before they are flushed, in milliseconds. */
    static final long PAUSE = 500;
    /** At most how many counts are collected before that. */
    static final int MOST = 5_000;

    private static final StringData NO_HOUR = StringData.fromString("NULL");
    private static final DateTimeFormatter HOUR = DateTimeFormatter.ofPattern("uuuu-MM-dd'T'HH:mm:ss");

    private final long memory;

    private transient Map<Tuple2<String, Long>, long[]> pending;
    private transient ValueState<Long> timed;
    private transient ValueState<Long> timeless;
    private transient StreamRecord<RowData> out;

    /** @param memory a count is forgotten when nothing was added for so many milliseconds of machine time; NULL's never */
    Counts(long memory) {
        this.memory = memory;
    }

    @Override
    public void open() throws Exception {
        super.open();
        pending = new LinkedHashMap<>();
        out = new StreamRecord<>(null);
        ValueStateDescriptor<Long> expiring = new ValueStateDescriptor<>("timed", Types.LONG);
        expiring.enableTimeToLive(StateTtlConfig.newBuilder(Duration.ofMillis(memory)).build());
        timed = getRuntimeContext().getState(expiring);
        timeless = getRuntimeContext().getState(new ValueStateDescriptor<>("timeless", Types.LONG));
        long now = getProcessingTimeService().getCurrentProcessingTime();
        getProcessingTimeService().registerTimer(now + PAUSE, this);
    }

    @Override
    @SuppressWarnings("unchecked")
    public void processElement(StreamRecord<RowData> element) throws Exception {
        Tuple2<String, Long> key = (Tuple2<String, Long>) getCurrentKey();
        pending.computeIfAbsent(key, absent -> new long[1])[0] += element.getValue().getLong(2);
        if (pending.size() >= MOST) {
            flush();
        }
    }

    private void flush() throws Exception {
        for (Map.Entry<Tuple2<String, Long>, long[]> entry : pending.entrySet()) {
            Tuple2<String, Long> key = entry.getKey();
            setCurrentKey(key);
            ValueState<Long> state = key.f1 == NO_TIME ? timeless : timed;
            Long before = state.value();
            long count = (before == null ? 0 : before) + entry.getValue()[0];
            state.update(count);
            output.collect(out.replace(GenericRowData.of(StringData.fromString(key.f0), hour(key.f1), count)));
        }
        pending.clear();
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
        flush();
        long now = getProcessingTimeService().getCurrentProcessingTime();
        getProcessingTimeService().registerTimer(now + PAUSE, this);
    }

    @Override
    public void prepareSnapshotPreBarrier(long checkpoint) throws Exception {
        flush();
    }

    @Override
    public void finish() throws Exception {
        flush();
        super.finish();
    }
}
