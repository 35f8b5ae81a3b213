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
 * Events of a user and device to sessions, each once, when it is closed.
 *
 * <p>An event joins the open sessions that it reaches, late or not, and may make two of them one. It is late only if
 * it can change nothing: it reaches no open session, and a session of its own would be closed already. So each event
 * is in exactly one session or one late row.
 *
 * <p>Why not in SQL: session windows there fire a millisecond before an event exactly at the gap is ruled out, count a
 * late event that still merges as late by any condition on the watermark, know no cut at midnight, and cannot find a
 * first and last event without a text to hold both.
 *
 * <p>The state costs most of the time, so keys of late are kept in memory, a bounded number of them, and written to
 * the state when a checkpoint is made or they have to make room, with a timer each. A session that ends before that
 * costs the state one look. What is in memory only is younger than the last checkpoint: a restart reads it again.
 */
final class Sessions extends AbstractStreamOperator<RowData>
        implements OneInputStreamOperator<RowData, RowData>, Triggerable<Tuple2<Long, String>, VoidNamespace> {
    private static final long serialVersionUID = 1L;

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

    /** `inMemory` is how many keys are kept in memory. */
    Sessions(Contract contract, SessionRules rules, int inMemory, OutputTag<RowData> lateTag) {
        this.rules = rules;
        this.eventId = contract.place("event_id", "string");
        this.clientEvent = contract.place("client_event", "string");
        this.eventTime = contract.place(contract.eventTime, "timestamp");
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
        for (KeyedSessions held : memory.all()) {
            store(held);
        }
        openCounts.update(List.of(open));
        watermark.snapshot();
    }

    @Override
    @SuppressWarnings("unchecked")
    public void processElement(StreamRecord<RowData> element) throws Exception {
        RowData row = element.getValue();
        Tuple2<Long, String> key = (Tuple2<Long, String>) getCurrentKey();
        KeyedSessions held = memory.get(key);
        boolean isNew = held == null;
        if (isNew) {
            held = memory.hasClosed(key) ? KeyedSessions.of(key) : stored(key);
        }
        TimestampData time = row.getTimestamp(eventTime, 6);
        long micros = time.getMillisecond() * 1000 + time.getNanoOfMillisecond() / 1000;
        OpenSession session = OpenSession.of(micros, text(row, eventId), text(row, clientEvent));
        int before = held.sessions.size();
        if (!held.join(session, rules) && rules.closesAt(micros) <= watermark.millis) {
            late.inc();
            output.collect(lateTag, element);
            return;
        }
        held.sessions.add(session);
        held.isDirty = true;
        open += held.sessions.size() - before;
        memory.lookAt(held, isNew ? held.earliest(rules) : rules.closesAt(session.last));
        if (isNew) {
            for (KeyedSessions moved : memory.add(held)) {
                store(moved);
            }
        }
    }

    @Override
    public void processWatermark(Watermark mark) throws Exception {
        watermark.advance(mark);
        for (KeyedSessions held = memory.due(watermark.millis); held != null; held = memory.due(watermark.millis)) {
            Tuple2<Long, String> key = held.key;
            held.close(watermark.millis, rules, session -> emit(key, session));
            if (held.sessions.isEmpty()) {
                memory.close(held);
                forget(held);
            } else {
                memory.lookAt(held, held.earliest(rules));
            }
        }
        super.processWatermark(mark);
    }

    /** A timer of a key: memory looks after its keys by itself. */
    @Override
    public void onEventTime(InternalTimer<Tuple2<Long, String>, VoidNamespace> timer) throws Exception {
        KeyedSessions held = memory.get(timer.getKey());
        if (held != null) {
            if (held.timer == timer.getTimestamp()) {
                held.timer = KeyedSessions.NEVER;
                held.isDirty = true;
            }
            return;
        }
        KeyedSessions read = stored(timer.getKey());
        if (read.timer == timer.getTimestamp()) {
            read.timer = KeyedSessions.NEVER;
            read.isDirty = true;
            read.close(timers.currentWatermark(), rules, session -> emit(read.key, session));
            if (read.sessions.isEmpty()) {
                forget(read);
            } else {
                store(read);
            }
        }
    }

    @Override
    public void onProcessingTime(InternalTimer<Tuple2<Long, String>, VoidNamespace> timer) {
        // None is set.
    }

    /** What the state has of the current key. */
    private KeyedSessions stored(Tuple2<Long, String> key) throws IOException {
        byte[] known = state.value();
        if (known == null) {
            return KeyedSessions.of(key);
        }
        long timer = OpenSession.timer(in, known);
        return new KeyedSessions(key, OpenSession.read(in), timer, true);
    }

    /** Brings the state up to date, with a timer no later than the first close. */
    private void store(KeyedSessions held) throws IOException {
        if (!held.isDirty) {
            return;
        }
        setCurrentKey(held.key);
        long earliest = held.earliest(rules);
        if (earliest < held.timer) {
            if (held.timer != KeyedSessions.NEVER) {
                timers.deleteEventTimeTimer(VoidNamespace.INSTANCE, held.timer);
            }
            held.timer = earliest;
            timers.registerEventTimeTimer(VoidNamespace.INSTANCE, earliest);
        }
        state.update(OpenSession.write(bytes, held.timer, held.sessions));
        held.isStored = true;
        held.isDirty = false;
    }

    private void forget(KeyedSessions held) {
        if (held.isStored) {
            setCurrentKey(held.key);
            state.clear();
            if (held.timer != KeyedSessions.NEVER) {
                timers.deleteEventTimeTimer(VoidNamespace.INSTANCE, held.timer);
            }
        }
    }

    private void emit(Tuple2<Long, String> key, OpenSession session) {
        open--;
        output.collect(out.replace(session.row(key.f0, key.f1, rules)));
    }

    private static BinaryStringData text(RowData row, int place) {
        // A copy, since what it is part of is large, or will be used again.
        return row.isNullAt(place) ? null : ((BinaryStringData) row.getString(place)).copy();
    }
}
