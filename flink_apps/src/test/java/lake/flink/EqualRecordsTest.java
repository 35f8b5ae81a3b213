package lake.flink;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;

import org.apache.flink.shaded.jackson2.com.fasterxml.jackson.databind.JsonNode;
import org.apache.flink.shaded.jackson2.com.fasterxml.jackson.databind.node.ObjectNode;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Streams take the records for equal that batch does: tests/known_answers/equal_records.json is read by both. */
class EqualRecordsTest {
    private static JsonNode answers() throws IOException {
        return Fixtures.JSON.readTree(Files.readString(Path.of("..", "tests", "known_answers", "equal_records.json")));
    }

    private static Stream<JsonNode> cases(String name) throws IOException {
        JsonNode cases = answers().required(name);
        assertTrue(cases.size() > 0);
        return StreamSupport.stream(cases.spliterator(), false);
    }

    static Stream<JsonNode> texts() throws IOException {
        return cases("texts");
    }

    static Stream<JsonNode> records() throws IOException {
        return cases("records");
    }

    @ParameterizedTest
    @MethodSource
    void texts(JsonNode answer) {
        byte[] text = answer.required("json").textValue().getBytes(StandardCharsets.UTF_8);
        assertEquals(answer.required("canonical").textValue(), new CanonicalJson().of(text, 0, text.length));
    }

    @ParameterizedTest
    @MethodSource
    void records(JsonNode answer) throws IOException {
        long first = digest(answer.required("first").textValue());
        long second = digest(answer.required("second").textValue());
        assertEquals(answer.required("equal").booleanValue(), first == second);
    }

    private static long digest(String record) throws IOException {
        List<ObjectNode> columns = new ArrayList<>();
        for (JsonNode given : answers().required("record_columns")) {
            columns.add(KnownAnswersTest.column(given.required("field").textValue(), given.required("type").textValue(), false));
        }
        List<ParsedRecord> records = KnownAnswersTest.parsed(record.getBytes(StandardCharsets.UTF_8), columns, true);
        assertEquals(1, records.size());
        return records.get(0).digest;
    }
}
