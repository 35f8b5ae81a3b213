package lake.flink;

import java.util.List;

import org.apache.flink.api.common.typeinfo.TypeInformation;
import org.apache.flink.api.common.typeinfo.Types;
import org.apache.flink.api.dag.Transformation;
import org.apache.flink.api.java.functions.KeySelector;
import org.apache.flink.api.java.tuple.Tuple2;
import org.apache.flink.api.java.typeutils.TupleTypeInfo;
import org.apache.flink.core.execution.JobClient;
import org.apache.flink.streaming.api.datastream.DataStream;
import org.apache.flink.streaming.api.datastream.SingleOutputStreamOperator;
import org.apache.flink.streaming.api.environment.StreamExecutionEnvironment;
import org.apache.flink.table.api.bridge.java.StreamTableEnvironment;
import org.apache.flink.table.api.internal.TableEnvironmentInternal;
import org.apache.flink.table.catalog.CatalogBaseTable.TableKind;
import org.apache.flink.table.catalog.CatalogManager;
import org.apache.flink.table.catalog.UnresolvedIdentifier;
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
import org.apache.flink.util.OutputTag;

/**
 * The operators as views: each method registers views of what an operator makes. Names and uids are fixed, so that
 * state survives an upgrade of the program. Times are milliseconds.
 *
 * <p>Operators follow each other without the views between them: a table made from a stream would lose its watermarks.
 */
public final class Pipeline {
    private static final LogicalType TEXT = new VarCharType(VarCharType.MAX_LENGTH);
    private static final RowType REJECTED = RowType.of(
            new LogicalType[] {TEXT, TEXT, new VarBinaryType(VarBinaryType.MAX_LENGTH), TEXT},
            new String[] {"reason", "message", "payload", "shard"});
    private static final RowType SESSIONS = RowType.of(
            new LogicalType[] {TEXT, new BigIntType(), TEXT, new TimestampType(6), new TimestampType(6),
                new BigIntType(), new BigIntType(), TEXT, TEXT},
            new String[] {"session_id", "user_id", "device_id", "started_at", "ended_at", "duration_sec", "events",
                "begin_navigation", "end_navigation"});
    private static final RowType PARTIAL_COUNTS = RowType.of(
            new LogicalType[] {TEXT, new BigIntType(), new BigIntType()}, new String[] {"name", "start", "count"});
    private static final RowType COUNTS = RowType.of(
            new LogicalType[] {TEXT, TEXT, new BigIntType()}, new String[] {"EventName", "EventHour", "EventCount"});

    private final StreamTableEnvironment env;
    private final Contract contract;
    private DataStream<RowData> events;

    /** Pipeline of events of a contract. */
    public Pipeline(StreamTableEnvironment env, Contract contract) {
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
                    .process(new Deduplicate(contract, dedupWindow, tag), InternalTypeInfo.of(contract.events()))
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

    /**
     * Registers the running counts of the events by name and hour or minute: each new count is a row; and the events
     * that are older than the retention. A count to which nothing was added for `memory` is forgotten.
     */
    public void counts(String counts, String late, String resolution, long retention, long memory) {
        OutputTag<RowData> tag = new OutputTag<>("late", InternalTypeInfo.of(contract.events()));
        int eventTime = contract.place(contract.eventTime, "timestamp");
        SingleOutputStreamOperator<RowData> retained = events
                .transform("retained events", InternalTypeInfo.of(contract.events()),
                        new RetentionFilter(eventTime, retention, tag))
                .uid("retained-events");
        KeySelector<RowData, Tuple2<String, Long>> key = row -> Tuple2.of(row.getString(0).toString(), row.getLong(1));
        SingleOutputStreamOperator<RowData> stream = retained
                .transform("partial counts", InternalTypeInfo.of(PARTIAL_COUNTS),
                        new PartialCounts(contract, "minute".equals(resolution) ? 60_000 : 3_600_000))
                .uid("partial-counts")
                .keyBy(key, new TupleTypeInfo<>(Types.STRING, Types.LONG))
                .transform("counts", InternalTypeInfo.of(COUNTS), new Counts(memory))
                .uid("counts-by-" + resolution);  // counts of the other resolution are no beginning of these
        env.createTemporaryView(counts, stream);
        env.createTemporaryView(late, retained.getSideOutput(tag));
    }

    /** Adds INSERT INTO `sink` to the program. What is planned for it is named after the sink and its connector. */
    public void insert(String sink, String statement) {
        List<Transformation<?>> program = events.getExecutionEnvironment().getTransformations();
        int before = program.size();
        env.createStatementSet().addInsertSql(statement).attachAsDataStream();
        for (Transformation<?> added : List.copyOf(program.subList(before, program.size()))) {
            OperatorUids.name(added, sink + "-" + connector(sink));
        }
    }

    /** Starts the program, under a name. */
    public JobClient execute(String name) throws Exception {
        StreamExecutionEnvironment program = events.getExecutionEnvironment();
        program.configure(env.getConfig());
        return program.executeAsync(name);
    }

    private String connector(String table) {
        CatalogManager tables = ((TableEnvironmentInternal) env).getCatalogManager();
        return tables.getTable(tables.qualifyIdentifier(UnresolvedIdentifier.of(table)))
                .filter(found -> found.getResolvedTable().getTableKind() == TableKind.TABLE)
                .map(found -> found.getResolvedTable().getOptions().get("connector"))
                .orElse("view");
    }

    /** A view's rows as the engine has them, without conversion. */
    private DataStream<RowData> payloads(String view) {
        LogicalType type = env.from(view).getResolvedSchema().toSourceRowDataType().getLogicalType();
        AbstractDataType<?> rows = TypeConversions.fromLogicalToDataType(type.copy(false)).bridgedTo(RowData.class);
        DataStream<RowData> stream = env.toDataStream(env.from(view), rows);
        OperatorUids.name(stream.getTransformation(), view + "-" + connector(view));
        return stream;
    }
}
