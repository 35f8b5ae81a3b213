package lake.flink;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.ByteArrayOutputStream;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;

import org.apache.flink.runtime.checkpoint.OperatorSubtaskState;
import org.apache.flink.streaming.api.watermark.Watermark;
import org.apache.flink.streaming.util.OneInputStreamOperatorTestHarness;
import org.apache.flink.table.data.RowData;
import org.apache.flink.table.data.StringData;
import org.apache.flink.table.runtime.typeutils.InternalTypeInfo;
import org.junit.jupiter.api.Test;

/** Payloads to events and rejects: sizes, and watermarks across a restart. */
class ParseEventsTest {
    private static final long NOON = Instant.parse("2018-11-29T12:00:00Z").toEpochMilli();
    private static final String EMOJI = "\ud83d\ude00";

    private static OneInputStreamOperatorTestHarness<RowData, RowData> started(long hold, OperatorSubtaskState savepoint)
            throws Exception {
        Contract contract = Fixtures.events();
        OneInputStreamOperatorTestHarness<RowData, RowData> harness = new OneInputStreamOperatorTestHarness<>(
                new ParseEvents(contract, Fixtures.options(0, 60_000, hold, 0), Fixtures.REJECTED));
        harness.getExecutionConfig().setAutoWatermarkInterval(0);
        harness.setProcessingTime(NOON);
        harness.setup(InternalTypeInfo.<RowData>of(contract.rowType()).toSerializer());
        if (savepoint != null) {
            harness.initializeState(savepoint);
        }
        harness.open();
        return harness;
    }

    private static List<String> watermarks(OneInputStreamOperatorTestHarness<RowData, RowData> harness) {
        List<String> watermarks = new ArrayList<>();
        for (Object output : harness.getOutput()) {
            if (output instanceof Watermark) {
                watermarks.add(Instant.ofEpochMilli(((Watermark) output).getTimestamp() + 1).toString());
            }
        }
        return watermarks;
    }

    @Test
    void afterAFailureTheShardsOfBeforeAreWaitedForLongerThanTheHold() throws Exception {
        var before = started(2_000, null);
        before.processElement(Fixtures.payload("one", Fixtures.event(1, "09:00:00", "first")));
        before.processElement(Fixtures.payload("two", Fixtures.event(1, "09:00:01", "second")));
        OperatorSubtaskState savepoint = before.snapshot(1, 1);
        before.close();
        var after = started(2_000, savepoint);
        after.processElement(Fixtures.payload("one", Fixtures.event(1, "11:00:00", "ahead")));
        for (long now = NOON; now <= NOON + 5_000; now += 500) {
            after.setProcessingTime(now);
        }
        assertEquals(List.of("2018-11-29T09:00:01Z"), watermarks(after));
        after.processElement(Fixtures.payload("two", Fixtures.event(1, "10:00:00", "behind")));
        assertEquals(List.of("2018-11-29T09:00:01Z", "2018-11-29T10:00:00Z"), watermarks(after));
    }

    @Test
    void eventWithMuchThatTheContractDoesNotKnowIsAnEvent() throws Exception {
        var harness = started(0, null);
        String more = ", \"screenshot\": \"" + "x".repeat(1_000_000) + "\"";
        harness.processElement(Fixtures.payload("one", Fixtures.event(1, "29T10:00:00", "A", more)));
        assertEquals(List.of("1 A"), Fixtures.shown(harness.getOutput(), 0));
    }

    @Test
    void textsAreMeasuredInBytesAndARecordTooLargeIsRejectedAsOftenAsItComes() throws Exception {
        var harness = started(0, null);
        // The name twice, in event_id and client_event: 4 bytes each time.
        String fits = Fixtures.event(1, "10:00:00", EMOJI.repeat(9_990));
        String tooLarge = Fixtures.event(1, "10:00:00", EMOJI.repeat(10_000));
        for (String record : List.of(fits, tooLarge, tooLarge)) {
            harness.processElement(Fixtures.payload("one", record));
        }
        assertEquals(List.of("1"), Fixtures.shown(harness.getOutput(), 1));
        String message = "record_too_large the texts of the record have 80010 bytes; expected at most 80000, so that its "
                + "session fits a stream's record one";
        assertEquals(List.of(message, message), Fixtures.shown(harness.getSideOutput(Fixtures.REJECTED), 0, 1, 3));
    }

    @Test
    void payloadThatIsTooLongForOneRowIsInTheQuarantineInParts() throws Exception {
        byte[] payload = new byte[1_500_000];
        for (int index = 0; index < payload.length; index++) {
            payload[index] = (byte) (index % 251);
        }
        List<RowData> rows = new ArrayList<>();
        QuarantineRows.write("invalid_json", "broken", payload, StringData.fromString("one"), rows::add);
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        List<String> messages = new ArrayList<>();
        for (RowData row : rows) {
            bytes.write(row.getBinary(2));
            messages.add(row.getString(1).toString());
        }
        assertEquals(List.of("broken; part 1 of 3 of its payload", "broken; part 2 of 3 of its payload",
                "broken; part 3 of 3 of its payload"), messages);
        assertArrayEquals(payload, bytes.toByteArray());
    }
}
