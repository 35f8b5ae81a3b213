package lake.flink;

import java.io.Serializable;
import java.nio.charset.StandardCharsets;
import java.util.Locale;

import org.apache.flink.shaded.jackson2.com.fasterxml.jackson.databind.JsonNode;
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

/** One column of a rendered contract (lake/flink/rendered_contract.py), as far as parsing a record needs it. */
final class Column implements Serializable {
    private static final long serialVersionUID = 1L;

    /** The types that streams can read: the scalar types other than binary. */
    enum Kind {
        STRING(new VarCharType(VarCharType.MAX_LENGTH)),
        TINYINT(new TinyIntType()),
        SMALLINT(new SmallIntType()),
        INT(new IntType()),
        BIGINT(new BigIntType()),
        FLOAT(new FloatType()),
        DOUBLE(new DoubleType()),
        BOOLEAN(new BooleanType()),
        TIMESTAMP(new TimestampType(6)),
        DATE(new DateType()),
        DECIMAL(new DecimalType());

        private final LogicalType logicalType;

        Kind(LogicalType logicalType) {
            this.logicalType = logicalType;
        }
    }

    final String name;
    final byte[] nameBytes;
    final String field;
    final byte[] fieldBytes;
    /** The contract's name of the type, which messages show. */
    final String hiveType;
    final Kind kind;
    final boolean required;
    final boolean acceptsText;
    /** The unit of times that are numbers, null where the contract gives none. */
    final String epochUnit;
    final boolean derived;
    final String[] allowed;
    final int precision;
    final int scale;

    /** @throws IllegalArgumentException for a type that streams cannot read */
    Column(JsonNode column) {
        name = column.required("name").textValue();
        nameBytes = name.getBytes(StandardCharsets.UTF_8);
        field = column.required("field").textValue();
        fieldBytes = field.getBytes(StandardCharsets.UTF_8);
        hiveType = column.required("hive_type").textValue();
        required = column.required("required").booleanValue();
        acceptsText = column.required("accepts_text").booleanValue();
        epochUnit = column.path("epoch_unit").textValue();
        derived = column.required("derived").booleanValue();
        JsonNode values = column.required("allowed_values");
        allowed = new String[values.size()];
        for (int index = 0; index < allowed.length; index++) {
            allowed[index] = values.get(index).textValue();
        }
        String[] type = hiveType.split("[(,)]");
        kind = kind(type[0]);
        precision = kind == Kind.DECIMAL ? Integer.parseInt(type[1].trim()) : 0;
        scale = kind == Kind.DECIMAL ? Integer.parseInt(type[2].trim()) : 0;
    }

    private Kind kind(String type) {
        try {
            return Kind.valueOf(type.toUpperCase(Locale.ROOT));
        } catch (IllegalArgumentException error) {
            throw new IllegalArgumentException("reading the rendered contract: column " + name + " is of type "
                    + hiveType + "; expected a scalar type other than binary, which streams can read", error);
        }
    }

    /** The SQL type. */
    LogicalType logicalType() {
        return kind == Kind.DECIMAL ? new DecimalType(precision, scale) : kind.logicalType;
    }
}
