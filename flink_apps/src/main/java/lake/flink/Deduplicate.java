package lake.flink;

import java.time.Duration;

import org.apache.flink.api.common.functions.OpenContext;
import org.apache.flink.api.common.state.StateTtlConfig;
import org.apache.flink.api.common.state.ValueState;
import org.apache.flink.api.common.state.ValueStateDescriptor;
import org.apache.flink.api.common.typeinfo.Types;
import org.apache.flink.metrics.Counter;
import org.apache.flink.runtime.state.FunctionInitializationContext;
import org.apache.flink.runtime.state.FunctionSnapshotContext;
import org.apache.flink.streaming.api.checkpoint.CheckpointedFunction;
import org.apache.flink.streaming.api.functions.KeyedProcessFunction;
import org.apache.flink.table.data.GenericRowData;
import org.apache.flink.table.data.RowData;
import org.apache.flink.table.data.StringData;
import org.apache.flink.util.Collector;
import org.apache.flink.util.OutputTag;

/**
 * Passes the first record of each event, by its key, within a window of the machine's time: an equal record (see
 * CanonicalJson) is dropped and counted, another is rejected as `conflicting_duplicate`.
 *
 * <p>Why not in SQL: a deduplication there keeps the first row and drops all others, a conflict too.
 */
final class Deduplicate extends KeyedProcessFunction<StringData, RowData, RowData> implements CheckpointedFunction {
    private static final long serialVersionUID = 1L;

    private final Contract contract;
    private final long window;
    private final OutputTag<RowData> rejectedTag;

    private transient RowData.FieldGetter[] getters;
    private transient RecordParser parser;
    private transient JsonScanner scanner;
    private transient ValueState<Long> seen;
    private transient SeenIds ids;
    private transient Counter duplicates;
    private transient Counter conflicts;

    /** @param window milliseconds, from the first record of an event on */
    Deduplicate(Contract contract, long window, OutputTag<RowData> rejectedTag) {
        this.contract = contract;
        this.window = window;
        this.rejectedTag = rejectedTag;
    }

    @Override
    public void initializeState(FunctionInitializationContext context) {
        ids = new SeenIds(window, context.isRestored(), System.currentTimeMillis());
    }

    @Override
    public void snapshotState(FunctionSnapshotContext context) {
        // Everything is in the keyed state.
    }

    @Override
    public void open(OpenContext context) {
        ValueStateDescriptor<Long> descriptor = new ValueStateDescriptor<>("seen", Types.LONG);
        descriptor.enableTimeToLive(StateTtlConfig.newBuilder(Duration.ofMillis(window)).build());
        seen = getRuntimeContext().getState(descriptor);
        getters = new RowData.FieldGetter[contract.columns.size()];
        for (int index = 0; index < getters.length; index++) {
            getters[index] = RowData.createFieldGetter(contract.columns.get(index).logicalType(), index);
        }
        parser = new RecordParser(contract, true);
        scanner = new JsonScanner();
        duplicates = Metrics.counter(getRuntimeContext(), "duplicates");
        conflicts = Metrics.counter(getRuntimeContext(), "quarantined");
    }

    @Override
    public void processElement(RowData row, Context context, Collector<RowData> out) throws Exception {
        int columns = getters.length;
        long digest = row.getLong(columns);
        long id = SeenIds.hash(context.getCurrentKey().toBytes());
        long now = System.currentTimeMillis();
        Long first = ids.mayHold(id, now) ? seen.value() : null;
        if (first == null) {
            seen.update(digest);
            ids.add(id, now);
            GenericRowData event = new GenericRowData(columns);
            for (int index = 0; index < columns; index++) {
                event.setField(index, getters[index].getFieldOrNull(row));
            }
            out.collect(event);
        } else if (first == digest || first == digestOfFirstVersion(row.getBinary(columns + 1))) {
            duplicates.inc();
        } else {
            conflicts.inc();
            String message = "event " + context.getCurrentKey() + " was read before with other content";
            QuarantineRows.write("conflicting_duplicate", message, row.getBinary(columns + 1), null,
                    rejected -> context.output(rejectedTag, rejected));
        }
    }

    /** What 0.1.0 kept of the record, so that one that comes again across the upgrade is recognised. */
    private long digestOfFirstVersion(byte[] record) {
        GenericRowData row = new GenericRowData(getters.length);
        scanner.reset(record, 0, record.length);
        parser.scan(scanner);
        parser.parse(record, 0, record.length, scanner.isBeyondAscii(), row);
        return parser.digestOfFirstVersion(row);
    }
}
