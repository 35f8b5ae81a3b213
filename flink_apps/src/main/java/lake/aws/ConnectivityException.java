package lake.aws;

import software.amazon.awssdk.awscore.exception.AwsServiceException;

/** A check that failed, with the code and message of AWS, or of what prevented a response. */
public final class ConnectivityException extends RuntimeException {
    private final String code;

    ConnectivityException(RuntimeException error) {
        super(innermost(error).getMessage(), error);
        code = code(error);
    }

    /** AWS's code, such as AccessDeniedException; without a response, the name of the innermost exception. */
    public String code() {
        return code;
    }

    private static String code(RuntimeException error) {
        if (error instanceof AwsServiceException) {
            return ((AwsServiceException) error).awsErrorDetails().errorCode();
        }
        if (error
                instanceof org.apache.flink.kinesis.shaded.software.amazon.awssdk.awscore.exception.AwsServiceException) {
            return ((org.apache.flink.kinesis.shaded.software.amazon.awssdk.awscore.exception.AwsServiceException) error)
                    .awsErrorDetails()
                    .errorCode();
        }
        return innermost(error).getClass().getSimpleName();
    }

    private static Throwable innermost(Throwable error) {
        return error.getCause() == null ? error : innermost(error.getCause());
    }
}
