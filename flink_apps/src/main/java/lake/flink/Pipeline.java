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
import org.apache.flink.table.types.logical.LogicalType;
import org.apache.flink.table.types.logical.RowType;
import org.apache.flink.table.types.utils.TypeConversions;
import org.apache.flink.util.OutputTag;

/**
 * Assembles a job: each method adds an operator and registers its outputs as views. Operators' names and uids are
 * fixed, so that a savepoint's state is found again by the next version of the job. Times are milliseconds.
 *
 * <p>Operators follow each other without the views between them: a table made from a stream would lose its watermarks.
 */
public final class Pipeline {
    private final StreamTableEnvironment env;
    private final Contract contract;
    private DataStream<RowData> events;

    /** @param contract the contract of the events */
    public Pipeline(StreamTableEnvironment env, Contract contract) {
        this.env = env;
        this.contract = contract;
    }

    /**
     * Registers the views `events`, with watermarks, and `rejected` (reason, message, payload, shard), from a view of
     * raw records (payload BYTES, shard STRING).
     */
    public void events(String raw, EventOptions options) {
        OutputTag<RowData> tag = new OutputTag<>("rejected", InternalTypeInfo.of(QuarantineRows.TYPE));
        RowType parsed = options.isDeduplicated() ? contract.rowTypeWithPayload() : contract.rowType();
        SingleOutputStreamOperator<RowData> stream = rows(raw)
                .transform("parse events", InternalTypeInfo.of(parsed), new ParseEvents(contract, options, tag))
                .uid("parse-events");
        DataStream<RowData> rejected = stream.getSideOutput(tag);
        if (options.isDeduplicated()) {
            int eventId = contract.indexOf(options.dedupKey, Column.Kind.STRING);
            KeySelector<RowData, StringData> key = row -> row.getString(eventId);
            stream = stream
                    .keyBy(key, StringDataTypeInfo.INSTANCE)
                    .process(new Deduplicate(contract, options.dedupWindow, tag),
                            InternalTypeInfo.of(contract.rowType()))
                    .name("distinct events")
                    .uid("distinct-events");
            rejected = rejected.union(stream.getSideOutput(tag));
        }
        events = stream;
        env.createTemporaryView("events", stream);
        env.createTemporaryView("rejected", rejected);
    }

    /**
     * Registers the views `sessions`, with the columns of their contract, and `late`: the events that came too late for
     * any session.
     *
     * @param inMemory how many users and devices each task keeps in memory, beside the state
     */
    public void sessions(Contract sessions, SessionRules rules, int inMemory) {
        OutputTag<RowData> tag = new OutputTag<>("late", InternalTypeInfo.of(contract.rowType()));
        int user = contract.indexOf("user_id", Column.Kind.BIGINT);
        int device = contract.indexOf("device_id", Column.Kind.STRING);
        TypeInformation<Tuple2<Long, String>> keyType = new TupleTypeInfo<>(Types.LONG, Types.STRING);
        KeySelector<RowData, Tuple2<Long, String>> key =
                row -> Tuple2.of(row.getLong(user), row.getString(device).toString());
        SessionRow rows = new SessionRow(sessions);
        SingleOutputStreamOperator<RowData> stream = events
                .keyBy(key, keyType)
                .transform("sessions", InternalTypeInfo.of(rows.type()),
                        new Sessions(contract, rows, rules, inMemory, tag))
                .uid("sessions");
        env.createTemporaryView("sessions", stream);
        env.createTemporaryView("late", stream.getSideOutput(tag));
    }

    /**
     * Registers the views `counts`, running counts of the events by name and hour or minute, of which each new count is
     * a row, and `late`: the events that are older than the retention.
     *
     * @param name the column that names what is counted
     * @param memory a count is forgotten when nothing was added to it for so long
     */
    public void counts(String name, String resolution, long retention, long memory) {
        OutputTag<RowData> tag = new OutputTag<>("late", InternalTypeInfo.of(contract.rowType()));
        SingleOutputStreamOperator<RowData> retained = events
                .transform("retained events", InternalTypeInfo.of(contract.rowType()),
                        new RetentionFilter(contract.indexOfEventTime(), retention, tag))
                .uid("retained-events");
        KeySelector<RowData, Tuple2<String, Long>> key = row -> Tuple2.of(row.getString(0).toString(), row.getLong(1));
        SingleOutputStreamOperator<RowData> stream = retained
                .transform("partial counts", InternalTypeInfo.of(PartialCounts.TYPE),
                        new PartialCounts(contract, name, lengthOf(resolution)))
                .uid("partial-counts")
                .keyBy(key, new TupleTypeInfo<>(Types.STRING, Types.LONG))
                .transform("counts", InternalTypeInfo.of(Counts.TYPE), new Counts(memory))
                .uid("counts-by-" + resolution);  // counts of another resolution must not go on from these
        env.createTemporaryView("counts", stream);
        env.createTemporaryView("late", retained.getSideOutput(tag));
    }

    private static long lengthOf(String resolution) {
        switch (resolution) {
            case "minute":
                return 60_000;
            case "15m":
                return 900_000;
            case "hour":
                return 3_600_000;
            default:
                throw new IllegalArgumentException("counting events by " + resolution + ": expected hour, 15m or minute");
        }
    }

    /** Adds an INSERT INTO `sink` to the job. What is planned for it gets uids after the sink and its connector. */
    public void insert(String sink, String statement) {
        List<Transformation<?>> job = events.getExecutionEnvironment().getTransformations();
        int before = job.size();
        env.createStatementSet().addInsertSql(statement).attachAsDataStream();
        for (Transformation<?> added : List.copyOf(job.subList(before, job.size()))) {
            OperatorUids.set(added, sink + "-" + connector(sink));
        }
    }

    /** Starts the job. */
    public JobClient execute(String jobName) throws Exception {
        StreamExecutionEnvironment job = events.getExecutionEnvironment();
        job.configure(env.getConfig());
        return job.executeAsync(jobName);
    }

    private String connector(String table) {
        CatalogManager tables = ((TableEnvironmentInternal) env).getCatalogManager();
        return tables.getTable(tables.qualifyIdentifier(UnresolvedIdentifier.of(table)))
                .filter(found -> found.getResolvedTable().getTableKind() == TableKind.TABLE)
                .map(found -> found.getResolvedTable().getOptions().get("connector"))
                .orElse("view");
    }

    /** A view's rows as the engine has them, without conversion. */
    private DataStream<RowData> rows(String view) {
        LogicalType type = env.from(view).getResolvedSchema().toSourceRowDataType().getLogicalType();
        AbstractDataType<?> rowData = TypeConversions.fromLogicalToDataType(type.copy(false)).bridgedTo(RowData.class);
        DataStream<RowData> stream = env.toDataStream(env.from(view), rowData);
        OperatorUids.set(stream.getTransformation(), view + "-" + connector(view));
        return stream;
    }
}
