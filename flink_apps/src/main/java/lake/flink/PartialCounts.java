package lake.flink;

import java.util.HashMap;
import java.util.Map;

import org.apache.flink.api.common.operators.ProcessingTimeService.ProcessingTimeCallback;
import org.apache.flink.streaming.api.operators.AbstractStreamOperator;
import org.apache.flink.streaming.api.operators.ChainingStrategy;
import org.apache.flink.streaming.api.operators.OneInputStreamOperator;
import org.apache.flink.streaming.runtime.streamrecord.StreamRecord;
import org.apache.flink.table.data.GenericRowData;
import org.apache.flink.table.data.RowData;
import org.apache.flink.table.data.StringData;
import org.apache.flink.table.data.binary.BinaryStringData;

/**
 * How many events of each name and start this task has had since it said so last: name, start, count. So what goes to
 * other tasks, and to the state there, is few rows.
 *
 * <p>Holds no state: everything is handed over before a checkpoint's barrier.
 */
final class PartialCounts extends AbstractStreamOperator<RowData>
        implements OneInputStreamOperator<RowData, RowData>, ProcessingTimeCallback {
    private static final long serialVersionUID = 1L;
    private static final BinaryStringData NO_NAME = BinaryStringData.fromString("NULL");

    /** Of a name; a character has four bytes at most, and DynamoDB's keys 2,048. Batch cuts names at the same place. */
    private static final int MOST_CHARACTERS = 512;

    private final int name;
    private final int eventTime;
    private final long resolution;

    private transient Map<Long, Map<StringData, long[]>> counts;
    private transient Map<StringData, long[]> current;
    private transient long currentStart;
    private transient int rows;

    /** `resolution` is in milliseconds. */
    PartialCounts(Contract contract, long resolution) {
        this.name = contract.place("client_event", "string");
        this.eventTime = contract.place(contract.eventTime, "timestamp");
        this.resolution = resolution;
        this.chainingStrategy = ChainingStrategy.ALWAYS;
    }

    @Override
    public void open() throws Exception {
        super.open();
        counts = new HashMap<>();
        long now = getProcessingTimeService().getCurrentProcessingTime();
        getProcessingTimeService().registerTimer(now + Counts.PAUSE, this);
    }

    @Override
    public void processElement(StreamRecord<RowData> element) {
        RowData row = element.getValue();
        long start = Counts.NO_TIME;
        if (!row.isNullAt(eventTime)) {
            long millis = row.getTimestamp(eventTime, 6).getMillisecond();
            start = Math.floorDiv(millis, resolution) * resolution;
        }
        if (current == null || start != currentStart) {
            current = counts.computeIfAbsent(start, any -> new HashMap<>());
            currentStart = start;
        }
        BinaryStringData text = row.isNullAt(name) ? NO_NAME : (BinaryStringData) row.getString(name);
        if (text.getSizeInBytes() == 0) {
            text = NO_NAME; // a table's key cannot be empty
        }
        if (text.getSizeInBytes() > MOST_CHARACTERS) {
            text = text.substring(0, MOST_CHARACTERS);
        }
        long[] count = current.get(text);
        if (count != null) {
            count[0]++;
            return;
        }
        // A copy, since what it is part of is large, or will be used again.
        current.put(text.copy(), new long[] {1});
        if (++rows >= Counts.MOST) {
            handOver();
        }
    }

    private void handOver() {
        StreamRecord<RowData> out = new StreamRecord<>(null);
        counts.forEach((start, names) -> names.forEach(
                (text, count) -> output.collect(out.replace(GenericRowData.of(text, start, count[0])))));
        counts.clear();
        current = null;
        rows = 0;
    }

    @Override
    public void onProcessingTime(long time) {
        handOver();
        long now = getProcessingTimeService().getCurrentProcessingTime();
        getProcessingTimeService().registerTimer(now + Counts.PAUSE, this);
    }

    @Override
    public void prepareSnapshotPreBarrier(long checkpoint) {
        handOver();
    }

    @Override
    public void finish() throws Exception {
        handOver();
        super.finish();
    }
}
