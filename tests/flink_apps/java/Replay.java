package lake.flink.tests;

import java.nio.charset.StandardCharsets;

import org.apache.flink.api.common.typeinfo.PrimitiveArrayTypeInfo;
import org.apache.flink.api.common.typeinfo.TypeInformation;
import org.apache.flink.api.common.typeinfo.Types;
import org.apache.flink.streaming.api.datastream.DataStream;
import org.apache.flink.table.api.bridge.java.StreamTableEnvironment;
import org.apache.flink.types.Row;
import org.apache.flink.util.Collector;

/**
 * Records of several shards as they came, from lines: `SHARD RECORD`, `pause MILLISECONDS`, `fail NAME`, which ends the
 * attempt the first time that it is met in this process, or `wait NAME`, which takes a moment until NAME is let go, and
 * says that it was met: many of them are time to stop the program there.
 */
public final class Replay {
    private Replay() {}

    /** Registers a view of payloads and shards from a table of lines. */
    public static void register(StreamTableEnvironment env, String lines, String view) {
        TypeInformation<Row> rows = Types.ROW_NAMED(new String[] {"payload", "shard"},
                PrimitiveArrayTypeInfo.BYTE_PRIMITIVE_ARRAY_TYPE_INFO, Types.STRING);
        DataStream<Row> stream = env.toDataStream(env.from(lines))
                .flatMap((Row row, Collector<Row> out) -> replay(row.getFieldAs(0), out))
                .returns(rows)
                .uid("replay");
        lake.flink.OperatorUids.set(stream.getTransformation().getInputs().get(0), lines);
        env.createTemporaryView(view, stream);
    }

    /** Whether a `wait NAME` was met. */
    public static boolean isMet(String name) {
        return System.getProperty("replay.met." + name) != null;
    }

    /** Lets the lines `wait NAME` go. */
    public static void letGo(String name) {
        System.setProperty("replay.gone." + name, "yes");
    }

    private static void replay(String line, Collector<Row> out) throws InterruptedException {
        String[] words = line.split(" ", 2);
        if (words[0].equals("pause")) {
            Thread.sleep(Long.parseLong(words[1]));
        } else if (words[0].equals("wait")) {
            // Not a static field: each job loads this class again.
            System.setProperty("replay.met." + words[1], "yes");
            if (System.getProperty("replay.gone." + words[1]) == null) {
                Thread.sleep(20);
            }
        } else if (words[0].equals("fail")) {
            if (System.setProperty("replay.failed." + words[1], "yes") == null) {
                throw new IllegalStateException("a failure that was asked for: " + words[1]);
            }
        } else {
            out.collect(Row.of(words[1].getBytes(StandardCharsets.UTF_8), words[0]));
        }
    }
}
