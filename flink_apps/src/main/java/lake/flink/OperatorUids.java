package lake.flink;

import java.util.HashMap;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

import org.apache.flink.api.dag.Transformation;

/**
 * OperatorUids of what SQL plans: sources and sinks. The planner numbers its nodes from the first one of the process on, so a
 * table or a statement more would give every later one another uid; and with it, a source loses its place in the stream,
 * and a sink the rows that it has not sent yet. Here they are named after their table and its connector instead.
 */
public final class OperatorUids {
    private static final Pattern PLANNED = Pattern.compile("\\d+_(.+)");

    private OperatorUids() {}

    /**
     * Names what was planned between our operators and `end`: `NAME-TYPE`, e.g. `raw_events-kinesis-source`, with a
     * number behind the second one of a type. What has a uid of its own is left alone, and all before it.
     */
    public static void name(Transformation<?> end, String name) {
        name(end, name, new HashMap<>());
    }

    private static void name(Transformation<?> node, String name, Map<String, Integer> types) {
        String uid = node.getUid();
        if (uid != null) {
            Matcher planned = PLANNED.matcher(uid);
            if (!planned.matches()) {
                return;
            }
            int number = types.merge(planned.group(1), 1, Integer::sum);
            node.setUid(name + "-" + planned.group(1) + (number > 1 ? "-" + number : ""));
        }
        for (Transformation<?> input : node.getInputs()) {
            name(input, name, types);
        }
    }
}
