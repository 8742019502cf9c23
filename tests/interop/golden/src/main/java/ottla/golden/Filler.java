package ottla.golden;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.nio.charset.StandardCharsets;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.protocol.types.BoundField;
import org.apache.kafka.common.protocol.types.Field;
import org.apache.kafka.common.protocol.types.NullableSchema;
import org.apache.kafka.common.protocol.types.Schema;
import org.apache.kafka.common.protocol.types.TaggedFields;
import org.apache.kafka.common.protocol.types.Type;

/**
 * Makes the JSON of a message out of the schema of one of its versions, field by field. The values
 * are the same on every run.
 */
final class Filler {
    enum Mode {
        /** Nullable fields are null, arrays have one element, numbers are small, nothing tagged. */
        NULLS,
        /** Nullable fields are there but empty, numbers are zero, tagged fields are set to that. */
        EMPTIES,
        /** Everything is set: several elements, numbers up to their limits, text of every width. */
        FULL
    }

    private static final String[] TEXTS = {
        "ottla", "František Kafka", "Проце́сс", "変身", "beetle 🪲 \"quoted\" \\ tab\t",
        "x".repeat(200),
    };
    private static final JsonNodeFactory JSON = JsonNodeFactory.instance;

    private final Mode mode;
    private int made = 0;

    Filler(Mode mode) {
        this.mode = mode;
    }

    ObjectNode fill(Schema schema) {
        return struct(schema, 0);
    }

    private ObjectNode struct(Schema schema, int depth) {
        ObjectNode node = JSON.objectNode();
        for (BoundField field : schema.fields()) {
            if (field.def.type instanceof TaggedFields tagged) {
                if (mode != Mode.NULLS) {
                    for (Field each : tagged.fields().values()) put(node, each, depth);
                }
            } else {
                put(node, field.def, depth);
            }
        }
        return node;
    }

    private void put(ObjectNode node, Field field, int depth) {
        node.set(camelCase(field.name), value(field.type, depth));
    }

    private JsonNode value(Type type, int depth) {
        if (mode == Mode.NULLS && (type.isNullable() || type instanceof NullableSchema)) {
            return JSON.nullNode();
        }
        if (type instanceof Schema schema) return struct(schema, depth);
        if (type.isArray()) return array(type.arrayElementType().orElseThrow(), depth);
        ++made;
        return switch (type.toString()) {
            case "BOOLEAN" -> JSON.booleanNode(mode == Mode.FULL && made % 3 != 0);
            case "INT8" -> JSON.numberNode((int) number(Byte.MIN_VALUE, Byte.MAX_VALUE));
            case "INT16" -> JSON.numberNode((int) number(Short.MIN_VALUE, Short.MAX_VALUE));
            case "UINT16" -> JSON.numberNode((int) number(0, 65535));
            case "INT32" -> JSON.numberNode((int) number(Integer.MIN_VALUE, Integer.MAX_VALUE));
            case "UNSIGNED_INT32" -> JSON.numberNode(number(0, 4294967295L));
            case "INT64" -> JSON.numberNode(number(Long.MIN_VALUE, Long.MAX_VALUE));
            case "FLOAT64" -> JSON.numberNode(mode == Mode.EMPTIES ? 0.0 : made * -1.25);
            case "UUID" -> JSON.textNode(uuid().toString());
            default -> textOrBytes(type.toString());
        };
    }

    private JsonNode textOrBytes(String type) {
        if (type.endsWith("STRING")) {
            return JSON.textNode(
                    switch (mode) {
                        case NULLS -> "name-" + made;
                        case EMPTIES -> "";
                        case FULL -> TEXTS[made % TEXTS.length];
                    });
        }
        if (type.endsWith("RECORDS")) {
            return JSON.binaryNode(mode == Mode.EMPTIES ? new byte[0] : SampleRecords.bytes(made));
        }
        if (type.endsWith("BYTES")) {
            String text = mode == Mode.EMPTIES ? "" : "\0\1" + TEXTS[made % TEXTS.length];
            return JSON.binaryNode(text.getBytes(StandardCharsets.UTF_8));
        }
        throw new IllegalStateException("no value is known for the type " + type);
    }

    private ArrayNode array(Type element, int depth) {
        ArrayNode node = JSON.arrayNode();
        int count = switch (mode) {
            case NULLS -> 1;
            case EMPTIES -> 0;
            case FULL -> depth == 0 || !(element instanceof Schema) ? 3 : 2;
        };
        for (int i = 0; i < count; ++i) node.add(value(element, depth + 1));
        return node;
    }

    private long number(long least, long greatest) {
        if (mode == Mode.EMPTIES) return 0;
        if (mode == Mode.NULLS) return made % 100;
        return switch (made % 5) {
            case 0 -> greatest;
            case 1 -> made % 100 + 1;
            case 2 -> least;
            case 3 -> greatest / 3 - made;
            default -> least < 0 ? -1 : greatest / 2;
        };
    }

    private Uuid uuid() {
        if (mode == Mode.EMPTIES) return Uuid.ZERO_UUID;
        return new Uuid(0x0123456789ABCDEFL + made, 0xFEDCBA9876543210L - made);
    }

    /** The schema's name of a field in the form that JSON uses. */
    private static String camelCase(String snake) {
        if (snake.startsWith("kraft_")) return camelCase("k_" + snake.substring(1));
        StringBuilder out = new StringBuilder();
        boolean upper = false;
        for (char c : snake.toCharArray()) {
            if (c == '_') {
                upper = true;
            } else {
                out.append(upper ? Character.toUpperCase(c) : c);
                upper = false;
            }
        }
        return out.toString();
    }
}
