package lake.flink;

import java.util.List;

import org.apache.flink.api.common.typeinfo.TypeInformation;
import org.apache.flink.api.common.typeinfo.Types;
import org.apache.flink.api.java.functions.KeySelector;
import org.apache.flink.api.java.tuple.Tuple2;
import org.apache.flink.api.java.typeutils.TupleTypeInfo;
import org.apache.flink.streaming.api.datastream.DataStream;
import org.apache.flink.streaming.api.datastream.SingleOutputStreamOperator;
import org.apache.flink.table.api.bridge.java.StreamTableEnvironment;
import org.apache.flink.table.data.RowData;
import org.apache.flink.table.data.StringData;
import org.apache.flink.table.runtime.typeutils.InternalTypeInfo;
import org.apache.flink.table.runtime.typeutils.StringDataTypeInfo;
import org.apache.flink.table.types.AbstractDataType;
import org.apache.flink.table.types.logical.BigIntType;
import org.apache.flink.table.types.logical.LogicalType;
import org.apache.flink.table.types.logical.RowType;
import org.apache.flink.table.types.logical.TimestampType;
import org.apache.flink.table.types.logical.VarBinaryType;
import org.apache.flink.table.types.logical.VarCharType;
import org.apache.flink.table.types.utils.TypeConversions;
import org.apache.flink.types.Row;
import org.apache.flink.types.RowKind;
import org.apache.flink.util.OutputTag;

/**
 * The operators as views: each method registers views of what an operator makes. Names and uids are fixed, so that
 * state survives an upgrade of the program. Times are milliseconds.
 *
 * <p>Operators follow each other without the views between them: a table made from a stream would lose its watermarks.
 */
public final class Views {
    private static final LogicalType TEXT = new VarCharType(VarCharType.MAX_LENGTH);
    private static final RowType REJECTED = RowType.of(
            new LogicalType[] {TEXT, TEXT, new VarBinaryType(VarBinaryType.MAX_LENGTH), TEXT},
            new String[] {"reason", "message", "payload", "shard"});
    private static final RowType SESSIONS = RowType.of(
            new LogicalType[] {TEXT, new BigIntType(), TEXT, new TimestampType(6), new TimestampType(6),
                new BigIntType(), new BigIntType(), TEXT, TEXT},
            new String[] {"session_id", "user_id", "device_id", "started_at", "ended_at", "duration_sec", "events",
                "begin_navigation", "end_navigation"});

    private final StreamTableEnvironment env;
    private final Contract contract;
    private DataStream<RowData> events;

    /** Views of events of a contract. */
    public Views(StreamTableEnvironment env, Contract contract) {
        this.env = env;
        this.contract = contract;
    }

    /**
     * Registers the events of payloads (view `input`: payload BYTES, shard STRING), with watermarks; and what is
     * rejected: reason, message, payload, shard. `keys` are columns that an event must have. With `dedupWindow` over 0,
     * each event_id counts once within it.
     */
    public void events(String input, String view, String rejected, List<String> keys, long watermarkDelay,
            long idleTimeout, long hold, long dedupWindow) {
        OutputTag<RowData> tag = new OutputTag<>("rejected", InternalTypeInfo.of(REJECTED));
        boolean isDistinct = dedupWindow > 0;
        RowType parsed = isDistinct ? contract.eventsWithPayload() : contract.events();
        SingleOutputStreamOperator<RowData> stream = payloads(input).transform("parse events",
                InternalTypeInfo.of(parsed),
                new ParseEvents(contract, keys, isDistinct, watermarkDelay, idleTimeout, hold, tag));
        stream.uid("parse-events");
        DataStream<RowData> refused = stream.getSideOutput(tag);
        if (isDistinct) {
            int eventId = contract.place("event_id", "string");
            KeySelector<RowData, StringData> key = row -> row.getString(eventId);
            stream = stream
                    .keyBy(key, StringDataTypeInfo.INSTANCE)
                    .process(new Distinct(contract, dedupWindow, tag), InternalTypeInfo.of(contract.events()))
                    .name("distinct events")
                    .uid("distinct-events");
            refused = refused.union(stream.getSideOutput(tag));
        }
        events = stream;
        env.createTemporaryView(view, stream);
        env.createTemporaryView(rejected, refused);
    }

    /**
     * Registers the sessions of the events, and the events that came too late for any. `inMemory` is how many users
     * and devices each task keeps in memory, beside the state.
     */
    public void sessions(String sessions, String late, SessionRules rules, int inMemory) {
        OutputTag<RowData> tag = new OutputTag<>("late", InternalTypeInfo.of(contract.events()));
        int user = contract.place("user_id", "bigint");
        int device = contract.place("device_id", "string");
        TypeInformation<Tuple2<Long, String>> keyType = new TupleTypeInfo<>(Types.LONG, Types.STRING);
        KeySelector<RowData, Tuple2<Long, String>> key =
                row -> Tuple2.of(row.getLong(user), row.getString(device).toString());
        SingleOutputStreamOperator<RowData> stream = events
                .keyBy(key, keyType)
                .transform("sessions", InternalTypeInfo.of(SESSIONS), new Sessions(contract, rules, inMemory, tag))
                .uid("sessions");
        env.createTemporaryView(sessions, stream);
        env.createTemporaryView(late, stream.getSideOutput(tag));
    }

    /** Registers the events that are within the retention, and those that are older. */
    public void retained(String retained, String late, long retention) {
        OutputTag<RowData> tag = new OutputTag<>("late", InternalTypeInfo.of(contract.events()));
        int eventTime = contract.place(contract.eventTime, "timestamp");
        SingleOutputStreamOperator<RowData> stream = events
                .process(new Retained(eventTime, retention, tag), InternalTypeInfo.of(contract.events()))
                .name("retained events")
                .uid("retained-events");
        env.createTemporaryView(retained, stream);
        env.createTemporaryView(late, stream.getSideOutput(tag));
    }

    /**
     * Registers a view's changes as rows that are only added: each new state of a key, in their order for each key, for
     * sinks that cannot replace. Why not in SQL: it knows no way from changes to rows.
     */
    public void appended(String input, String appended) {
        DataStream<Row> changes = env.toChangelogStream(env.from(input));
        SingleOutputStreamOperator<Row> states = changes
                .filter(row -> row.getKind() == RowKind.INSERT || row.getKind() == RowKind.UPDATE_AFTER)
                .name("new states")
                .uid("new-states-" + input)
                .map(row -> {
                    row.setKind(RowKind.INSERT);
                    return row;
                })
                .returns(changes.getType())
                .name("appended")
                .uid("appended-" + input);
        env.createTemporaryView(appended, states);
    }

    /** A view's rows as the engine has them, without conversion. */
    private DataStream<RowData> payloads(String view) {
        LogicalType type = env.from(view).getResolvedSchema().toSourceRowDataType().getLogicalType();
        AbstractDataType<?> rows = TypeConversions.fromLogicalToDataType(type.copy(false)).bridgedTo(RowData.class);
        return env.toDataStream(env.from(view), rows);
    }
}
