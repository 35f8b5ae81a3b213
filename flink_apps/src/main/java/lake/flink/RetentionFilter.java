package lake.flink;

import org.apache.flink.metrics.Counter;
import org.apache.flink.runtime.state.StateInitializationContext;
import org.apache.flink.runtime.state.StateSnapshotContext;
import org.apache.flink.streaming.api.operators.AbstractStreamOperator;
import org.apache.flink.streaming.api.operators.ChainingStrategy;
import org.apache.flink.streaming.api.operators.OneInputStreamOperator;
import org.apache.flink.streaming.api.watermark.Watermark;
import org.apache.flink.streaming.runtime.streamrecord.StreamRecord;
import org.apache.flink.table.data.RowData;
import org.apache.flink.util.OutputTag;

/**
 * Passes events that are not older than the retention, by the watermark; the others are late. An event without a time
 * has no age, and is passed.
 *
 * <p>Why not in SQL: the condition would be needed twice, once negated, and CURRENT_WATERMARK is null at first.
 */
final class RetentionFilter extends AbstractStreamOperator<RowData> implements OneInputStreamOperator<RowData, RowData> {
    private static final long serialVersionUID = 1L;

    private final int eventTime;
    private final long retention;
    private final OutputTag<RowData> lateTag;
    private transient SavedWatermark watermark;
    private transient Counter late;

    /** @param retention milliseconds */
    RetentionFilter(int eventTime, long retention, OutputTag<RowData> lateTag) {
        this.eventTime = eventTime;
        this.retention = retention;
        this.lateTag = lateTag;
        this.chainingStrategy = ChainingStrategy.ALWAYS;
    }

    @Override
    public void initializeState(StateInitializationContext context) throws Exception {
        super.initializeState(context);
        watermark = new SavedWatermark(context);
    }

    @Override
    public void open() throws Exception {
        super.open();
        late = Metrics.counter(getRuntimeContext(), "late");
        Metrics.group(getRuntimeContext()).gauge("watermarkLagMillis", watermark::lag);
    }

    @Override
    public void snapshotState(StateSnapshotContext context) throws Exception {
        super.snapshotState(context);
        watermark.snapshot();
    }

    @Override
    public void processElement(StreamRecord<RowData> element) {
        RowData row = element.getValue();
        boolean isLate = watermark.isKnown() && !row.isNullAt(eventTime)
                && row.getTimestamp(eventTime, 6).getMillisecond() < watermark.millis() - retention;
        if (isLate) {
            late.inc();
            output.collect(lateTag, element);
        } else {
            output.collect(element);
        }
    }

    @Override
    public void processWatermark(Watermark mark) throws Exception {
        watermark.advance(mark);
        super.processWatermark(mark);
    }
}
