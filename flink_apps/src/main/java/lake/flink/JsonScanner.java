package lake.flink;

/**
 * Skips over one JSON value in a buffer, strictly by RFC 8259, and says where its parts begin and end. It converts
 * nothing and copies nothing. What is not JSON is rejected: as `truncated` where the buffer ends too early, else as
 * `invalid_json`.
 */
final class JsonScanner {
    static final int MAX_DEPTH = 400;

    private byte[] text;
    private int begin;
    private int at;
    private int end;
    private boolean isBeyondAscii;

    void reset(byte[] text, int begin, int end) {
        this.text = text;
        this.begin = begin;
        this.at = begin;
        this.end = end;
        this.isBeyondAscii = false;
    }

    byte[] text() {
        return text;
    }

    /** The next byte's index. */
    int position() {
        return at;
    }

    /** Whether a byte beyond ASCII was skipped since `reset`. */
    boolean isBeyondAscii() {
        return isBeyondAscii;
    }

    void skipSpace() {
        while (at < end && isSpace(text[at])) {
            at++;
        }
    }

    static boolean isSpace(byte character) {
        return character == ' ' || character == '\n' || character == '\r' || character == '\t';
    }

    /** The next byte after white space, which is skipped. */
    byte peek() {
        skipSpace();
        if (at >= end) {
            throw new RejectedRecordException("truncated", "the record ends within an object or array");
        }
        return text[at];
    }

    /** Skips this character, with white space before it; returns whether it is there. */
    boolean accept(char character) {
        boolean isThere = peek() == character;
        if (isThere) {
            at++;
        }
        return isThere;
    }

    void expect(char character) {
        if (!accept(character)) {
            throw invalid("expected '" + character + "'");
        }
    }

    /** Skips what follows an element: `close`, and returns true, or a comma, and returns false. */
    boolean endOfList(char close) {
        if (accept(close)) {
            return true;
        }
        if (!accept(',')) {
            throw invalid("expected ',' or '" + close + "'");
        }
        return false;
    }

    /** Where a member's name begins, with its quote; the scanner stands there. */
    int beginOfName() {
        if (peek() != '"') {
            throw invalid("expected a name in double quotes");
        }
        return at;
    }

    private RejectedRecordException invalid(String problem) {
        return new RejectedRecordException("invalid_json", problem + " at byte " + (at - begin) + " of the record");
    }

    /** Skips a value, with white space before it; `depth` is that of what it is in. */
    void skipValue(int depth) {
        switch (peek()) {
            case '"':
                skipString();
                return;
            case '{':
            case '[':
                skipNested(depth + 1);
                return;
            case 't':
                skipWord("true");
                return;
            case 'f':
                skipWord("false");
                return;
            case 'n':
                skipWord("null");
                return;
            default:
                skipNumber();
        }
    }

    private void skipNested(int depth) {
        if (depth > MAX_DEPTH) {
            throw new RejectedRecordException("invalid_json", "nested more than " + MAX_DEPTH + " deep");
        }
        boolean isObject = text[at++] == '{';
        char close = isObject ? '}' : ']';
        if (accept(close)) {
            return;
        }
        do {
            if (isObject) {
                beginOfName();
                skipString();
                expect(':');
            }
            skipValue(depth);
        } while (!endOfList(close));
    }

    /** Skips a string at the scanner's position; returns whether it holds an escape. */
    boolean skipString() {
        boolean hasEscape = false;
        int place = at + 1;
        while (place < end) {
            byte character = text[place++];
            if (character == '"') {
                at = place;
                return hasEscape;
            }
            if (character < ' ') {
                if (character >= 0) {
                    at = place - 1;
                    throw invalid("control character in a string");
                }
                isBeyondAscii = true;
            } else if (character == '\\') {
                hasEscape = true;
                place = endOfEscape(place);
            }
        }
        throw new RejectedRecordException("truncated", "the record ends within a string");
    }

    private int endOfEscape(int place) {
        if (place >= end) {
            return place;
        }
        if (text[place] != 'u') {
            if ("\"\\/bfnrt".indexOf(text[place]) < 0) {
                at = place - 1;
                throw invalid("invalid escape");
            }
            return place + 1;
        }
        for (int digit = place + 1; digit < Math.min(place + 5, end); digit++) {
            if (Character.digit(text[digit], 16) < 0) {
                at = place - 1;
                throw invalid("invalid escape");
            }
        }
        return Math.min(place + 5, end);
    }

    private void skipWord(String word) {
        for (int index = 0; index < word.length(); index++) {
            if (at + index >= end) {
                throw new RejectedRecordException("truncated", "the record ends within a value");
            }
            if (text[at + index] != word.charAt(index)) {
                throw invalid("expected a value");
            }
        }
        at += word.length();
    }

    private void skipNumber() {
        if (text[at] != '-' && !isDigit(text[at])) {
            throw invalid("expected a value");
        }
        if (text[at] == '-') {
            at++;
        }
        if (at < end && text[at] == '0') {
            at++;
        } else {
            skipDigits();
        }
        if (at < end && text[at] == '.') {
            at++;
            skipDigits();
        }
        if (at < end && (text[at] == 'e' || text[at] == 'E')) {
            at++;
            if (at < end && (text[at] == '+' || text[at] == '-')) {
                at++;
            }
            skipDigits();
        }
    }

    private static boolean isDigit(byte character) {
        return character >= '0' && character <= '9';
    }

    private void skipDigits() {
        int first = at;
        while (at < end && isDigit(text[at])) {
            at++;
        }
        if (at == first) {
            if (at >= end) {
                throw new RejectedRecordException("truncated", "the record ends within a number");
            }
            throw invalid("expected a digit");
        }
    }
}
