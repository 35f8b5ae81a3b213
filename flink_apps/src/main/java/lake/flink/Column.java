package lake.flink;

import java.io.Serializable;
import java.nio.charset.StandardCharsets;
import java.util.List;

import org.apache.flink.table.types.logical.BigIntType;
import org.apache.flink.table.types.logical.BooleanType;
import org.apache.flink.table.types.logical.DateType;
import org.apache.flink.table.types.logical.DecimalType;
import org.apache.flink.table.types.logical.DoubleType;
import org.apache.flink.table.types.logical.FloatType;
import org.apache.flink.table.types.logical.IntType;
import org.apache.flink.table.types.logical.LogicalType;
import org.apache.flink.table.types.logical.SmallIntType;
import org.apache.flink.table.types.logical.TimestampType;
import org.apache.flink.table.types.logical.TinyIntType;
import org.apache.flink.table.types.logical.VarCharType;

/** One column of a contract: what lake.contract.model.Column says of it, as far as a record's reading needs it. */
final class Column implements Serializable {
    private static final long serialVersionUID = 1L;

    final String name;
    final byte[] nameBytes;
    final String field;
    final byte[] fieldBytes;
    final String hiveType;
    final boolean required;
    final boolean acceptsText;
    final boolean derived;
    final String[] allowed;
    final int precision;
    final int scale;

    Column(String name, String field, String hiveType, boolean required, boolean acceptsText, boolean derived,
            List<String> allowed) {
        this.name = name;
        this.nameBytes = name.getBytes(StandardCharsets.UTF_8);
        this.field = field;
        this.fieldBytes = field.getBytes(StandardCharsets.UTF_8);
        this.required = required;
        this.acceptsText = acceptsText;
        this.derived = derived;
        this.allowed = allowed.toArray(new String[0]);
        if (hiveType.startsWith("decimal(")) {
            String[] parts = hiveType.substring("decimal(".length(), hiveType.length() - 1).split(",");
            this.hiveType = "decimal";
            this.precision = Integer.parseInt(parts[0].trim());
            this.scale = Integer.parseInt(parts[1].trim());
        } else {
            this.hiveType = hiveType;
            this.precision = 0;
            this.scale = 0;
        }
    }

    /** The SQL type. Raises IllegalArgumentException for a type that no stream of the lake has. */
    LogicalType logicalType() {
        switch (hiveType) {
            case "string":
                return new VarCharType(VarCharType.MAX_LENGTH);
            case "tinyint":
                return new TinyIntType();
            case "smallint":
                return new SmallIntType();
            case "int":
                return new IntType();
            case "bigint":
                return new BigIntType();
            case "float":
                return new FloatType();
            case "double":
                return new DoubleType();
            case "boolean":
                return new BooleanType();
            case "timestamp":
                return new TimestampType(6);
            case "date":
                return new DateType();
            case "decimal":
                return new DecimalType(precision, scale);
            default:
                throw new IllegalArgumentException("column " + name + " is of type " + hiveType
                        + ", which streams do not read: only scalar types other than binary");
        }
    }

    /** The type's name in messages, which is Arrow's, as in the messages of lake/parse. */
    String shownType() {
        switch (hiveType) {
            case "tinyint":
                return "int8";
            case "smallint":
                return "int16";
            case "int":
                return "int32";
            case "bigint":
                return "int64";
            case "boolean":
                return "bool";
            case "timestamp":
                return "timestamp[us, tz=UTC]";
            case "date":
                return "date32[day]";
            case "decimal":
                return "decimal128(" + precision + ", " + scale + ")";
            default:
                return hiveType;
        }
    }
}
