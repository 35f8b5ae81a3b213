package lake.flink;

import java.io.IOException;
import java.util.List;

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
import org.apache.flink.runtime.state.StateInitializationContext;
import org.apache.flink.runtime.state.StateSnapshotContext;
import org.apache.flink.runtime.state.VoidNamespace;
import org.apache.flink.runtime.state.VoidNamespaceSerializer;
import org.apache.flink.streaming.api.operators.AbstractStreamOperator;
import org.apache.flink.streaming.api.operators.InternalTimer;
import org.apache.flink.streaming.api.operators.InternalTimerService;
import org.apache.flink.streaming.api.operators.OneInputStreamOperator;
import org.apache.flink.streaming.api.operators.Triggerable;
import org.apache.flink.streaming.api.watermark.Watermark;
import org.apache.flink.streaming.runtime.streamrecord.StreamRecord;
import org.apache.flink.table.data.RowData;
import org.apache.flink.table.data.TimestampData;
import org.apache.flink.table.data.binary.BinaryStringData;
import org.apache.flink.util.OutputTag;

/**
 * Sessions of a user's and device's events; each is emitted once, when it is closed.
 *
 * <p>An event joins the open sessions that it reaches, late or not, and may make two of them one. It is late only if
 * it can change nothing: it reaches no open session, and a session of its own would be closed already. So each event
 * is in exactly one session or one late row.
 *
 * <p>Why not in SQL: session windows there fire a millisecond before an event exactly at the gap is ruled out, count a
 * late event that still merges as late by any condition on the watermark, know no cut at midnight, and cannot find a
 * first and last event without a text to hold both.
 *
 * <p>Access to the state takes most of the time, so recent keys are kept in memory, a bounded number of them, and
 * written to the state at a checkpoint or when they are evicted, with a timer each. A session that ends before that
 * costs one read of the state. What is in memory only came after the last checkpoint: a restart reads it again.
 */
final class Sessions extends AbstractStreamOperator<RowData>
        implements OneInputStreamOperator<RowData, RowData>, Triggerable<Tuple2<Long, String>, VoidNamespace> {
    private static final long serialVersionUID = 1L;

    private final SessionRow rows;
    private final SessionRules rules;
    private final int eventId;
    private final int clientEvent;
    private final int eventTime;
    private final int inMemory;
    private final OutputTag<RowData> lateTag;

    private transient RecentKeys memory;
    private transient ValueState<byte[]> state;
    private transient InternalTimerService<VoidNamespace> timers;
    private transient ListState<Long> openCounts;
    private transient long open;
    private transient SavedWatermark watermark;
    private transient DataInputDeserializer in;
    private transient DataOutputSerializer bytes;
    private transient StreamRecord<RowData> out;
    private transient Counter late;

    /** @param inMemory how many keys are kept in memory */
    Sessions(Contract events, SessionRow rows, SessionRules rules, int inMemory, OutputTag<RowData> lateTag) {
        this.rows = rows;
        this.rules = rules;
        this.eventId = events.indexOf("event_id", Column.Kind.STRING);
        this.clientEvent = events.indexOf("client_event", Column.Kind.STRING);
        this.eventTime = events.indexOfEventTime();
        this.inMemory = inMemory;
        this.lateTag = lateTag;
    }

    @Override
    public void initializeState(StateInitializationContext context) throws Exception {
        super.initializeState(context);
        openCounts = context.getOperatorStateStore().getListState(new ListStateDescriptor<>("open", Types.LONG));
        for (long count : openCounts.get()) {
            open += count;
        }
        watermark = new SavedWatermark(context);
    }

    @Override
    public void open() throws Exception {
        super.open();
        memory = new RecentKeys(inMemory);
        state = getRuntimeContext().getState(
                new ValueStateDescriptor<>("sessions", PrimitiveArrayTypeInfo.BYTE_PRIMITIVE_ARRAY_TYPE_INFO));
        timers = getInternalTimerService("closings", VoidNamespaceSerializer.INSTANCE, this);
        in = new DataInputDeserializer();
        bytes = new DataOutputSerializer(256);
        out = new StreamRecord<>(null);
        late = Metrics.counter(getRuntimeContext(), "late");
        Metrics.group(getRuntimeContext()).gauge("sessionsOpen", () -> open);
        Metrics.group(getRuntimeContext()).gauge("watermarkLagMillis", watermark::lag);
    }

    @Override
    public void snapshotState(StateSnapshotContext context) throws Exception {
        super.snapshotState(context);
        for (KeyedSessions sessions : memory.all()) {
            store(sessions);
        }
        openCounts.update(List.of(open));
        watermark.snapshot();
    }

    @Override
    @SuppressWarnings("unchecked")
    public void processElement(StreamRecord<RowData> element) throws Exception {
        RowData row = element.getValue();
        Tuple2<Long, String> key = (Tuple2<Long, String>) getCurrentKey();
        KeyedSessions sessions = memory.get(key);
        boolean isNew = sessions == null;
        if (isNew) {
            sessions = memory.hasClosed(key) ? KeyedSessions.of(key) : read(key);
        }
        TimestampData time = row.getTimestamp(eventTime, 6);
        long micros = time.getMillisecond() * 1000 + time.getNanoOfMillisecond() / 1000;
        OpenSession session = OpenSession.of(micros, text(row, eventId), text(row, clientEvent));
        int before = sessions.size();
        if (!sessions.mergeInto(session, rules) && rules.closesAt(micros) <= watermark.millis()) {
            late.inc();
            output.collect(lateTag, element);
            return;
        }
        sessions.add(session);
        open += sessions.size() - before;
        memory.closeAt(sessions, isNew ? sessions.firstClose(rules) : rules.closesAt(session.last()));
        if (isNew) {
            for (KeyedSessions evicted : memory.add(sessions)) {
                store(evicted);
            }
        }
    }

    @Override
    public void processWatermark(Watermark mark) throws Exception {
        watermark.advance(mark);
        long millis = watermark.millis();
        for (KeyedSessions sessions = memory.due(millis); sessions != null; sessions = memory.due(millis)) {
            close(sessions, millis);
            if (sessions.size() == 0) {
                memory.close(sessions);
                clear(sessions);
            } else {
                memory.closeAt(sessions, sessions.firstClose(rules));
            }
        }
        super.processWatermark(mark);
    }

    /** Closes the sessions of a key that is in the state only: those in memory are closed by watermarks. */
    @Override
    public void onEventTime(InternalTimer<Tuple2<Long, String>, VoidNamespace> timer) throws Exception {
        KeyedSessions inMemory = memory.get(timer.getKey());
        if (inMemory != null) {
            inMemory.timerFired(timer.getTimestamp());
            return;
        }
        KeyedSessions sessions = read(timer.getKey());
        if (sessions.timerFired(timer.getTimestamp())) {
            close(sessions, timers.currentWatermark());
            if (sessions.size() == 0) {
                clear(sessions);
            } else {
                store(sessions);
            }
        }
    }

    @Override
    public void onProcessingTime(InternalTimer<Tuple2<Long, String>, VoidNamespace> timer) {
        // None is set.
    }

    /** What the state has of the current key. */
    private KeyedSessions read(Tuple2<Long, String> key) throws IOException {
        byte[] stored = state.value();
        if (stored == null) {
            return KeyedSessions.of(key);
        }
        long timer = OpenSession.timer(in, stored);
        return KeyedSessions.stored(key, OpenSession.read(in), timer);
    }

    /** Brings the state up to date, with a timer no later than the first close. */
    private void store(KeyedSessions sessions) throws IOException {
        if (!sessions.isDirty()) {
            return;
        }
        setCurrentKey(sessions.key());
        long timer = Math.min(sessions.firstClose(rules), sessions.timer());
        if (timer < sessions.timer()) {
            deleteTimer(sessions);
            timers.registerEventTimeTimer(VoidNamespace.INSTANCE, timer);
        }
        state.update(OpenSession.write(bytes, timer, sessions.sessions()));
        sessions.markStored(timer);
    }

    private void clear(KeyedSessions sessions) {
        if (sessions.isStored()) {
            setCurrentKey(sessions.key());
            state.clear();
            deleteTimer(sessions);
        }
    }

    private void deleteTimer(KeyedSessions sessions) {
        if (sessions.timer() != KeyedSessions.NEVER) {
            timers.deleteEventTimeTimer(VoidNamespace.INSTANCE, sessions.timer());
        }
    }

    private void close(KeyedSessions sessions, long millis) {
        sessions.close(millis, rules, session -> {
            open--;
            output.collect(out.replace(rows.row(sessions.key(), session, rules)));
        });
    }

    private static BinaryStringData text(RowData row, int index) {
        // A copy, since what it is part of is large, or will be used again.
        return row.isNullAt(index) ? null : ((BinaryStringData) row.getString(index)).copy();
    }
}
