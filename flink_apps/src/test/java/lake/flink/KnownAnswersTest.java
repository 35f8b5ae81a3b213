package lake.flink;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.LocalDate;
import java.time.format.DateTimeFormatter;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;

import org.apache.flink.shaded.jackson2.com.fasterxml.jackson.databind.JsonNode;
import org.apache.flink.shaded.jackson2.com.fasterxml.jackson.databind.node.ArrayNode;
import org.apache.flink.shaded.jackson2.com.fasterxml.jackson.databind.node.ObjectNode;
import org.apache.flink.table.data.DecimalData;
import org.apache.flink.table.data.TimestampData;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Streams read values, and reject them, as batch does: tests/known_answers/text_values.json is read by both. */
class KnownAnswersTest {
    private static final DateTimeFormatter MICROS = DateTimeFormatter.ofPattern("uuuu-MM-dd'T'HH:mm:ss.SSSSSS'Z'");

    static Stream<JsonNode> cases(String name) throws IOException {
        JsonNode cases = answers().required(name);
        assertTrue(cases.size() > 0);
        return StreamSupport.stream(cases.spliterator(), false);
    }

    private static JsonNode answers() throws IOException {
        Path file = Path.of("..", "tests", "known_answers", "text_values.json");
        return Fixtures.JSON.readTree(Files.readString(file));
    }

    static Stream<JsonNode> texts() throws IOException {
        return cases("texts");
    }

    static Stream<JsonNode> jsonValues() throws IOException {
        return cases("json_values");
    }

    static Stream<JsonNode> records() throws IOException {
        return cases("records");
    }

    @ParameterizedTest
    @MethodSource
    void texts(JsonNode answer) throws IOException {
        assertAnswer(answer, Fixtures.JSON.writeValueAsString(answer.required("text").textValue()), true);
    }

    @ParameterizedTest
    @MethodSource
    void jsonValues(JsonNode answer) throws IOException {
        assertAnswer(answer, answer.required("json").textValue(), answer.path("accepts_text").booleanValue());
    }

    @ParameterizedTest
    @MethodSource
    void records(JsonNode answer) throws IOException {
        List<ObjectNode> columns = new ArrayList<>();
        for (JsonNode given : answers().required("record_columns")) {
            ObjectNode column = column(given.required("field").textValue(), given.required("type").textValue(), false);
            column.put("required", given.path("required").booleanValue());
            if (given.has("allowed")) {
                column.set("allowed_values", given.get("allowed"));
            }
            columns.add(column);
        }
        byte[] payload = answer.has("record")
                ? answer.get("record").textValue().getBytes(StandardCharsets.UTF_8)
                : new BigInteger(answer.get("record_hex").textValue(), 16).toByteArray();
        List<ParsedRecord> rejected = new ArrayList<>();
        for (ParsedRecord record : parsed(payload, columns)) {
            if (record.row == null) {
                rejected.add(record);
            }
        }
        assertEquals(1, rejected.size());
        assertRejected(answer, "", rejected.get(0));
    }

    private static void assertAnswer(JsonNode answer, String json, boolean acceptsText) throws IOException {
        String type = answer.required("type").textValue();
        byte[] payload = ("{\"v\":" + json + "}").getBytes(StandardCharsets.UTF_8);
        List<ParsedRecord> records = parsed(payload, List.of(column("v", type, acceptsText).put("epoch_unit", answer.path("epoch_unit").textValue())));
        assertEquals(1, records.size());
        ParsedRecord record = records.get(0);
        if (answer.has("reason")) {
            assertRejected(answer, "field \"v\": ", record);
            return;
        }
        assertNotNull(record.row, record.message);
        assertEquals(expected(type, answer.required("value").textValue()), canonical(type, record.row.getField(0)));
    }

    private static void assertRejected(JsonNode answer, String prefix, ParsedRecord record) {
        assertEquals(answer.required("reason").textValue(), record.reason);
        assertEquals(prefix + answer.required("message").textValue(), record.message);
    }

    private static List<ParsedRecord> parsed(byte[] payload, List<ObjectNode> columns) {
        return parsed(payload, columns, false);
    }

    static List<ParsedRecord> parsed(byte[] payload, List<ObjectNode> columns, boolean hasDigests) {
        ObjectNode contract = Fixtures.JSON.createObjectNode().put("table", "test.values").put("event_time", "v");
        ArrayNode array = contract.putArray("columns");
        columns.forEach(array::add);
        PayloadSplitter splitter = new PayloadSplitter(Contract.parse(contract.toString()), columns.size(), hasDigests);
        splitter.reset(payload);
        List<ParsedRecord> records = new ArrayList<>();
        for (ParsedRecord record = splitter.next(); record != null; record = splitter.next()) {
            records.add(record);
        }
        return records;
    }

    static ObjectNode column(String name, String type, boolean acceptsText) {
        ObjectNode column = Fixtures.JSON.createObjectNode().put("name", name).put("field", name);
        column.put("hive_type", type).put("required", false).put("accepts_text", acceptsText).put("derived", false);
        column.putArray("allowed_values");
        return column;
    }

    /** A value of the answers as the row should hold it; numbers by their value, not by how they are written. */
    private static Object expected(String type, String value) {
        switch (type) {
            case "float":
                return Float.parseFloat(value);
            case "double":
                return Double.parseDouble(value);
            default:
                return type.startsWith("decimal") ? (Object) new BigDecimal(value) : value;
        }
    }

    private static Object canonical(String type, Object value) {
        if (type.equals("date")) {
            return LocalDate.ofEpochDay((Integer) value).toString();
        }
        if (value instanceof TimestampData) {
            return MICROS.format(((TimestampData) value).toLocalDateTime());
        }
        if (value instanceof DecimalData) {
            return ((DecimalData) value).toBigDecimal();
        }
        return value instanceof Float || value instanceof Double ? value : String.valueOf(value);
    }
}
