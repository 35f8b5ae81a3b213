package lake.flink;

import java.io.Serializable;
import java.util.ArrayList;
import java.util.List;

import org.apache.flink.table.types.logical.BigIntType;
import org.apache.flink.table.types.logical.LogicalType;
import org.apache.flink.table.types.logical.RowType;
import org.apache.flink.table.types.logical.VarBinaryType;

/** What a record of a stream is: columns in their order, and which of them is the event time. */
public final class Contract implements Serializable {
    private static final long serialVersionUID = 1L;

    final List<Column> columns = new ArrayList<>();
    String eventTime;

    /** Adds a column; the arguments are those of lake.contract.model.Column. */
    public Contract column(String name, String field, String hiveType, boolean required, boolean acceptsText,
            boolean derived, List<String> allowed) {
        columns.add(new Column(name, field, hiveType, required, acceptsText, derived, allowed));
        return this;
    }

    /** Names the column of the event time, a timestamp. */
    public Contract eventTime(String name) {
        this.eventTime = name;
        return this;
    }

    int place(String name) {
        for (int place = 0; place < columns.size(); place++) {
            if (columns.get(place).name.equals(name)) {
                return place;
            }
        }
        throw new IllegalArgumentException("no column is called " + name);
    }

    /**
     * Where the column is. Raises IllegalArgumentException where it is not of the type that an operator needs.
     */
    int place(String name, String hiveType) {
        int place = place(name);
        if (!columns.get(place).hiveType.equals(hiveType)) {
            throw new IllegalArgumentException("column " + name + " must be of type " + hiveType + ", and is of type "
                    + columns.get(place).hiveType);
        }
        return place;
    }

    /** Columns of an event. */
    RowType events() {
        return rowType(false);
    }

    /** Columns of an event, then `digest` (of the row) and `payload` (the record's bytes): what Deduplicate needs. */
    RowType eventsWithPayload() {
        return rowType(true);
    }

    private RowType rowType(boolean withPayload) {
        List<LogicalType> types = new ArrayList<>();
        List<String> names = new ArrayList<>();
        for (Column column : columns) {
            types.add(column.logicalType());
            names.add(column.name);
        }
        if (withPayload) {
            types.add(new BigIntType());
            names.add("digest");
            types.add(new VarBinaryType(VarBinaryType.MAX_LENGTH));
            names.add("payload");
        }
        return RowType.of(types.toArray(new LogicalType[0]), names.toArray(new String[0]));
    }
}
