package lake.flink;

import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;

import org.apache.flink.api.common.functions.OpenContext;
import org.apache.flink.api.common.state.ListState;
import org.apache.flink.api.common.state.ListStateDescriptor;
import org.apache.flink.api.common.state.ValueState;
import org.apache.flink.api.common.state.ValueStateDescriptor;
import org.apache.flink.api.common.typeinfo.PrimitiveArrayTypeInfo;
import org.apache.flink.api.common.typeinfo.Types;
import org.apache.flink.api.java.tuple.Tuple2;
import org.apache.flink.core.memory.DataInputDeserializer;
import org.apache.flink.core.memory.DataOutputSerializer;
import org.apache.flink.metrics.Counter;
import org.apache.flink.runtime.state.FunctionInitializationContext;
import org.apache.flink.runtime.state.FunctionSnapshotContext;
import org.apache.flink.streaming.api.checkpoint.CheckpointedFunction;
import org.apache.flink.streaming.api.functions.KeyedProcessFunction;
import org.apache.flink.table.data.GenericRowData;
import org.apache.flink.table.data.RowData;
import org.apache.flink.table.data.StringData;
import org.apache.flink.table.data.TimestampData;
import org.apache.flink.table.data.binary.BinaryStringData;
import org.apache.flink.util.Collector;
import org.apache.flink.util.OutputTag;

/**
 * Events of a user and device to sessions, each once, when it is closed.
 *
 * <p>An event joins the open sessions that it reaches, late or not, and may make two of them one. It is late only if
 * it can change nothing: it reaches no open session, and a session of its own would be closed already. So each event
 * is in exactly one session or one late row.
 *
 * <p>Why not in SQL: session windows there fire a millisecond before an event exactly at the gap is ruled out, count a
 * late event that still merges as late by any condition on the watermark, know no cut at midnight, cannot find a first
 * and last event without a text to hold both, and take five accesses to the state where this takes two.
 *
 * <p>State: for each key the bytes of its open sessions, and one timer at the earliest close that was known when it
 * was set; an event that extends a session leaves the timer alone.
 */
final class Sessions extends KeyedProcessFunction<Tuple2<Long, String>, RowData, RowData>
        implements CheckpointedFunction {
    private static final long serialVersionUID = 1L;

    private final SessionRules rules;
    private final int eventId;
    private final int clientEvent;
    private final int eventTime;
    private final OutputTag<RowData> lateTag;

    private transient ValueState<byte[]> state;
    private transient ListState<Long> openCounts;
    private transient ListState<Long> watermarks;
    private transient long open;
    private transient long watermark;
    private transient long restoredWatermark;
    private transient DataInputDeserializer in;
    private transient DataOutputSerializer bytes;
    private transient Counter late;

    Sessions(Contract contract, SessionRules rules, OutputTag<RowData> lateTag) {
        this.rules = rules;
        this.eventId = contract.place("event_id", "string");
        this.clientEvent = contract.place("client_event", "string");
        this.eventTime = contract.place(contract.eventTime, "timestamp");
        this.lateTag = lateTag;
    }

    @Override
    public void initializeState(FunctionInitializationContext context) throws Exception {
        openCounts = context.getOperatorStateStore().getListState(new ListStateDescriptor<>("open", Types.LONG));
        watermarks = context.getOperatorStateStore().getUnionListState(
                new ListStateDescriptor<>("watermarks", Types.LONG));
        for (long count : openCounts.get()) {
            open += count;
        }
        // What was late before a restart is late after it, though watermarks have to be made anew.
        restoredWatermark = Long.MAX_VALUE;
        for (long each : watermarks.get()) {
            restoredWatermark = Math.min(restoredWatermark, each);
        }
        restoredWatermark = restoredWatermark == Long.MAX_VALUE ? Long.MIN_VALUE : restoredWatermark;
        watermark = restoredWatermark;
    }

    @Override
    public void open(OpenContext context) {
        state = getRuntimeContext().getState(
                new ValueStateDescriptor<>("sessions", PrimitiveArrayTypeInfo.BYTE_PRIMITIVE_ARRAY_TYPE_INFO));
        in = new DataInputDeserializer();
        bytes = new DataOutputSerializer(256);
        late = Metrics.counter(getRuntimeContext(), "late");
        Metrics.group(getRuntimeContext()).gauge("sessionsOpen", () -> open);
        Metrics.group(getRuntimeContext()).gauge("watermarkLagMillis", () ->
                watermark == Long.MIN_VALUE || watermark == Long.MAX_VALUE ? -1 : System.currentTimeMillis() - watermark);
    }

    @Override
    public void snapshotState(FunctionSnapshotContext context) throws Exception {
        openCounts.update(List.of(open));
        watermarks.update(List.of(watermark));
    }

    @Override
    public void processElement(RowData row, Context context, Collector<RowData> out) throws Exception {
        watermark = Math.max(context.timerService().currentWatermark(), restoredWatermark);
        TimestampData time = row.getTimestamp(eventTime, 6);
        long micros = time.getMillisecond() * 1000 + time.getNanoOfMillisecond() / 1000;
        byte[] known = state.value();
        long timer = known == null ? Long.MAX_VALUE : OpenSession.timer(in, known);
        List<OpenSession> sessions = known == null ? new ArrayList<>(1) : OpenSession.read(in);
        OpenSession joined = OpenSession.of(micros, text(row, eventId), text(row, clientEvent));
        int before = sessions.size();
        for (Iterator<OpenSession> each = sessions.iterator(); each.hasNext();) {
            OpenSession session = each.next();
            if (rules.joins(session.first, session.last, micros)) {
                joined.add(session);
                each.remove();
            }
        }
        long closesAt = rules.closesAt(joined.last);
        if (sessions.size() == before && closesAt <= watermark) {
            late.inc();
            context.output(lateTag, row);
            return;
        }
        sessions.add(joined);
        open += sessions.size() - before;
        if (closesAt < timer) {
            if (known != null) {
                context.timerService().deleteEventTimeTimer(timer);
            }
            timer = closesAt;
            context.timerService().registerEventTimeTimer(timer);
        }
        state.update(OpenSession.write(bytes, timer, sessions));
    }

    @Override
    public void onTimer(long timestamp, OnTimerContext context, Collector<RowData> out) throws Exception {
        watermark = Math.max(context.timerService().currentWatermark(), restoredWatermark);
        byte[] known = state.value();
        if (known == null || OpenSession.timer(in, known) != timestamp) {
            return;
        }
        List<OpenSession> sessions = OpenSession.read(in);
        sessions.sort((one, other) -> Long.compare(one.first, other.first));
        long earliest = Long.MAX_VALUE;
        for (Iterator<OpenSession> each = sessions.iterator(); each.hasNext();) {
            OpenSession session = each.next();
            long closesAt = rules.closesAt(session.last);
            if (closesAt <= timestamp) {
                out.collect(closed(context.getCurrentKey(), session));
                each.remove();
                open--;
            } else {
                earliest = Math.min(earliest, closesAt);
            }
        }
        if (sessions.isEmpty()) {
            state.clear();
        } else {
            context.timerService().registerEventTimeTimer(earliest);
            state.update(OpenSession.write(bytes, earliest, sessions));
        }
    }

    private RowData closed(Tuple2<Long, String> key, OpenSession session) {
        return GenericRowData.of(
                StringData.fromString(rules.name(key.f0, key.f1, session.first)),
                key.f0,
                StringData.fromString(key.f1),
                timestamp(session.first),
                timestamp(session.last),
                Math.floorDiv(session.last - session.first, 1_000_000L),
                session.events,
                session.firstName,
                session.lastName);
    }

    private static TimestampData timestamp(long micros) {
        return TimestampData.fromEpochMillis(Math.floorDiv(micros, 1000L), (int) Math.floorMod(micros, 1000L) * 1000);
    }

    private static BinaryStringData text(RowData row, int place) {
        return row.isNullAt(place) ? null : (BinaryStringData) row.getString(place);
    }
}
