package lake.flink;

import java.io.Serializable;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

import org.apache.flink.shaded.jackson2.com.fasterxml.jackson.core.JsonProcessingException;
import org.apache.flink.shaded.jackson2.com.fasterxml.jackson.databind.JsonNode;
import org.apache.flink.shaded.jackson2.com.fasterxml.jackson.databind.ObjectMapper;
import org.apache.flink.table.types.logical.BigIntType;
import org.apache.flink.table.types.logical.LogicalType;
import org.apache.flink.table.types.logical.RowType;
import org.apache.flink.table.types.logical.VarBinaryType;

/** A rendered contract: the columns of a table in their order, and which of them is the event time. */
public final class Contract implements Serializable {
    private static final long serialVersionUID = 1L;

    final String table;
    final List<Column> columns;
    final String eventTime;

    private Contract(String table, List<Column> columns, String eventTime) {
        this.table = table;
        this.columns = columns;
        this.eventTime = eventTime;
    }

    /**
     * The contract that lake/flink/rendered_contract.py rendered to JSON.
     *
     * @throws IllegalArgumentException if the text is not that, or has a column that streams cannot read
     */
    public static Contract parse(String json) {
        try {
            JsonNode contract = new ObjectMapper().readTree(json);
            List<Column> columns = new ArrayList<>();
            contract.required("columns").forEach(column -> columns.add(new Column(column)));
            return new Contract(contract.required("table").textValue(), columns,
                    contract.required("event_time").textValue());
        } catch (JsonProcessingException error) {
            throw new IllegalArgumentException("reading the rendered contract: " + error.getMessage(), error);
        }
    }

    /** @throws IllegalArgumentException if the contract has no such column */
    int indexOf(String name) {
        for (int index = 0; index < columns.size(); index++) {
            if (columns.get(index).name.equals(name)) {
                return index;
            }
        }
        throw new IllegalArgumentException(table + ": column " + name + " not found");
    }

    /** @throws IllegalArgumentException if the contract has no such column, or it is of another type */
    int indexOf(String name, Column.Kind kind) {
        int index = indexOf(name);
        Column column = columns.get(index);
        if (column.kind != kind) {
            throw new IllegalArgumentException(table + ": column " + name + " is of type " + column.hiveType
                    + "; expected " + kind.name().toLowerCase(Locale.ROOT));
        }
        return index;
    }

    /** @throws IllegalArgumentException if the event time is no timestamp column */
    int indexOfEventTime() {
        return indexOf(eventTime, Column.Kind.TIMESTAMP);
    }

    /** The columns of the table. */
    RowType rowType() {
        return rowType(false);
    }

    /** The columns of the table, then `digest` (of the row) and `payload` (the record's bytes), for Deduplicate. */
    RowType rowTypeWithPayload() {
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
