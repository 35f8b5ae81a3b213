package lake.aws;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Properties;
import org.apache.flink.connector.aws.util.AWSClientUtil;
import org.apache.flink.kinesis.shaded.software.amazon.awssdk.services.kinesis.KinesisClient;
import software.amazon.awssdk.http.SdkHttpClient;
import software.amazon.awssdk.http.apache.ApacheHttpClient;
import software.amazon.awssdk.services.dynamodb.DynamoDbClient;
import software.amazon.awssdk.services.dynamodb.model.AttributeDefinition;
import software.amazon.awssdk.services.dynamodb.model.KeySchemaElement;
import software.amazon.awssdk.services.dynamodb.model.TableDescription;
import software.amazon.awssdk.services.firehose.FirehoseClient;

/**
 * Checks that a stream or a table exists, with the SDK, the credentials and the endpoints of the connectors. Settings are
 * those of AWSConfigConstants. Each method throws ConnectivityException, after half a minute at the latest.
 */
public final class ConnectivityCheck {
    /** Timeouts of one attempt; the SDK makes four. */
    private static final Duration RESPONSE = Duration.ofSeconds(5);

    private static final Duration CONNECT = Duration.ofSeconds(3);
    private static final String AGENT = "Apache Flink %s (%s) lake";
    private static final String NO_OTHER_AGENT = "lake.agent";

    private ConnectivityCheck() {}

    /** Checks a Kinesis stream. Its connector has an SDK of its own, under other names. */
    public static void stream(Properties aws, String name) {
        try (var http =
                        org.apache.flink.kinesis.shaded.software.amazon.awssdk.http.apache.ApacheHttpClient.builder()
                                .connectionTimeout(CONNECT)
                                .socketTimeout(RESPONSE)
                                .build();
                KinesisClient client =
                        org.apache.flink.kinesis.shaded.org.apache.flink.connector.aws.util.AWSClientUtil
                                .createAwsSyncClient(aws, http, KinesisClient.builder(), AGENT, NO_OTHER_AGENT)) {
            client.describeStreamSummary(request -> request.streamName(name));
        } catch (RuntimeException error) {
            throw new ConnectivityException(error);
        }
    }

    /** Checks a delivery stream. */
    public static void deliveryStream(Properties aws, String name) {
        try (SdkHttpClient http = http();
                FirehoseClient client =
                        AWSClientUtil.createAwsSyncClient(aws, http, FirehoseClient.builder(), AGENT, NO_OTHER_AGENT)) {
            client.describeDeliveryStream(request -> request.deliveryStreamName(name));
        } catch (RuntimeException error) {
            throw new ConnectivityException(error);
        }
    }

    /** Checks a table; returns its key: name, HASH or RANGE, and type (S, N, B) of each part, with spaces between. */
    public static List<String> table(Properties aws, String name) {
        try (SdkHttpClient http = http();
                DynamoDbClient client =
                        AWSClientUtil.createAwsSyncClient(aws, http, DynamoDbClient.builder(), AGENT, NO_OTHER_AGENT)) {
            return key(client.describeTable(request -> request.tableName(name)).table());
        } catch (RuntimeException error) {
            throw new ConnectivityException(error);
        }
    }

    private static List<String> key(TableDescription table) {
        List<String> parts = new ArrayList<>();
        for (KeySchemaElement part : table.keySchema()) {
            for (AttributeDefinition attribute : table.attributeDefinitions()) {
                if (attribute.attributeName().equals(part.attributeName())) {
                    parts.add(String.join(
                            " ", part.attributeName(), part.keyTypeAsString(), attribute.attributeTypeAsString()));
                }
            }
        }
        return parts;
    }

    private static SdkHttpClient http() {
        return ApacheHttpClient.builder().connectionTimeout(CONNECT).socketTimeout(RESPONSE).build();
    }
}
