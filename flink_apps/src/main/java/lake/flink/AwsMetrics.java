package lake.flink;

import java.lang.management.ManagementFactory;
import java.util.logging.Level;
import java.util.logging.Logger;

import javax.management.JMException;
import javax.management.MBeanServer;
import javax.management.ObjectName;

import org.apache.flink.api.common.functions.RuntimeContext;

/**
 * Removes what the Kinesis source's AWS SDK leaves in the JVM when a job ends or restarts: an MBean for its metrics,
 * which keeps all classes of the job loaded, some 25 MB. A task manager that outlives its jobs runs out of metaspace.
 */
final class AwsMetrics {
    /** The connector's copy of the SDK has another package, and so has this name in it. */
    private static final String NAMES = "*com.amazonaws.management:*";

    private AwsMetrics() {}

    /** Registers the removal of MBeans of this job's class loader, for when Flink releases it. */
    static void removeAtRelease(RuntimeContext context) {
        context.registerUserCodeClassLoaderReleaseHookIfAbsent("lake-aws-metrics", AwsMetrics::remove);
    }

    private static void remove() {
        MBeanServer server = ManagementFactory.getPlatformMBeanServer();
        try {
            for (ObjectName name : server.queryNames(new ObjectName(NAMES), null)) {
                if (server.getClassLoaderFor(name) == AwsMetrics.class.getClassLoader()) {
                    server.unregisterMBean(name);
                }
            }
        } catch (JMException error) {
            Logger.getLogger(AwsMetrics.class.getName()).log(Level.WARNING, "removing the AWS SDK's MBean", error);
        }
    }
}
