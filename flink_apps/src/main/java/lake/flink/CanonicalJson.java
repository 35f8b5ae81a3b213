package lake.flink;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * One text of all JSON values that are equal, as batch has it: lake/parse/canonical_json.py defines it, and
 * tests/known_answers/equal_records.json has known answers. What it is given was scanned before.
 */
final class CanonicalJson {
    private static final int PLAIN_DIGITS = 19;
    private static final int MOST_EXPONENT_DIGITS = 18;
    private static final Comparator<Map.Entry<String, String>> BY_NAME = (one, other) -> compared(one.getKey(), other.getKey());

    private final JsonScanner scanner = new JsonScanner();
    private final List<Map.Entry<String, String>> members = new ArrayList<>();

    /** The canonical text of the value in text[begin, end). */
    String of(byte[] text, int begin, int end) {
        scanner.reset(text, begin, end);
        StringBuilder out = new StringBuilder();
        write(out);
        return out.toString();
    }

    /** Adds a member to the object that `ofMembers` is of: its name with quotes, and its value. */
    void add(byte[] text, int nameBegin, int nameEnd, int begin, int end) {
        if (text[begin] != 'n') {
            members.add(Map.entry(Texts.decoded(text, nameBegin + 1, nameEnd - 1), of(text, begin, end)));
        }
    }

    /** The canonical text of the object of all members since the last call. */
    String ofMembers() {
        StringBuilder out = new StringBuilder();
        writeMembers(members, out);
        members.clear();
        return out.toString();
    }

    private void write(StringBuilder out) {
        switch (scanner.peek()) {
            case '{':
                writeObject(out);
                return;
            case '[':
                writeArray(out);
                return;
            case '"':
                writeText(string(), out);
                return;
            case 't':
            case 'f':
            case 'n':
                out.append(skipped());
                return;
            default:
                writeNumber(skipped(), out);
        }
    }

    private void writeObject(StringBuilder out) {
        List<Map.Entry<String, String>> found = new ArrayList<>();
        scanner.expect('{');
        if (!scanner.accept('}')) {
            do {
                scanner.beginOfName();
                String name = string();
                scanner.expect(':');
                if (scanner.peek() == 'n') {
                    skipped();
                } else {
                    StringBuilder value = new StringBuilder();
                    write(value);
                    found.add(Map.entry(name, value.toString()));
                }
            } while (!scanner.endOfList('}'));
        }
        writeMembers(found, out);
    }

    private static void writeMembers(List<Map.Entry<String, String>> members, StringBuilder out) {
        members.sort(BY_NAME);
        out.append('{');
        for (Map.Entry<String, String> member : members) {
            if (out.charAt(out.length() - 1) != '{') {
                out.append(',');
            }
            writeText(member.getKey(), out);
            out.append(':').append(member.getValue());
        }
        out.append('}');
    }

    private void writeArray(StringBuilder out) {
        scanner.expect('[');
        out.append('[');
        if (!scanner.accept(']')) {
            do {
                if (out.charAt(out.length() - 1) != '[') {
                    out.append(',');
                }
                write(out);
            } while (!scanner.endOfList(']'));
        }
        out.append(']');
    }

    private String string() {
        int begin = scanner.position();
        scanner.skipString();
        return Texts.decoded(scanner.text(), begin + 1, scanner.position() - 1);
    }

    /** The source of the value at the scanner's position, which is a word or a number. */
    private String skipped() {
        int begin = scanner.position();
        scanner.skipValue(0);
        return new String(scanner.text(), begin, scanner.position() - begin, StandardCharsets.US_ASCII);
    }

    private static void writeText(String content, StringBuilder out) {
        out.append('"');
        for (int at = 0; at < content.length(); at++) {
            char character = content.charAt(at);
            int codePoint = content.codePointAt(at);
            int control = Texts.CONTROLS.indexOf(character);
            if (character == '"' || character == '\\') {
                out.append('\\').append(character);
            } else if (control >= 0) {
                out.append('\\').append(Texts.CONTROL_LETTERS.charAt(control));
            } else if (character < ' ' || Character.isSurrogate((char) codePoint) && codePoint <= Character.MAX_VALUE) {
                out.append(String.format("\\u%04x", (int) character));
            } else {
                out.appendCodePoint(codePoint);
                at += Character.charCount(codePoint) - 1;
            }
        }
        out.append('"');
    }

    /** By the text alone: a number may have a million digits. An exponent beyond 18 digits stays as it is written. */
    private static void writeNumber(String text, StringBuilder out) {
        String number = text.toLowerCase(Locale.ROOT);
        String unsigned = number.startsWith("-") ? number.substring(1) : number;
        int e = unsigned.indexOf('e');
        String mantissa = e < 0 ? unsigned : unsigned.substring(0, e);
        String power = e < 0 ? "0" : unsigned.substring(e + 1);
        int point = mantissa.indexOf('.');
        String digits = point < 0 ? mantissa : mantissa.substring(0, point) + mantissa.substring(point + 1);
        int first = 0;
        while (first < digits.length() && digits.charAt(first) == '0') {
            first++;
        }
        if (first == digits.length()) {
            out.append('0');
            return;
        }
        boolean isSigned = power.startsWith("-") || power.startsWith("+");
        if (power.length() - (isSigned ? 1 : 0) > MOST_EXPONENT_DIGITS) {
            out.append(number);
            return;
        }
        int last = digits.length();
        while (digits.charAt(last - 1) == '0') {
            last--;
        }
        int fraction = point < 0 ? 0 : mantissa.length() - point - 1;
        long exponent = Long.parseLong(power) - fraction + digits.length() - last;
        out.append(number.startsWith("-") ? "-" : "").append(digits, first, last);
        if (exponent >= 0 && last - first + exponent <= PLAIN_DIGITS) {
            out.append("0".repeat((int) exponent));
        } else {
            out.append('E').append(exponent);
        }
    }

    /** By code points, as UTF-8's bytes are in order. */
    private static int compared(String one, String other) {
        int at = 0;
        while (at < one.length() && at < other.length()) {
            int left = one.codePointAt(at);
            int right = other.codePointAt(at);
            if (left != right) {
                return Integer.compare(left, right);
            }
            at += Character.charCount(left);
        }
        return Integer.compare(one.length(), other.length());
    }
}
