package lake.flink;

import org.apache.flink.api.common.functions.RuntimeContext;
import org.apache.flink.metrics.Counter;
import org.apache.flink.metrics.MetricGroup;

/** Our metrics' group: the managed service sends those of the group `kinesisanalytics` to CloudWatch. */
final class Metrics {
    private Metrics() {}

    static MetricGroup group(RuntimeContext context) {
        return context.getMetricGroup().addGroup("kinesisanalytics").addGroup("Service", "lake");
    }

    static Counter counter(RuntimeContext context, String name) {
        return group(context).counter(name);
    }
}
