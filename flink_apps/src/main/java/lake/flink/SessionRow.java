package lake.flink;

import java.io.Serializable;

import org.apache.flink.api.java.tuple.Tuple2;
import org.apache.flink.table.data.GenericRowData;
import org.apache.flink.table.data.RowData;
import org.apache.flink.table.data.StringData;
import org.apache.flink.table.types.logical.RowType;

/** The row of a closed session, in the order of the columns that the contract of sessions has. */
final class SessionRow implements Serializable {
    private static final long serialVersionUID = 1L;

    private final RowType type;
    private final int sessionId;
    private final int userId;
    private final int deviceId;
    private final int startedAt;
    private final int endedAt;
    private final int durationSec;
    private final int events;
    private final int beginNavigation;
    private final int endNavigation;

    /** @throws IllegalArgumentException if the contract's columns are not exactly those of a session */
    SessionRow(Contract contract) {
        type = contract.rowType();
        sessionId = contract.indexOf("session_id", Column.Kind.STRING);
        userId = contract.indexOf("user_id", Column.Kind.BIGINT);
        deviceId = contract.indexOf("device_id", Column.Kind.STRING);
        startedAt = contract.indexOf("started_at", Column.Kind.TIMESTAMP);
        endedAt = contract.indexOf("ended_at", Column.Kind.TIMESTAMP);
        durationSec = contract.indexOf("duration_sec", Column.Kind.BIGINT);
        events = contract.indexOf("events", Column.Kind.BIGINT);
        beginNavigation = contract.indexOf("begin_navigation", Column.Kind.STRING);
        endNavigation = contract.indexOf("end_navigation", Column.Kind.STRING);
        if (type.getFieldCount() != 9) {
            throw new IllegalArgumentException(contract.table + ": a session has 9 columns, and the contract has "
                    + type.getFieldNames());
        }
    }

    RowType type() {
        return type;
    }

    RowData row(Tuple2<Long, String> key, OpenSession session, SessionRules rules) {
        GenericRowData row = new GenericRowData(type.getFieldCount());
        row.setField(sessionId, StringData.fromString(rules.name(key.f0, key.f1, session.first())));
        row.setField(userId, key.f0);
        row.setField(deviceId, StringData.fromString(key.f1));
        row.setField(startedAt, Times.timestamp(session.first()));
        row.setField(endedAt, Times.timestamp(session.last()));
        row.setField(durationSec, Math.floorDiv(session.last() - session.first(), 1_000_000L));
        row.setField(events, session.events());
        row.setField(beginNavigation, session.firstName());
        row.setField(endNavigation, session.lastName());
        return row;
    }
}
