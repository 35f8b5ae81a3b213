package lake.flink;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.CharBuffer;
import java.nio.charset.CharsetDecoder;
import java.nio.charset.CodingErrorAction;
import java.nio.charset.StandardCharsets;

/** Texts as JSON writes them: escapes taken away, UTF-8 checked, and values as messages show them. */
final class Texts {
    private static final int SHOWN = 60;

    private Texts() {}

    /** How many bytes from `begin` on are UTF-8; up to `end` where all are. */
    static int utf8Bytes(byte[] text, int begin, int end) {
        ByteBuffer bytes = ByteBuffer.wrap(text, begin, end - begin);
        CharsetDecoder decoder = StandardCharsets.UTF_8.newDecoder().onMalformedInput(CodingErrorAction.REPORT);
        decoder.decode(bytes, CharBuffer.allocate(end - begin), true);
        return bytes.position() - begin;
    }

    /** UTF-8 bytes of what stands between quotes; null where half a surrogate pair is in it. */
    static byte[] unescaped(byte[] text, int begin, int end) {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream(end - begin);
        for (int at = begin; at < end; at++) {
            if (text[at] != '\\') {
                bytes.write(text[at]);
                continue;
            }
            at++;
            if (text[at] != 'u') {
                int place = "bfnrt".indexOf(text[at]);
                bytes.write(place < 0 ? text[at] : "\b\f\n\r\t".charAt(place));
                continue;
            }
            int code = hex(text, at + 1);
            at += 4;
            if (Character.isHighSurrogate((char) code) && at + 2 < end && text[at + 1] == '\\' && text[at + 2] == 'u'
                    && Character.isLowSurrogate((char) hex(text, at + 3))) {
                code = Character.toCodePoint((char) code, (char) hex(text, at + 3));
                at += 6;
            }
            if (code >= Character.MIN_SURROGATE && code <= Character.MAX_SURROGATE) {
                return null;
            }
            byte[] encoded = new String(Character.toChars(code)).getBytes(StandardCharsets.UTF_8);
            bytes.write(encoded, 0, encoded.length);
        }
        return bytes.toByteArray();
    }

    private static int hex(byte[] text, int at) {
        int code = 0;
        for (int place = at; place < at + 4; place++) {
            code = code * 16 + Character.digit(text[place], 16);
        }
        return code;
    }

    /** A value as a message shows it: what kind of JSON it is, and its beginning. */
    static String shown(byte[] text, int begin, int end) {
        switch (text[begin]) {
            case '{':
                return "an object";
            case '[':
                return "an array";
            case 't':
            case 'f':
            case 'n':
                return new String(text, begin, end - begin, StandardCharsets.US_ASCII);
            case '"':
                byte[] content = unescaped(text, begin + 1, end - 1);
                String half = "'" + raw(text, begin + 1, end - 1) + "'";
                return "the string " + (content == null ? shortened(half) : quoted(content));
            default:
                return "the number " + shortened(raw(text, begin, end));
        }
    }

    private static String raw(byte[] text, int begin, int end) {
        return new String(text, begin, end - begin, StandardCharsets.ISO_8859_1);
    }

    /** A text in quotes, ASCII alone. */
    static String quoted(byte[] content) {
        StringBuilder shown = new StringBuilder("'");
        new String(content, StandardCharsets.UTF_8).codePoints().forEach(code -> {
            if (code == '\'' || code == '\\') {
                shown.append('\\').append((char) code);
            } else if (code >= ' ' && code < 0x7f) {
                shown.append((char) code);
            } else if (code > 0xffff) {
                shown.append(String.format("\\U%08x", code));
            } else {
                shown.append(String.format(code < 0x100 ? "\\x%02x" : "\\u%04x", code));
            }
        });
        return shortened(shown.append('\'').toString());
    }

    private static String shortened(String text) {
        return text.length() <= SHOWN ? text : text.substring(0, SHOWN) + "…";
    }
}
