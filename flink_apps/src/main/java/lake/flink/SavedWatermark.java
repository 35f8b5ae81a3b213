package lake.flink;

import java.util.List;

import org.apache.flink.api.common.state.ListState;
import org.apache.flink.api.common.state.ListStateDescriptor;
import org.apache.flink.api.common.typeinfo.Types;
import org.apache.flink.runtime.state.StateInitializationContext;
import org.apache.flink.streaming.api.watermark.Watermark;

/**
 * An operator's watermark that outlives a restart: what was late before it is late after it, though sources begin
 * without a watermark. Of several tasks, the least is restored.
 */
final class SavedWatermark {
    private static final long NONE = Long.MIN_VALUE;

    private final ListState<Long> state;
    private long millis;

    SavedWatermark(StateInitializationContext context) throws Exception {
        state = context.getOperatorStateStore().getUnionListState(new ListStateDescriptor<>("watermarks", Types.LONG));
        long restored = Long.MAX_VALUE;
        for (long saved : state.get()) {
            restored = Math.min(restored, saved);
        }
        millis = restored == Long.MAX_VALUE ? NONE : restored;
    }

    void advance(Watermark mark) {
        millis = Math.max(millis, mark.getTimestamp());
    }

    /** Milliseconds; Long.MIN_VALUE before the first one. */
    long millis() {
        return millis;
    }

    boolean isKnown() {
        return millis != NONE;
    }

    /** The last watermark of all, as a stop that drains emits it, is not saved: nothing could come after it. */
    void snapshot() throws Exception {
        state.update(List.of(millis == Long.MAX_VALUE ? NONE : millis));
    }

    /** How far it is behind the machine's time, in milliseconds; -1 before the first one, and after the last. */
    long lag() {
        return millis == NONE || millis == Long.MAX_VALUE ? -1 : System.currentTimeMillis() - millis;
    }
}
