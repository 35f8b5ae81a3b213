package lake.flink;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.List;
import java.util.Random;
import java.util.TreeMap;
import java.util.function.BiPredicate;
import java.util.stream.Stream;

import org.apache.flink.contrib.streaming.state.EmbeddedRocksDBStateBackend;
import org.apache.flink.runtime.state.StateBackend;
import org.apache.flink.runtime.state.hashmap.HashMapStateBackend;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** Sessions of many random events, stopped and restored meanwhile, against a plain loop over the sorted events. */
class SessionsParityTest {
    private static final long START = Instant.parse("2018-11-29T20:00:00Z").toEpochMilli();
    private static final long MINUTE = 60_000;
    private static final long DAY = 86_400_000;
    private static final int PART = 500;
    private static final long GAP = 10 * MINUTE;
    private static final String[] NAMES = {"view", "buy", "é", "\ud83d\ude00", "\uffff"};

    /** An event of a user; its id is unique. */
    private static final class Event {
        final int user;
        final long millis;
        final String id;
        final String name;

        Event(Random chance) {
            user = chance.nextInt(60);
            millis = START + 30_000L * chance.nextInt(960);
            id = Long.toHexString(chance.nextLong());
            name = chance.nextInt(6) == 0 ? null : NAMES[chance.nextInt(NAMES.length)];
        }

        String json() {
            return "{\"event_id\":\"" + id + "\",\"user_id\":" + user + ",\"device_id\":\"tv\",\"client_event\":"
                    + (name == null ? null : '"' + name + '"') + ",\"client_timestamp\":" + millis + "}";
        }
    }

    static Stream<Arguments> forms() {
        return Stream.of(
                Arguments.of(null, true, 100_000, new HashMapStateBackend()),
                Arguments.of(null, false, 10, new HashMapStateBackend()),
                Arguments.of(null, true, 10, new EmbeddedRocksDBStateBackend()),
                Arguments.of(null, true, 1, new EmbeddedRocksDBStateBackend()),
                Arguments.of("UTC", true, 10, new HashMapStateBackend()),
                Arguments.of("UTC", true, 1, new HashMapStateBackend()),
                Arguments.of("UTC", false, 10, new EmbeddedRocksDBStateBackend()),
                Arguments.of("UTC", true, 100_000, new EmbeddedRocksDBStateBackend()));
    }

    /** Nearly in order, sessions close all the time; in no order, none closes before the end. */
    @ParameterizedTest
    @MethodSource("forms")
    void sessionsAreThoseOfAPlainLoop(String zone, boolean isNearlyInOrder, int inMemory, StateBackend backend)
            throws Exception {
        Random chance = new Random(7);
        List<Event> events = Stream.generate(() -> new Event(chance)).limit(3 * PART).collect(
                java.util.stream.Collectors.toList());
        if (isNearlyInOrder) {
            events.sort(Comparator.comparingLong(event -> event.millis + event.id.hashCode() % (MINUTE / 2)));
        }
        EventOptions options = Fixtures.options(MINUTE, MINUTE, isNearlyInOrder ? 0 : Long.MAX_VALUE, 0);
        SessionRules rules = SessionRules.byGap(GAP, zone);
        List<String> rows = new ArrayList<>();
        SessionsJob.Savepoint savepoint = null;
        for (int part = 0; part < 3; part++) {
            SessionsJob job = new SessionsJob(options, rules, inMemory, backend, savepoint);
            for (Event event : events.subList(part * PART, part * PART + PART)) {
                job.read(event.json());
            }
            if (part == 2) {
                job.end();
            }
            savepoint = job.stop();
            rows.addAll(job.sessions());
            assertEquals(List.of(), job.late());
        }
        BiPredicate<Event, Event> joins = (left, right) -> right.millis - left.millis <= GAP
                && (zone == null || left.millis / DAY == right.millis / DAY);
        List<String> expected = expected(events, joins);
        Collections.sort(rows);
        Collections.sort(expected);
        assertEquals(expected, rows);
    }

    private static List<String> expected(List<Event> events, BiPredicate<Event, Event> joins) {
        List<Event> sorted = new ArrayList<>(events);
        sorted.sort(Comparator.<Event>comparingLong(event -> event.millis).thenComparing(event -> event.id));
        TreeMap<Integer, List<Event>> byUser = new TreeMap<>();
        sorted.forEach(event -> byUser.computeIfAbsent(event.user, absent -> new ArrayList<>()).add(event));
        List<String> sessions = new ArrayList<>();
        for (List<Event> ofUser : byUser.values()) {
            int begin = 0;
            for (int end = 1; end <= ofUser.size(); end++) {
                if (end == ofUser.size() || !joins.test(ofUser.get(end - 1), ofUser.get(end))) {
                    Event first = ofUser.get(begin);
                    Event last = ofUser.get(end - 1);
                    sessions.add(String.join(" ", String.valueOf(first.user), time(first), time(last),
                            String.valueOf(end - begin), first.name, last.name));
                    begin = end;
                }
            }
        }
        return sessions;
    }

    private static String time(Event event) {
        return String.valueOf(Times.timestamp(event.millis * 1_000));
    }
}
