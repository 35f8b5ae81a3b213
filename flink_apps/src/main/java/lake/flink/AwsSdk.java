package lake.flink;

import java.lang.management.ManagementFactory;
import java.util.logging.Level;
import java.util.logging.Logger;

import javax.management.JMException;
import javax.management.MBeanServer;
import javax.management.ObjectName;

import org.apache.flink.api.common.functions.RuntimeContext;

/**
 * Ends what the Kinesis source's AWS SDK leaves in the JVM when a job ends or restarts. A thread that closes idle
 * connections: once its classes are closed it fails without a pause, and takes a whole core until a full garbage
 * collection. An MBean for its metrics, which keeps all classes of the job loaded, some 25 MB: a task manager that
 * outlives its jobs runs out of metaspace.
 */
final class AwsSdk {
    /** The connector's copy of the SDK has another package, and so have the names in it. */
    private static final String MBEANS = "*com.amazonaws.management:*";

    private static final String REAPER = "org.apache.flink.kinesis.shaded.com.amazonaws.http.IdleConnectionReaper";

    private AwsSdk() {}

    /** Registers the end of all that is of this job's class loader, for when Flink releases it. */
    static void endAtRelease(RuntimeContext context) {
        context.registerUserCodeClassLoaderReleaseHookIfAbsent("lake-aws-sdk", AwsSdk::end);
    }

    private static void end() {
        stopReaper();
        removeMBeans();
    }

    private static void stopReaper() {
        try {
            Class.forName(REAPER, true, AwsSdk.class.getClassLoader()).getMethod("shutdown").invoke(null);
        } catch (ClassNotFoundException notThere) {
            // Without the connector, there is no thread.
        } catch (ReflectiveOperationException error) {
            warn("stopping the AWS SDK's thread for idle connections", error);
        }
    }

    private static void removeMBeans() {
        MBeanServer server = ManagementFactory.getPlatformMBeanServer();
        try {
            for (ObjectName name : server.queryNames(new ObjectName(MBEANS), null)) {
                if (server.getClassLoaderFor(name) == AwsSdk.class.getClassLoader()) {
                    server.unregisterMBean(name);
                }
            }
        } catch (JMException error) {
            warn("removing the AWS SDK's MBean", error);
        }
    }

    private static void warn(String what, Exception error) {
        Logger.getLogger(AwsSdk.class.getName()).log(Level.WARNING, what, error);
    }
}
