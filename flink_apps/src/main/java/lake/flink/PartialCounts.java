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
import org.apache.flink.table.types.logical.BigIntType;
import org.apache.flink.table.types.logical.LogicalType;
import org.apache.flink.table.types.logical.RowType;
import org.apache.flink.table.types.logical.VarCharType;

/**
 * How many events of each name and start this task has read since the last flush: name, start, count. So only few rows
 * go to other tasks, and to the state there.
 *
 * <p>Holds no state: everything is flushed before a checkpoint's barrier.
 */
final class PartialCounts extends AbstractStreamOperator<RowData>
        implements OneInputStreamOperator<RowData, RowData>, ProcessingTimeCallback {
    private static final long serialVersionUID = 1L;
    static final RowType TYPE = RowType.of(
            new LogicalType[] {new VarCharType(VarCharType.MAX_LENGTH), new BigIntType(), new BigIntType()},
            new String[] {"name", "start", "count"});
    private static final BinaryStringData NO_NAME = BinaryStringData.fromString("NULL");

    /** Of a name; a character has at most four bytes, and DynamoDB's keys 2,048. Batch cuts names at the same character. */
    private static final int MOST_CHARACTERS = 512;

    private final int name;
    private final int eventTime;
    private final long resolution;

    private transient Map<Long, Map<StringData, long[]>> counts;
    private transient Map<StringData, long[]> current;
    private transient long currentStart;
    private transient int rows;

    /**
     * @param name the column that names what is counted
     * @param resolution milliseconds
     */
    PartialCounts(Contract contract, String name, long resolution) {
        this.name = contract.indexOf(name, Column.Kind.STRING);
        this.eventTime = contract.indexOfEventTime();
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
            current = counts.computeIfAbsent(start, absent -> new HashMap<>());
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
            flush();
        }
    }

    private void flush() {
        StreamRecord<RowData> out = new StreamRecord<>(null);
        counts.forEach((start, names) -> names.forEach(
                (text, count) -> output.collect(out.replace(GenericRowData.of(text, start, count[0])))));
        counts.clear();
        current = null;
        rows = 0;
    }

    @Override
    public void onProcessingTime(long time) {
        flush();
        long now = getProcessingTimeService().getCurrentProcessingTime();
        getProcessingTimeService().registerTimer(now + Counts.PAUSE, this);
    }

    @Override
    public void prepareSnapshotPreBarrier(long checkpoint) {
        flush();
    }

    @Override
    public void finish() throws Exception {
        flush();
        super.finish();
    }
}
