package lake.flink;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;

import org.apache.flink.api.common.typeinfo.Types;
import org.apache.flink.api.java.functions.KeySelector;
import org.apache.flink.api.java.tuple.Tuple2;
import org.apache.flink.api.java.typeutils.TupleTypeInfo;
import org.apache.flink.runtime.checkpoint.OperatorSubtaskState;
import org.apache.flink.runtime.state.StateBackend;
import org.apache.flink.streaming.api.watermark.Watermark;
import org.apache.flink.streaming.runtime.streamrecord.StreamRecord;
import org.apache.flink.streaming.util.KeyedOneInputStreamOperatorTestHarness;
import org.apache.flink.streaming.util.OneInputStreamOperatorTestHarness;
import org.apache.flink.table.data.RowData;
import org.apache.flink.table.runtime.typeutils.InternalTypeInfo;
import org.apache.flink.util.OutputTag;

/** The operators of the application `sessions` without deduplication, one behind the other, on Flink's harness. */
final class SessionsJob implements AutoCloseable {
    private static final OutputTag<RowData> LATE = tag("late");

    private final OneInputStreamOperatorTestHarness<RowData, RowData> parse;
    private final KeyedOneInputStreamOperatorTestHarness<Tuple2<Long, String>, RowData, RowData> sessions;
    private final List<String> closed = new ArrayList<>();
    private final List<String> late = new ArrayList<>();

    /** The state of both operators. */
    static final class Savepoint {
        private final OperatorSubtaskState parse;
        private final OperatorSubtaskState sessions;

        private Savepoint(OperatorSubtaskState parse, OperatorSubtaskState sessions) {
            this.parse = parse;
            this.sessions = sessions;
        }
    }

    /** A version of the job: its options, rules, and how many keys it keeps in memory. */
    SessionsJob(EventOptions options, SessionRules rules, int inMemory, StateBackend backend, Savepoint savepoint)
            throws Exception {
        Contract contract = Fixtures.events();
        InternalTypeInfo<RowData> events = InternalTypeInfo.of(contract.rowType());
        parse = new OneInputStreamOperatorTestHarness<>(new ParseEvents(contract, options, Fixtures.REJECTED));
        parse.getExecutionConfig().setAutoWatermarkInterval(0);
        parse.getExecutionConfig().enableObjectReuse();
        parse.setProcessingTime(System.currentTimeMillis());
        parse.setup(events.toSerializer());
        SessionRow rows = new SessionRow(Fixtures.sessions());
        int user = contract.indexOf("user_id");
        int device = contract.indexOf("device_id");
        KeySelector<RowData, Tuple2<Long, String>> key =
                row -> Tuple2.of(row.getLong(user), row.getString(device).toString());
        sessions = new KeyedOneInputStreamOperatorTestHarness<>(
                new Sessions(contract, rows, rules, inMemory, LATE), key,
                new TupleTypeInfo<>(Types.LONG, Types.STRING));
        sessions.setStateBackend(backend);
        sessions.setup(InternalTypeInfo.<RowData>of(rows.type()).toSerializer());
        if (savepoint != null) {
            parse.initializeState(savepoint.parse);
            sessions.initializeState(savepoint.sessions);
        }
        parse.open();
        sessions.open();
    }

    private static OutputTag<RowData> tag(String name) {
        try {
            return new OutputTag<>(name, InternalTypeInfo.of(Fixtures.events().rowType()));
        } catch (IOException error) {
            throw new IllegalStateException(error);
        }
    }

    /** Reads records of one shard. */
    SessionsJob read(String... records) throws Exception {
        for (String record : records) {
            parse.processElement(Fixtures.payload("one", record));
            forward();
        }
        return this;
    }

    @SuppressWarnings("unchecked")
    private void forward() throws Exception {
        for (Object output = parse.getOutput().poll(); output != null; output = parse.getOutput().poll()) {
            if (output instanceof Watermark) {
                sessions.processWatermark((Watermark) output);
            } else if (output instanceof StreamRecord) {
                sessions.processElement((StreamRecord<RowData>) output);
            }
        }
        collect();
    }

    private void collect() {
        closed.addAll(Fixtures.shown(sessions.getOutput(), 1, 3, 4, 6, 7, 8));
        sessions.getOutput().clear();
        if (sessions.getSideOutput(LATE) != null) {
            late.addAll(Fixtures.shown(sessions.getSideOutput(LATE), 1, 3));
            sessions.getSideOutput(LATE).clear();
        }
    }

    /** Stops the job with a savepoint; what it emitted before is not emitted again by the next one. */
    Savepoint stop() throws Exception {
        Savepoint savepoint = new Savepoint(parse.snapshot(1, 1), sessions.snapshot(1, 1));
        close();
        return savepoint;
    }

    /** Ends the input, which closes every session. */
    SessionsJob end() throws Exception {
        parse.processWatermark(Watermark.MAX_WATERMARK);
        forward();
        return this;
    }

    /** The sessions that were emitted: user, begin, end, events, first and last event. */
    List<String> sessions() {
        return closed;
    }

    /** User and name of the events that were late. */
    List<String> late() {
        return late;
    }

    @Override
    public void close() throws Exception {
        parse.close();
        sessions.close();
    }
}
