package lake.flink;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;

import org.apache.flink.runtime.state.hashmap.HashMapStateBackend;
import org.junit.jupiter.api.Test;

/** Sessions across an upgrade to other rules: what is open goes on by the rules of the next version. */
class SessionsTest {
    private static final long MINUTE = 60_000;
    private static final EventOptions IN_ORDER = Fixtures.options(0, MINUTE, 0, 0);

    /** Users of whom a test says nothing: their events only advance the watermark. */
    private static final int OTHER = 99;

    private static String event(String time, String name) {
        return Fixtures.event(20, time, name);
    }

    private static SessionsJob started(EventOptions options, SessionRules rules, SessionsJob.Savepoint savepoint)
            throws Exception {
        return new SessionsJob(options, rules, 100, new HashMapStateBackend(), savepoint);
    }

    /** The sessions of all users but OTHER, sorted, then the late events. */
    private static List<String> upgraded(SessionRules before, SessionRules after, List<String> early, List<String> later)
            throws Exception {
        return upgraded(IN_ORDER, before, IN_ORDER, after, early, later);
    }

    private static List<String> upgraded(EventOptions optionsBefore, SessionRules before, EventOptions optionsAfter,
            SessionRules after, List<String> early, List<String> later) throws Exception {
        SessionsJob first = started(optionsBefore, before, null).read(early.toArray(new String[0]));
        List<String> rows = new ArrayList<>(first.sessions());
        List<String> late = new ArrayList<>(first.late());
        try (SessionsJob next = started(optionsAfter, after, first.stop())) {
            next.read(later.toArray(new String[0])).end();
            rows.addAll(next.sessions());
            late.addAll(next.late());
        }
        rows.removeIf(row -> row.startsWith(OTHER + " "));
        Collections.sort(rows);
        late.forEach(event -> rows.add(event + " is late"));
        return rows;
    }

    private static SessionRules gap(long minutes) {
        return SessionRules.byGap(minutes * MINUTE, null);
    }

    private static void assertRows(List<String> rows, String... expected) {
        assertEquals(String.join("\n", expected), String.join("\n", rows).replace("2018-11-", ""));
    }

    @Test
    void longerGapHoldsForSessionsThatAreOpen() throws Exception {
        List<String> rows = upgraded(gap(10), gap(20), List.of(event("10:00:00", "A")),
                List.of(event("10:15:00", "B"), Fixtures.event(OTHER, "12:00:00", "last")));
        assertRows(rows, "20 29T10:00 29T10:15 2 A B");
    }

    @Test
    void shorterGapHoldsForEventsAfterTheChangeAndWhatWasOneSessionStaysOne() throws Exception {
        List<String> rows = upgraded(gap(10), gap(5), List.of(event("10:00:00", "A"), event("10:09:00", "B")),
                List.of(event("10:15:00", "C")));
        assertRows(rows, "20 29T10:00 29T10:09 2 A B", "20 29T10:15 29T10:15 1 C C");
    }

    @Test
    void cutAtMidnightThatIsTurnedOnLeavesSessionsOverMidnightWhole() throws Exception {
        List<String> early = List.of(event("23:55:00", "A"), Fixtures.event(1, "23:58:00", "X"),
                Fixtures.event(20, "30T00:02:00", "B", ""));
        List<String> later = List.of(Fixtures.event(1, "30T00:03:00", "Y", ""),
                Fixtures.event(20, "30T00:05:00", "C", ""));
        List<String> rows = upgraded(gap(10), SessionRules.byGap(10 * MINUTE, "UTC"), early, later);
        assertRows(rows, "1 29T23:58 29T23:58 1 X X", "1 30T00:03 30T00:03 1 Y Y", "20 29T23:55 30T00:02 2 A B",
                "20 30T00:05 30T00:05 1 C C");  // of another day than the session's first event
    }

    @Test
    void cutAtMidnightThatIsTurnedOffLetsOpenSessionsGoOn() throws Exception {
        List<String> rows = upgraded(SessionRules.byGap(10 * MINUTE, "UTC"), gap(10),
                List.of(event("23:55:00", "A")), List.of(Fixtures.event(20, "30T00:02:00", "B", "")));
        assertRows(rows, "20 29T23:55 30T00:02 2 A B");
    }

    @Test
    void midnightOfAnotherTimezoneHoldsForSessionsThatAreOpen() throws Exception {
        List<String> rows = upgraded(SessionRules.byGap(120 * MINUTE, "UTC"),
                SessionRules.byGap(120 * MINUTE, "Europe/Berlin"),
                List.of(event("22:55:00", "A"), Fixtures.event(1, "23:55:00", "X")),
                List.of(event("23:02:00", "B"), Fixtures.event(1, "30T00:02:00", "Y", "")));
        assertRows(rows, "1 29T23:55 30T00:02 2 X Y", "20 29T22:55 29T22:55 1 A A", "20 29T23:02 29T23:02 1 B B");
    }

    @Test
    void longerWatermarkDelayHoldsFromThenOnAndTimeDoesNotGoBack() throws Exception {
        List<String> rows = upgraded(IN_ORDER, gap(10), Fixtures.options(5 * MINUTE, 2 * MINUTE, 0, 0), gap(10),
                List.of(Fixtures.event(OTHER, "10:30:00", "first")),
                List.of(Fixtures.event(1, "10:19:00", "A"), Fixtures.event(OTHER, "10:40:00", "last"),
                        Fixtures.event(2, "10:26:00", "B"), Fixtures.event(3, "10:24:00", "C")));
        assertRows(rows, "2 29T10:26 29T10:26 1 B B",  // late by the delay of before, not by the longer one
                "1 A is late", "3 C is late");
    }

    @Test
    void sessionsByGapThatAreOpenEndWhenWindowsCome() throws Exception {
        List<String> rows = upgraded(gap(10), SessionRules.byWindow(MINUTE),
                List.of(event("10:00:10", "A"), event("10:01:50", "B")),
                List.of(event("10:01:55", "C"), event("10:02:00", "D")));
        assertRows(rows, "20 29T10:00:10 29T10:01:50 2 A B",  // longer than a window
                "20 29T10:01:55 29T10:01:55 1 C C", "20 29T10:02 29T10:02 1 D D");
    }

    @Test
    void sessionsByWindowThatAreOpenGoOnWhenAGapComes() throws Exception {
        List<String> rows = upgraded(SessionRules.byWindow(MINUTE), gap(10),
                List.of(event("10:00:10", "A"), event("10:00:50", "B")), List.of(event("10:03:00", "C")));
        assertRows(rows, "20 29T10:00:10 29T10:03 3 A C");
    }

    @Test
    void stateOfTheFirstVersionOfTheFormatIsRead() throws Exception {
        String hex = "01" + "0000000000000c80" + "00000001"  // version, timer, sessions
                + "00000000000f4240" + "0000000000000002" + "00000001" + "61" + "ffffffff"  // first, events, id, no name
                + "00000000001e8480" + "00000001" + "62" + "00000003" + "62c3a9";  // last, id, name
        byte[] bytes = new java.math.BigInteger(hex, 16).toByteArray();
        var in = new org.apache.flink.core.memory.DataInputDeserializer();
        long timer = OpenSession.timer(in, bytes);
        List<OpenSession> sessions = OpenSession.read(in);
        assertEquals(3_200, timer);
        assertEquals(1, sessions.size());
        OpenSession session = sessions.get(0);
        assertEquals("1000000 2000000 2 null bé", String.join(" ", String.valueOf(session.first()),
                String.valueOf(session.last()), String.valueOf(session.events()), String.valueOf(session.firstName()),
                String.valueOf(session.lastName())));
        var out = new org.apache.flink.core.memory.DataOutputSerializer(64);
        assertEquals(Arrays.toString(bytes), Arrays.toString(OpenSession.write(out, timer, sessions)));
    }
}
