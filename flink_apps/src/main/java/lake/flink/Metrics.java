package lake.flink;

import org.apache.flink.api.common.functions.RuntimeContext;
import org.apache.flink.metrics.Counter;
import org.apache.flink.metrics.MetricGroup;

/** Where our metrics stand: the managed service hands those of the group `kinesisanalytics` over to CloudWatch. */
final class Metrics {
    private Metrics() {}

    static MetricGroup group(RuntimeContext context) {
        return context.getMetricGroup().addGroup("kinesisanalytics").addGroup("Service", "lake");
    }

    static Counter counter(RuntimeContext context, String name) {
        return group(context).counter(name);
    }
}
