package lake.flink;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;

import org.apache.flink.core.memory.DataInputDeserializer;
import org.apache.flink.core.memory.DataOutputSerializer;
import org.apache.flink.table.data.GenericRowData;
import org.apache.flink.table.data.RowData;
import org.apache.flink.table.data.StringData;
import org.apache.flink.table.data.TimestampData;
import org.apache.flink.table.data.binary.BinaryStringData;

/**
 * A session that may still grow. Its first and last event are those of the least and the greatest (time, event_id,
 * client_event), texts compared by their UTF-8 bytes, a null before any text: so batch finds the same ones.
 *
 * <p>Kept as bytes of its own making, because it is read and written with every event; the first byte says which
 * version of the form it is, so that a later one can read the state of an earlier.
 */
final class OpenSession {
    private static final byte VERSION = 1;

    long first;
    long last;
    long events;
    BinaryStringData firstId;
    BinaryStringData firstName;
    BinaryStringData lastId;
    BinaryStringData lastName;

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

    /** Takes another session in. */
    void add(OpenSession other) {
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

    /** The row of this session, when it is closed. */
    RowData row(long user, String device, SessionRules rules) {
        return GenericRowData.of(
                StringData.fromString(rules.name(user, device, first)),
                user,
                StringData.fromString(device),
                timestamp(first),
                timestamp(last),
                Math.floorDiv(last - first, 1_000_000L),
                events,
                firstName,
                lastName);
    }

    private static TimestampData timestamp(long micros) {
        return TimestampData.fromEpochMillis(Math.floorDiv(micros, 1000L), (int) Math.floorMod(micros, 1000L) * 1000);
    }

    private static int compare(long oneTime, BinaryStringData oneId, BinaryStringData oneName, long otherTime,
            BinaryStringData otherId, BinaryStringData otherName) {
        if (oneTime != otherTime) {
            return Long.compare(oneTime, otherTime);
        }
        int byId = compare(oneId, otherId);
        return byId != 0 ? byId : compare(oneName, otherName);
    }

    private static int compare(BinaryStringData one, BinaryStringData other) {
        if (one == null || other == null) {
            return (one == null ? 0 : 1) - (other == null ? 0 : 1);
        }
        return one.compareTo(other);
    }

    /** Sessions of one key, after the time of the timer that is set for them. */
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
            throw new IOException("reading the state of a session: it is of version " + version + ", and this program "
                    + "knows version " + VERSION + "; restart from the savepoint with the program that wrote it");
        }
        return in.readLong();
    }

    /** The sessions of what `write` wrote, after `timer`. */
    static List<OpenSession> read(DataInputDeserializer in) throws IOException {
        int count = in.readInt();
        List<OpenSession> sessions = new ArrayList<>(count + 1);
        for (int place = 0; place < count; place++) {
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
