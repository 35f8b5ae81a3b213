package lake.flink;

import java.nio.ByteBuffer;
import java.nio.CharBuffer;
import java.nio.charset.CharsetDecoder;
import java.nio.charset.CodingErrorAction;
import java.nio.charset.StandardCharsets;

/** JSON strings: escapes decoded, UTF-8 checked, and values as messages show them. */
final class Texts {
    private static final int SHOWN = 60;
    static final String CONTROLS = "\b\f\n\r\t";
    static final String CONTROL_LETTERS = "bfnrt";

    private Texts() {}

    /** How many bytes from `begin` on are valid UTF-8, up to `end`. */
    static int utf8Bytes(byte[] text, int begin, int end) {
        ByteBuffer bytes = ByteBuffer.wrap(text, begin, end - begin);
        CharsetDecoder decoder = StandardCharsets.UTF_8.newDecoder().onMalformedInput(CodingErrorAction.REPORT);
        decoder.decode(bytes, CharBuffer.allocate(end - begin), true);
        return bytes.position() - begin;
    }

    /** The UTF-8 bytes of a string's content; null where it has an unpaired surrogate. */
    static byte[] unescaped(byte[] text, int begin, int end) {
        String content = decoded(text, begin, end);
        byte[] bytes = content.getBytes(StandardCharsets.UTF_8);
        for (int at = 0; at < content.length(); at++) {
            char character = content.charAt(at);
            if (Character.isSurrogate(character)) {
                boolean isPair = Character.isHighSurrogate(character) && at + 1 < content.length()
                        && Character.isLowSurrogate(content.charAt(at + 1));
                if (!isPair) {
                    return null;
                }
                at++;
            }
        }
        return bytes;
    }

    /** A string's content, without its escapes. */
    static String decoded(byte[] text, int begin, int end) {
        String escaped = new String(text, begin, end - begin, StandardCharsets.UTF_8);
        StringBuilder content = new StringBuilder(escaped.length());
        for (int at = 0; at < escaped.length(); at++) {
            char character = escaped.charAt(at);
            if (character != '\\') {
                content.append(character);
                continue;
            }
            char letter = escaped.charAt(++at);
            if (letter == 'u') {
                content.append((char) Integer.parseInt(escaped.substring(at + 1, at + 5), 16));
                at += 4;
            } else {
                int control = CONTROL_LETTERS.indexOf(letter);
                content.append(control < 0 ? letter : CONTROLS.charAt(control));
            }
        }
        return content.toString();
    }

    /** A JSON value as a message shows it: its JSON type, and its beginning. */
    static String shown(byte[] text, int begin, int end) {
        switch (text[begin]) {
            case '{':
                return "object";
            case '[':
                return "array";
            case 'n':
                return "null";
            case 't':
                return "boolean true";
            case 'f':
                return "boolean false";
            case '"':
                return "string " + quoted(decoded(text, begin + 1, end - 1));
            default:
                return "number " + shortened(new String(text, begin, end - begin, StandardCharsets.US_ASCII));
        }
    }

    /** A text as a JSON string in ASCII, cut where it is long. */
    static String quoted(String content) {
        StringBuilder shown = new StringBuilder("\"");
        for (int at = 0; at < content.length() && shown.length() <= SHOWN; at++) {
            char character = content.charAt(at);
            int control = CONTROLS.indexOf(character);
            if (character == '"' || character == '\\') {
                shown.append('\\').append(character);
            } else if (control >= 0) {
                shown.append('\\').append(CONTROL_LETTERS.charAt(control));
            } else if (character >= ' ' && character < 0x7f) {
                shown.append(character);
            } else {
                shown.append(String.format("\\u%04x", (int) character));
            }
        }
        return shortened(shown.append('"').toString());
    }

    private static String shortened(String text) {
        return text.length() <= SHOWN ? text : text.substring(0, SHOWN) + "…";
    }
}
