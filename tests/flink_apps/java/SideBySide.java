package lake.flink.tests;

import java.util.List;

import org.apache.flink.api.dag.Transformation;
import org.apache.flink.streaming.api.environment.StreamExecutionEnvironment;

/** Several applications in one job: they share nothing but the job, so that each has watermarks of its own. */
public final class SideBySide {
    private static final String MARK = " of ";

    private SideBySide() {}

    /** Makes the uids that were added since the last call unique, by the name of the application that has them. */
    public static void name(StreamExecutionEnvironment env, String name) {
        for (Transformation<?> last : List.copyOf(env.getTransformations())) {
            for (Transformation<?> operator : last.getTransitivePredecessors()) {
                String uid = operator.getUid();
                if (uid != null && !uid.contains(MARK)) {
                    operator.setUid(uid + MARK + name);
                }
            }
        }
    }
}
