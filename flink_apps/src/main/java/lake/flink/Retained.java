package lake.flink;

import org.apache.flink.api.common.functions.OpenContext;
import org.apache.flink.metrics.Counter;
import org.apache.flink.streaming.api.functions.ProcessFunction;
import org.apache.flink.table.data.RowData;
import org.apache.flink.util.Collector;
import org.apache.flink.util.OutputTag;

/**
 * Events that are not older than the retention, by the watermark; the others are late. An event without a time has no
 * age, and stays.
 *
 * <p>Why not in SQL: the condition would be needed twice, once negated, and CURRENT_WATERMARK is null at first.
 */
final class Retained extends ProcessFunction<RowData, RowData> {
    private static final long serialVersionUID = 1L;

    private final int eventTime;
    private final long retention;
    private final OutputTag<RowData> lateTag;
    private transient Counter late;

    /** `retention` is in milliseconds. */
    Retained(int eventTime, long retention, OutputTag<RowData> lateTag) {
        this.eventTime = eventTime;
        this.retention = retention;
        this.lateTag = lateTag;
    }

    @Override
    public void open(OpenContext context) {
        late = Metrics.counter(getRuntimeContext(), "late");
    }

    @Override
    public void processElement(RowData row, Context context, Collector<RowData> out) {
        long watermark = context.timerService().currentWatermark();
        boolean isLate = watermark != Long.MIN_VALUE && !row.isNullAt(eventTime)
                && row.getTimestamp(eventTime, 6).getMillisecond() < watermark - retention;
        if (isLate) {
            late.inc();
            context.output(lateTag, row);
        } else {
            out.collect(row);
        }
    }
}
