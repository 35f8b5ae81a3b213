package lake.flink;

import java.util.HashSet;
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
 * Parses payloads to events and rejected records, and emits watermarks by shard.
 *
 * <p>Why not in SQL: the JSON format silently drops what it cannot read, and functions over a raw payload take twice
 * the time, know no reasons, and see one record where a payload has several. SQL's watermark is per reader, not per
 * shard, and one event far in the future advances it without limit.
 *
 * <p>In: payload BYTES, shard STRING. Out: the contract's columns; with deduplication also `digest` and `payload`.
 */
final class ParseEvents extends AbstractStreamOperator<RowData>
        implements OneInputStreamOperator<RowData, RowData>, ProcessingTimeCallback {
    private static final long serialVersionUID = 1L;

    /**
     * Of an event's texts together, in UTF-8. A session has the device of its events twice, and two of their names, in
     * JSON at most six bytes for each of these; so it stays within what Firehose takes as a record (1,000 KiB), and so
     * does a late row. One that does not would fail the sink, again and again.
     */
    private static final int MOST_TEXT_BYTES = 80_000;

    private final Contract contract;
    private final EventOptions options;
    private final int[] keys;
    private final OutputTag<RowData> rejectedTag;

    private transient PayloadSplitter splitter;
    private transient ShardWatermarks watermarks;
    private transient ListState<Tuple2<String, Long>> shardTimes;
    private transient ListState<Tuple3<String, Integer, Integer>> readers;
    private transient StreamRecord<RowData> out;
    private transient int eventTime;
    private transient long interval;
    private transient long emitted;
    private transient boolean isIdle;
    private transient Counter events;
    private transient Counter quarantined;

    ParseEvents(Contract contract, EventOptions options, OutputTag<RowData> rejectedTag) {
        this.contract = contract;
        this.options = options;
        this.keys = options.keys.stream().mapToInt(contract::indexOf).toArray();
        this.rejectedTag = rejectedTag;
        this.chainingStrategy = ChainingStrategy.ALWAYS;
    }

    @Override
    public void initializeState(StateInitializationContext context) throws Exception {
        super.initializeState(context);
        watermarks = new ShardWatermarks(options.watermarkDelay, options.idleTimeout, options.hold);
        TypeInformation<Tuple2<String, Long>> type = TypeInformation.of(new TypeHint<Tuple2<String, Long>>() {});
        shardTimes = context.getOperatorStateStore().getUnionListState(new ListStateDescriptor<>("shards", type));
        readers = context.getOperatorStateStore().getUnionListState(new ListStateDescriptor<>("readers",
                TypeInformation.of(new TypeHint<Tuple3<String, Integer, Integer>>() {})));
        Set<String> expected = new HashSet<>();
        for (Tuple3<String, Integer, Integer> reader : readers.get()) {
            // With another parallelism, any task may read it: all wait until it is idle for them.
            if (reader.f2 == tasks() ? reader.f1 == task() : options.idleTimeout > 0) {
                expected.add(reader.f0);
            }
        }
        for (Tuple2<String, Long> time : shardTimes.get()) {
            watermarks.restore(time.f0, time.f1, expected.contains(time.f0));
        }
    }

    @Override
    public void open() throws Exception {
        super.open();
        AwsSdk.endAtRelease(getRuntimeContext());
        int width = contract.columns.size() + (options.isDeduplicated() ? 2 : 0);
        splitter = new PayloadSplitter(contract, width, options.isDeduplicated());
        eventTime = contract.indexOfEventTime();
        out = new StreamRecord<>(null);
        emitted = Long.MIN_VALUE;
        events = Metrics.counter(getRuntimeContext(), "events");
        quarantined = Metrics.counter(getRuntimeContext(), "quarantined");
        Metrics.group(getRuntimeContext()).gauge("recordsIn", () -> events.getCount() + quarantined.getCount());
        interval = getExecutionConfig().getAutoWatermarkInterval();
        long now = getProcessingTimeService().getCurrentProcessingTime();
        watermarks.tick(now);
        getProcessingTimeService().registerTimer(now + Math.max(interval, 1), this);
    }

    @Override
    public void snapshotState(StateSnapshotContext context) throws Exception {
        super.snapshotState(context);
        shardTimes.clear();
        readers.clear();
        for (ShardWatermarks.Shard shard : watermarks.shards()) {
            shardTimes.add(Tuple2.of(shard.name().toString(), shard.latest()));
            readers.add(Tuple3.of(shard.name().toString(), task(), tasks()));
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
        StringData shardName = row.isNullAt(1) ? StringData.fromString("") : row.getString(1);
        ShardWatermarks.Shard shard = watermarks.shard(shardName);
        if (row.isNullAt(0)) {
            return;
        }
        if (interval <= 0) {
            watermarks.tick(getProcessingTimeService().getCurrentProcessingTime());
        }
        splitter.reset(row.getBinary(0));
        for (ParsedRecord record = splitter.next(); record != null; record = splitter.next()) {
            if (record.row == null) {
                reject(record.reason, record.message, record.source, shardName);
            } else if (hasKeys(record, shardName) && fitsStreams(record, shardName)) {
                emit(record, shard);
            }
        }
    }

    private boolean hasKeys(ParsedRecord record, StringData shard) {
        for (int key : keys) {
            if (record.row.isNullAt(key)) {
                String field = contract.columns.get(key).field;
                String message = "field " + Texts.quoted(field) + " is missing or null, so the event belongs to no session";
                reject("missing_key", message, record.source, shard);
                return false;
            }
        }
        return true;
    }

    private boolean fitsStreams(ParsedRecord record, StringData shard) {
        int size = textBytes(record.row);
        if (size > MOST_TEXT_BYTES) {
            reject("record_too_large", "the texts of the record have " + size + " bytes; expected at most "
                    + MOST_TEXT_BYTES + ", so that its session fits a stream's record", record.source, shard);
        }
        return size <= MOST_TEXT_BYTES;
    }

    private void emit(ParsedRecord record, ShardWatermarks.Shard shard) {
        GenericRowData row = record.row;
        if (options.isDeduplicated()) {
            row.setField(contract.columns.size(), record.digest);
            row.setField(contract.columns.size() + 1, record.source);
        }
        events.inc();
        output.collect(out.replace(row));
        TimestampData time = (TimestampData) row.getField(eventTime);
        if (time != null) {
            watermarks.event(shard, time.getMillisecond());
            if (interval <= 0) {
                emitWatermark();
            }
        }
    }

    private int textBytes(GenericRowData row) {
        int size = 0;
        for (int index = 0; index < contract.columns.size(); index++) {
            if (row.getField(index) instanceof BinaryStringData) {
                size += ((BinaryStringData) row.getField(index)).getSizeInBytes();
            }
        }
        return size;
    }

    private void reject(String reason, String message, byte[] source, StringData shard) {
        quarantined.inc();
        QuarantineRows.write(reason, message, source, shard,
                row -> output.collect(rejectedTag, new StreamRecord<>(row)));
    }

    @Override
    public void onProcessingTime(long time) {
        long now = getProcessingTimeService().getCurrentProcessingTime();
        watermarks.tick(now);
        emitWatermark();
        getProcessingTimeService().registerTimer(now + (interval > 0 ? interval : 200), this);
    }

    private void emitWatermark() {
        long watermark = watermarks.watermark();
        if (watermark > emitted) {
            markIdle(false);
            emitted = watermark;
            output.emitWatermark(new Watermark(watermark));
        } else {
            markIdle(watermarks.isIdle());
        }
    }

    private void markIdle(boolean isIdle) {
        if (this.isIdle != isIdle) {
            this.isIdle = isIdle;
            output.emitWatermarkStatus(isIdle ? WatermarkStatus.IDLE : WatermarkStatus.ACTIVE);
        }
    }

    /** Watermarks begin here; the source's only one is the end of a bounded input. */
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
