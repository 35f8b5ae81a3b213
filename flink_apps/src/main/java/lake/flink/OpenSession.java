package lake.flink;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;

import org.apache.flink.core.memory.DataInputDeserializer;
import org.apache.flink.core.memory.DataOutputSerializer;
import org.apache.flink.table.data.binary.BinaryStringData;

/**
 * A session that may still grow. Its first and last event are those of the least and the greatest (time, event_id,
 * client_event), texts compared by their UTF-8 bytes, a null before any text: so batch finds the same ones.
 *
 * <p>Stored in a format of its own, because it is read and written often; the first byte is the format's version, so
 * that a later program can read the state of an earlier one.
 */
final class OpenSession {
    private static final byte VERSION = 1;

    private long first;
    private long last;
    private long events;
    private BinaryStringData firstId;
    private BinaryStringData firstName;
    private BinaryStringData lastId;
    private BinaryStringData lastName;

    /** The session of one event. */
    static OpenSession of(long micros, BinaryStringData id, BinaryStringData name) {
        OpenSession session = new OpenSession();
        session.first = micros;
        session.last = micros;
        session.events = 1;
        session.firstId = id;
        session.firstName = name;
        session.lastId = id;
        session.lastName = name;
        return session;
    }

    /** Microseconds of the first event. */
    long first() {
        return first;
    }

    /** Microseconds of the last event. */
    long last() {
        return last;
    }

    long events() {
        return events;
    }

    /** The first event's name; null if it has none. */
    BinaryStringData firstName() {
        return firstName;
    }

    /** The last event's name; null if it has none. */
    BinaryStringData lastName() {
        return lastName;
    }

    /** Adds the events of another session. */
    void merge(OpenSession other) {
        if (compare(other.first, other.firstId, other.firstName, first, firstId, firstName) < 0) {
            first = other.first;
            firstId = other.firstId;
            firstName = other.firstName;
        }
        if (compare(other.last, other.lastId, other.lastName, last, lastId, lastName) > 0) {
            last = other.last;
            lastId = other.lastId;
            lastName = other.lastName;
        }
        events += other.events;
    }

    private static int compare(long leftTime, BinaryStringData leftId, BinaryStringData leftName, long rightTime,
            BinaryStringData rightId, BinaryStringData rightName) {
        if (leftTime != rightTime) {
            return Long.compare(leftTime, rightTime);
        }
        int byId = compare(leftId, rightId);
        return byId != 0 ? byId : compare(leftName, rightName);
    }

    private static int compare(BinaryStringData left, BinaryStringData right) {
        if (left == null || right == null) {
            return (left == null ? 0 : 1) - (right == null ? 0 : 1);
        }
        return left.compareTo(right);
    }

    /** The bytes of one key's sessions, after the time of the timer that is set for them. */
    static byte[] write(DataOutputSerializer out, long timer, List<OpenSession> sessions) throws IOException {
        out.clear();
        out.writeByte(VERSION);
        out.writeLong(timer);
        out.writeInt(sessions.size());
        for (OpenSession session : sessions) {
            out.writeLong(session.first);
            out.writeLong(session.events);
            text(out, session.firstId);
            text(out, session.firstName);
            if (session.events > 1) {
                out.writeLong(session.last);
                text(out, session.lastId);
                text(out, session.lastName);
            }
        }
        return out.getCopyOfBuffer();
    }

    /** The timer's time of what `write` wrote. */
    static long timer(DataInputDeserializer in, byte[] bytes) throws IOException {
        in.setBuffer(bytes);
        byte version = in.readByte();
        if (version != VERSION) {
            throw new IOException("reading the state of a session: found version " + version + ", expected "
                    + VERSION + "; restart from the savepoint with the program that wrote it");
        }
        return in.readLong();
    }

    /** The sessions of what `write` wrote, after `timer`. */
    static List<OpenSession> read(DataInputDeserializer in) throws IOException {
        int count = in.readInt();
        List<OpenSession> sessions = new ArrayList<>(count + 1);
        for (int index = 0; index < count; index++) {
            long first = in.readLong();
            long events = in.readLong();
            BinaryStringData id = text(in);
            BinaryStringData name = text(in);
            OpenSession session = of(first, id, name);
            if (events > 1) {
                session.events = events;
                session.last = in.readLong();
                session.lastId = text(in);
                session.lastName = text(in);
            }
            sessions.add(session);
        }
        return sessions;
    }

    private static void text(DataOutputSerializer out, BinaryStringData text) throws IOException {
        if (text == null) {
            out.writeInt(-1);
        } else {
            byte[] bytes = text.toBytes();
            out.writeInt(bytes.length);
            out.write(bytes);
        }
    }

    private static BinaryStringData text(DataInputDeserializer in) throws IOException {
        int length = in.readInt();
        if (length < 0) {
            return null;
        }
        byte[] bytes = new byte[length];
        in.readFully(bytes);
        return BinaryStringData.fromBytes(bytes);
    }
}
