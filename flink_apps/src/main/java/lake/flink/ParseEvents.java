package lake.flink;

import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

import org.apache.flink.api.common.state.ListState;
import org.apache.flink.api.common.state.ListStateDescriptor;
import org.apache.flink.api.common.typeinfo.TypeHint;
import org.apache.flink.api.common.typeinfo.TypeInformation;
import org.apache.flink.api.java.tuple.Tuple2;
import org.apache.flink.api.java.tuple.Tuple3;
import org.apache.flink.metrics.Counter;
import org.apache.flink.runtime.state.StateInitializationContext;
import org.apache.flink.runtime.state.StateSnapshotContext;
import org.apache.flink.streaming.api.operators.AbstractStreamOperator;
import org.apache.flink.streaming.api.operators.ChainingStrategy;
import org.apache.flink.streaming.api.operators.OneInputStreamOperator;
import org.apache.flink.streaming.api.watermark.Watermark;
import org.apache.flink.streaming.runtime.streamrecord.StreamRecord;
import org.apache.flink.api.common.operators.ProcessingTimeService.ProcessingTimeCallback;
import org.apache.flink.streaming.runtime.watermarkstatus.WatermarkStatus;
import org.apache.flink.table.data.GenericRowData;
import org.apache.flink.table.data.RowData;
import org.apache.flink.table.data.StringData;
import org.apache.flink.table.data.TimestampData;
import org.apache.flink.table.data.binary.BinaryStringData;
import org.apache.flink.util.OutputTag;

/**
 * Payloads to events and rejected records, with watermarks for each shard.
 *
 * <p>Why not in SQL: the JSON format drops silently what it cannot read, and functions over a raw payload take twice
 * the time, know no reasons, and see one record where a payload has several. SQL's watermark is one for each reader,
 * not for each shard of it, and one event far in the future drives it without limit.
 *
 * <p>In: payload BYTES, shard STRING. Out: the contract's columns; with `hasPayload` also `digest` and `payload`.
 */
final class ParseEvents extends AbstractStreamOperator<RowData>
        implements OneInputStreamOperator<RowData, RowData>, ProcessingTimeCallback, PayloadSplitter.Sink {
    private static final long serialVersionUID = 1L;

    /**
     * Of an event's texts together, in UTF-8. A session has the device of its events twice, and two of their names, in
     * JSON at most six bytes for each of these; so it stays within what Firehose takes as a record (1,000 KiB), and so
     * does a late row. One that does not would fail the sink, again and again.
     */
    private static final int MOST_TEXT_BYTES = 80_000;

    private final Contract contract;
    private final int[] keys;
    private final boolean hasPayload;
    private final long delay;
    private final long idleTime;
    private final long hold;
    private final OutputTag<RowData> rejectedTag;

    private transient PayloadSplitter records;
    private transient ShardWatermarks clock;
    private transient ListState<Tuple2<String, Long>> shardTimes;
    private transient ListState<Tuple3<String, Integer, Integer>> readers;
    private transient StreamRecord<RowData> out;
    private transient ShardWatermarks.Shard shard;
    private transient StringData shardName;
    private transient int eventTime;
    private transient long interval;
    private transient long emitted;
    private transient boolean isIdle;
    private transient Counter events;
    private transient Counter quarantined;

    /** `keys` are columns without which an event is rejected as `missing_key`. Times are milliseconds. */
    ParseEvents(Contract contract, List<String> keys, boolean hasPayload, long delay, long idleTime, long hold,
            OutputTag<RowData> rejectedTag) {
        this.contract = contract;
        this.keys = keys.stream().mapToInt(contract::place).toArray();
        this.hasPayload = hasPayload;
        this.delay = delay;
        this.idleTime = idleTime;
        this.hold = hold;
        this.rejectedTag = rejectedTag;
        this.chainingStrategy = ChainingStrategy.ALWAYS;
    }

    @Override
    public void initializeState(StateInitializationContext context) throws Exception {
        super.initializeState(context);
        clock = new ShardWatermarks(delay, idleTime, hold);
        TypeInformation<Tuple2<String, Long>> type = TypeInformation.of(new TypeHint<Tuple2<String, Long>>() {});
        shardTimes = context.getOperatorStateStore().getUnionListState(new ListStateDescriptor<>("shards", type));
        readers = context.getOperatorStateStore().getUnionListState(new ListStateDescriptor<>("readers",
                TypeInformation.of(new TypeHint<Tuple3<String, Integer, Integer>>() {})));
        Set<String> expected = new HashSet<>();
        for (Tuple3<String, Integer, Integer> reader : readers.get()) {
            // With another number of tasks, any of them may read it: all wait until it is idle for them.
            if (reader.f2 == tasks() ? reader.f1 == task() : idleTime > 0) {
                expected.add(reader.f0);
            }
        }
        for (Tuple2<String, Long> time : shardTimes.get()) {
            clock.restore(time.f0, time.f1, expected.contains(time.f0));
        }
    }

    @Override
    public void open() throws Exception {
        super.open();
        AwsMetrics.forgetAtRelease(getRuntimeContext());
        records = new PayloadSplitter(contract, contract.columns.size() + (hasPayload ? 2 : 0));
        eventTime = contract.place(contract.eventTime, "timestamp");
        out = new StreamRecord<>(null);
        emitted = Long.MIN_VALUE;
        events = Metrics.counter(getRuntimeContext(), "events");
        quarantined = Metrics.counter(getRuntimeContext(), "quarantined");
        Metrics.group(getRuntimeContext()).gauge("recordsIn", () -> events.getCount() + quarantined.getCount());
        interval = getExecutionConfig().getAutoWatermarkInterval();
        long now = getProcessingTimeService().getCurrentProcessingTime();
        clock.tick(now);
        getProcessingTimeService().registerTimer(now + Math.max(interval, 1), this);
    }

    @Override
    public void snapshotState(StateSnapshotContext context) throws Exception {
        super.snapshotState(context);
        shardTimes.clear();
        readers.clear();
        for (Map.Entry<StringData, ShardWatermarks.Shard> each : clock.shards().entrySet()) {
            shardTimes.add(Tuple2.of(each.getKey().toString(), each.getValue().latest));
            readers.add(Tuple3.of(each.getKey().toString(), task(), tasks()));
        }
    }

    private int task() {
        return getRuntimeContext().getTaskInfo().getIndexOfThisSubtask();
    }

    private int tasks() {
        return getRuntimeContext().getTaskInfo().getNumberOfParallelSubtasks();
    }

    @Override
    public void processElement(StreamRecord<RowData> element) {
        RowData row = element.getValue();
        shardName = row.isNullAt(1) ? StringData.fromString("") : row.getString(1);
        shard = clock.heard(shardName);
        if (row.isNullAt(0)) {
            return;
        }
        if (interval <= 0) {
            clock.tick(getProcessingTimeService().getCurrentProcessingTime());
        }
        records.read(row.getBinary(0), this);
    }

    @Override
    public void event(GenericRowData row, byte[] source) {
        for (int key : keys) {
            if (row.isNullAt(key)) {
                String field = contract.columns.get(key).field;
                rejected("missing_key", "field '" + field + "' is absent or null, so the event has no session", source);
                return;
            }
        }
        int size = textBytes(row);
        if (size > MOST_TEXT_BYTES) {
            rejected("record_too_large", "its texts are of " + size + " bytes, and may be of " + MOST_TEXT_BYTES
                    + ", so that what becomes of it fits a stream's record", source);
            return;
        }
        if (hasPayload) {
            row.setField(contract.columns.size(), records.digest(row));
            row.setField(contract.columns.size() + 1, source);
        }
        events.inc();
        output.collect(out.replace(row));
        TimestampData time = (TimestampData) row.getField(eventTime);
        if (time != null) {
            clock.event(shard, time.getMillisecond());
            if (interval <= 0) {
                emit();
            }
        }
    }

    private int textBytes(GenericRowData row) {
        int size = 0;
        for (int place = 0; place < contract.columns.size(); place++) {
            if (row.getField(place) instanceof BinaryStringData) {
                size += ((BinaryStringData) row.getField(place)).getSizeInBytes();
            }
        }
        return size;
    }

    @Override
    public void rejected(String reason, String message, byte[] source) {
        quarantined.inc();
        QuarantineRows.write(reason, message, source, shardName,
                row -> output.collect(rejectedTag, new StreamRecord<>(row)));
    }

    @Override
    public void onProcessingTime(long time) {
        long now = getProcessingTimeService().getCurrentProcessingTime();
        clock.tick(now);
        emit();
        getProcessingTimeService().registerTimer(now + (interval > 0 ? interval : 200), this);
    }

    private void emit() {
        long watermark = clock.watermark();
        if (watermark > emitted) {
            markIdle(false);
            emitted = watermark;
            output.emitWatermark(new Watermark(watermark));
        } else {
            markIdle(clock.isIdle());
        }
    }

    private void markIdle(boolean isIdle) {
        if (this.isIdle != isIdle) {
            this.isIdle = isIdle;
            output.emitWatermarkStatus(isIdle ? WatermarkStatus.IDLE : WatermarkStatus.ACTIVE);
        }
    }

    /** Watermarks are made here; from before comes only the end of a bounded input. */
    @Override
    public void processWatermark(Watermark mark) throws Exception {
        if (mark.getTimestamp() == Long.MAX_VALUE) {
            markIdle(false);
            super.processWatermark(mark);
        }
    }

    @Override
    public void processWatermarkStatus(WatermarkStatus status) {
        // Says nothing about shards.
    }
}
