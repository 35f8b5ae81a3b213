package lake.flink;

import java.util.HashMap;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

import org.apache.flink.api.dag.Transformation;

/**
 * Uids of the operators that SQL plans: sources and sinks. The planner numbers them from the first one of the process
 * on, so with a table or a statement more, every later one would get another uid; a source would lose its position in
 * the stream, and a sink the rows that it has not sent yet. So they are named after their table and its connector.
 */
public final class OperatorUids {
    private static final Pattern PLANNED = Pattern.compile("\\d+_(.+)");

    private OperatorUids() {}

    /**
     * Sets the uids of what was planned between our operators and `last`: `NAME-TYPE`, e.g. `raw_events-kinesis-source`,
     * with a number behind the second one of a type. An operator with a uid of its own is skipped, and all before it.
     */
    public static void set(Transformation<?> last, String name) {
        set(last, name, new HashMap<>());
    }

    private static void set(Transformation<?> operator, String name, Map<String, Integer> types) {
        String uid = operator.getUid();
        if (uid != null) {
            Matcher planned = PLANNED.matcher(uid);
            if (!planned.matches()) {
                return;
            }
            int number = types.merge(planned.group(1), 1, Integer::sum);
            operator.setUid(name + "-" + planned.group(1) + (number > 1 ? "-" + number : ""));
        }
        for (Transformation<?> input : operator.getInputs()) {
            set(input, name, types);
        }
    }
}
