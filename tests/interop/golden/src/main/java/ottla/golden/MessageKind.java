package ottla.golden;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.lang.reflect.Method;
import java.nio.ByteBuffer;
import java.util.Arrays;
import org.apache.kafka.common.protocol.ApiMessage;
import org.apache.kafka.common.protocol.ByteBufferAccessor;
import org.apache.kafka.common.protocol.MessageUtil;
import org.apache.kafka.common.protocol.types.Schema;

/** One of Kafka's generated message classes with its JSON converter, reached by name. */
final class MessageKind {
    private final Class<?> message;
    private final Method reader;
    private final Method writer;
    /** Only messages that may hold records have the third parameter of write. */
    private final boolean writerAsksForRecords;

    /** For example "org.apache.kafka.common.message.FetchRequestData". */
    MessageKind(String className) throws ReflectiveOperationException {
        message = Class.forName(className);
        Class<?> converter = Class.forName(className + "JsonConverter");
        reader = converter.getMethod("read", JsonNode.class, short.class);
        Method found = null;
        for (Method method : converter.getMethods()) {
            if (!method.getName().equals("write")) continue;
            if (found == null || method.getParameterCount() > found.getParameterCount()) {
                found = method;
            }
        }
        writer = found;
        writerAsksForRecords = found.getParameterCount() == 3;
    }

    short lowest() throws ReflectiveOperationException {
        return message.getField("LOWEST_SUPPORTED_VERSION").getShort(null);
    }

    short highest() throws ReflectiveOperationException {
        return message.getField("HIGHEST_SUPPORTED_VERSION").getShort(null);
    }

    Schema schema(int version) throws ReflectiveOperationException {
        return ((Schema[]) message.getField("SCHEMAS").get(null))[version];
    }

    ApiMessage defaults() throws ReflectiveOperationException {
        return (ApiMessage) message.getConstructor().newInstance();
    }

    ApiMessage parse(JsonNode json, int version) throws ReflectiveOperationException {
        return (ApiMessage) reader.invoke(null, json, (short) version);
    }

    /** As Kafka's converter writes it; the bytes of records, which it drops, come from `filled`. */
    JsonNode print(ApiMessage data, int version, JsonNode filled)
            throws ReflectiveOperationException {
        Object json =
                writerAsksForRecords
                        ? writer.invoke(null, data, (short) version, true)
                        : writer.invoke(null, data, (short) version);
        if (filled != null) restoreRecords((JsonNode) json, filled);
        return (JsonNode) json;
    }

    /** Encodes, and proves that Kafka reads back the same message. */
    byte[] encode(ApiMessage data, int version) throws ReflectiveOperationException {
        byte[] bytes = toBytes(data, version);
        ApiMessage again = defaults();
        again.read(new ByteBufferAccessor(ByteBuffer.wrap(bytes)), (short) version);
        if (!Arrays.equals(bytes, toBytes(again, version))) {
            throw new IllegalStateException(message + " v" + version + " does not round-trip");
        }
        return bytes;
    }

    private static byte[] toBytes(ApiMessage data, int version) {
        ByteBufferAccessor accessor =
                MessageUtil.toByteBufferAccessor(data, (short) version);
        return SampleRecords.toBytes(accessor.buffer());
    }

    private static void restoreRecords(JsonNode written, JsonNode filled) {
        if (written instanceof ArrayNode array) {
            for (int i = 0; i < array.size(); ++i) restoreRecords(array.get(i), filled.get(i));
        } else if (written instanceof ObjectNode object) {
            for (var field : filled.properties()) {
                JsonNode mine = object.get(field.getKey());
                if (mine != null && mine.isBinary()) {
                    object.set(field.getKey(), field.getValue());
                } else if (mine != null) {
                    restoreRecords(mine, field.getValue());
                }
            }
        }
    }
}
