package lake.flink;

import java.lang.management.ManagementFactory;
import java.util.logging.Level;
import java.util.logging.Logger;

import javax.management.JMException;
import javax.management.MBeanServer;
import javax.management.ObjectName;

import org.apache.flink.api.common.functions.RuntimeContext;

/**
 * What the Kinesis source's AWS SDK leaves in the JVM when a job ends or starts again: an MBean for its metrics, which
 * holds all classes of the job for ever, some 25 MB. A task manager that outlives its jobs runs out of room for classes.
 */
final class AwsMetrics {
    /** The connector's copy of the SDK has another package, and so has this name in it. */
    private static final String NAMES = "*com.amazonaws.management:*";

    private AwsMetrics() {}

    /** Has the MBeans of this job's class loader removed when Flink lets go of it. */
    static void forgetAtRelease(RuntimeContext context) {
        context.registerUserCodeClassLoaderReleaseHookIfAbsent("lake-aws-metrics", AwsMetrics::forget);
    }

    private static void forget() {
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
