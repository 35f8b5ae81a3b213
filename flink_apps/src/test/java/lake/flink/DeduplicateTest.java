package lake.flink;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;

import org.apache.flink.api.common.state.StateTtlConfig;
import org.apache.flink.api.common.state.ValueStateDescriptor;
import org.apache.flink.api.common.typeinfo.Types;
import org.apache.flink.runtime.checkpoint.OperatorSubtaskState;
import org.apache.flink.streaming.api.operators.KeyedProcessOperator;
import org.apache.flink.streaming.util.KeyedOneInputStreamOperatorTestHarness;
import org.apache.flink.table.data.GenericRowData;
import org.apache.flink.table.data.RowData;
import org.apache.flink.table.data.StringData;
import org.apache.flink.table.runtime.typeutils.InternalTypeInfo;
import org.apache.flink.table.runtime.typeutils.StringDataTypeInfo;
import org.junit.jupiter.api.Test;

/** Each event_id passes once within the window, across an upgrade too. */
class DeduplicateTest {
    private static final long HOUR = 3_600_000;
    private static final String FIRST = Fixtures.event(20, "10:00:00", "A");

    /** One version of the operator, with its contract. */
    private static final class Job {
        private final Contract contract;
        private final KeyedOneInputStreamOperatorTestHarness<StringData, RowData, RowData> harness;

        Job(Contract contract, long window, OperatorSubtaskState savepoint) throws Exception {
            this.contract = contract;
            int eventId = contract.indexOf("event_id");
            harness = new KeyedOneInputStreamOperatorTestHarness<>(
                    new KeyedProcessOperator<>(new Deduplicate(contract, window, Fixtures.REJECTED)),
                    row -> row.getString(eventId), StringDataTypeInfo.INSTANCE);
            harness.setup(InternalTypeInfo.<RowData>of(contract.rowType()).toSerializer());
            if (savepoint != null) {
                harness.initializeState(savepoint);
            }
            harness.open();
        }

        Job read(String... records) throws Exception {
            for (String record : records) {
                ParsedRecord parsed = parsed(contract, record);
                int width = contract.columns.size();
                parsed.row.setField(width, parsed.digest);
                parsed.row.setField(width + 1, parsed.source);
                harness.processElement(parsed.row, 0);
            }
            return this;
        }

        /** Puts a digest in place of the one that is kept of the last record's event. */
        void keep(long digest) throws Exception {
            ValueStateDescriptor<Long> seen = new ValueStateDescriptor<>("seen", Types.LONG);
            seen.enableTimeToLive(StateTtlConfig.newBuilder(Duration.ofMillis(HOUR)).build());
            harness.getOperator().setCurrentKey(StringData.fromString("20 A"));
            harness.getOperator().getRuntimeContext().getState(seen).update(digest);
        }

        OperatorSubtaskState stop() throws Exception {
            OperatorSubtaskState savepoint = harness.snapshot(1, 1);
            harness.close();
            return savepoint;
        }

        List<String> passed() {
            return Fixtures.shown(harness.getOutput(), 0);
        }

        List<String> rejected() {
            return harness.getSideOutput(Fixtures.REJECTED) == null ? List.of()
                    : Fixtures.shown(harness.getSideOutput(Fixtures.REJECTED), 0, 1);
        }
    }

    static ParsedRecord parsed(Contract contract, String record) {
        PayloadSplitter splitter = new PayloadSplitter(contract, contract.columns.size() + 2, true);
        splitter.reset(record.getBytes(StandardCharsets.UTF_8));
        return splitter.next();
    }

    private static String withCampaign(String name, int user) {
        return Fixtures.event(user, "29T10:05:00", name, ", \"campaign\": \"autumn\"");
    }

    @Test
    void repeatIsDroppedAndOtherContentIsRejected() throws Exception {
        Job job = new Job(Fixtures.events(), HOUR, null)
                .read(FIRST, FIRST, Fixtures.event(20, "10:00:01", "A"), Fixtures.event(20, "10:00:00", "B"));
        assertEquals(List.of("20 A", "20 B"), job.passed());
        assertEquals(List.of("conflicting_duplicate event 20 A was read before with other content"), job.rejected());
    }

    @Test
    void eventPassesAgainWhenItsWindowIsOver() throws Exception {
        Job job = new Job(Fixtures.events(), HOUR, null);
        job.harness.setStateTtlProcessingTime(0);
        job.read(FIRST);
        job.harness.setStateTtlProcessingTime(HOUR - 1);
        job.read(FIRST);
        job.harness.setStateTtlProcessingTime(HOUR);
        job.read(FIRST);
        assertEquals(List.of("20 A", "20 A"), job.passed());
    }

    @Test
    void longerWindowKnowsTheRecordsOfTheEarlierVersion() throws Exception {
        OperatorSubtaskState savepoint = new Job(Fixtures.events(), HOUR, null).read(FIRST).stop();
        Job next = new Job(Fixtures.events(), 2 * HOUR, savepoint).read(FIRST, Fixtures.event(20, "10:05:00", "B"));
        assertEquals(List.of("20 B"), next.passed());
    }

    @Test
    void optionalColumnMoreKnowsRecordsThatComeAgain() throws Exception {
        OperatorSubtaskState savepoint = new Job(Fixtures.events(), HOUR, null).read(FIRST).stop();
        Job next = new Job(Fixtures.eventsWithCampaign(), HOUR, savepoint).read(FIRST, withCampaign("A", 1));
        assertEquals(List.of("1 A"), next.passed());
        assertEquals(List.of(), next.rejected());
    }

    @Test
    void recordThatHadTheColumnBeforeTheContractConflictsWithItselfAfter() throws Exception {
        String early = withCampaign("A", 20);
        Job before = new Job(Fixtures.events(), HOUR, null).read(early, early);
        assertEquals(List.of("20 A"), before.passed());
        Job next = new Job(Fixtures.eventsWithCampaign(), HOUR, before.stop()).read(early);
        assertEquals(List.of(), next.passed());
        assertEquals(1, next.rejected().size());
    }

    @Test
    void equalValuesWrittenInAnotherWayAreARepeat() throws Exception {
        Job job = new Job(Fixtures.events(), HOUR, null)
                .read(Fixtures.event(20, "29T10:00:00", "A", ", \"x\": 1E2, \"y\": {\"b\": [\"é\"], \"a\": null}"),
                        Fixtures.event(20, "29T10:00:00", "A", ",\"z\":null,\"y\":{\"b\":[\"\\u00e9\"]},\"x\":100.0"));
        assertEquals(List.of("20 A"), job.passed());
        assertEquals(List.of(), job.rejected());
    }

    private static long stateOfFirstVersion(String more) throws IOException {
        RecordParser parser = new RecordParser(Fixtures.events(), true);
        JsonScanner scanner = new JsonScanner();
        byte[] record = Fixtures.event(20, "29T10:00:00", "A", more).getBytes(StandardCharsets.UTF_8);
        GenericRowData row = new GenericRowData(Fixtures.events().columns.size());
        scanner.reset(record, 0, record.length);
        parser.scan(scanner);
        parser.parse(record, 0, record.length, scanner.isBeyondAscii(), row);
        return parser.digestOfFirstVersion(row);
    }

    @Test
    void recordsWithoutUnknownMembersHaveTheDigestsOfSavepointsThatWereMadeBefore() throws IOException {
        assertEquals(5_285_881_700_480_205_928L, parsed(Fixtures.events(), Fixtures.event(20, "29T10:00:00", "A", "")).digest);
    }

    @Test
    void whatTheFirstVersionKeptOfARecordWithUnknownMembersIsStillKnown() throws IOException {
        assertEquals(List.of(5_285_881_700_480_205_928L, -1_653_244_524_863_252_955L),
                List.of(stateOfFirstVersion(""), stateOfFirstVersion(", \"x\": 1")));
    }

    @Test
    void recordThatTheFirstVersionKeptIsARepeatWhereItComesAgainAsItWas() throws Exception {
        String kept = Fixtures.event(20, "29T10:00:00", "A", ", \"x\": 1");
        Job job = new Job(Fixtures.events(), HOUR, null);
        job.read(Fixtures.event(20, "29T10:00:00", "A", ", \"y\": 2"));
        job.keep(-1_653_244_524_863_252_955L);
        job.read(kept, kept.replace("\"x\": 1", "\"x\": 2"));
        assertEquals(1, job.passed().size());
        assertEquals(List.of("conflicting_duplicate event 20 A was read before with other content"), job.rejected());
    }
}
