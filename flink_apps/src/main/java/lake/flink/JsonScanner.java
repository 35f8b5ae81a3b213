package lake.flink;

/**
 * Walks over one JSON value in a buffer, strictly by RFC 8259, and says where its parts begin and end. It converts
 * nothing and copies nothing. What is no JSON raises RejectedRecordException: `truncated` where the buffer ends too early, else
 * `invalid_json`.
 */
final class JsonScanner {
    static final int MAX_DEPTH = 400;

    byte[] text;
    int at;
    int end;
    /** Whether a byte beyond ASCII was walked over. */
    boolean isBeyondAscii;
    private boolean hasEscape;

    void reset(byte[] text, int at, int end) {
        this.text = text;
        this.at = at;
        this.end = end;
        this.isBeyondAscii = false;
    }

    void space() {
        while (at < end && isSpace(text[at])) {
            at++;
        }
    }

    static boolean isSpace(byte character) {
        return character == ' ' || character == '\n' || character == '\r' || character == '\t';
    }

    /** The next byte after white space, which must be there. */
    byte peek() {
        space();
        if (at >= end) {
            throw new RejectedRecordException("truncated", "the record ends within an object or array");
        }
        return text[at];
    }

    void expect(char character) {
        if (peek() != character) {
            throw wrong("expecting '" + character + "'");
        }
        at++;
    }

    RejectedRecordException wrong(String problem) {
        return new RejectedRecordException("invalid_json", problem + ", at byte " + at + " of the record");
    }

    /** Walks over a value at `at`, white space before it allowed; afterwards `at` is behind it. */
    void value(int depth) {
        switch (peek()) {
            case '"':
                string();
                return;
            case '{':
            case '[':
                nested(depth + 1);
                return;
            case 't':
                word("true");
                return;
            case 'f':
                word("false");
                return;
            case 'n':
                word("null");
                return;
            default:
                number();
        }
    }

    private void nested(int depth) {
        if (depth > MAX_DEPTH) {
            throw new RejectedRecordException("invalid_json", "nested more than " + MAX_DEPTH + " deep");
        }
        boolean isObject = text[at++] == '{';
        char close = isObject ? '}' : ']';
        if (peek() == close) {
            at++;
            return;
        }
        while (true) {
            if (isObject) {
                if (peek() != '"') {
                    throw wrong("expecting a name in double quotes");
                }
                string();
                expect(':');
            }
            value(depth);
            if (peek() == close) {
                at++;
                return;
            }
            expect(',');
        }
    }

    /** Walks over a string; returns whether it holds an escape. */
    boolean string() {
        hasEscape = false;
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
                    throw wrong("a control character in a string");
                }
                isBeyondAscii = true;
            } else if (character == '\\') {
                place = escape(place);
            }
        }
        throw new RejectedRecordException("truncated", "the record ends within a string");
    }

    private int escape(int place) {
        hasEscape = true;
        if (place >= end) {
            return place;
        }
        if (text[place] != 'u') {
            if ("\"\\/bfnrt".indexOf(text[place]) < 0) {
                at = place - 1;
                throw wrong("no such escape");
            }
            return place + 1;
        }
        for (int digit = place + 1; digit < Math.min(place + 5, end); digit++) {
            if (Character.digit(text[digit], 16) < 0) {
                at = place - 1;
                throw wrong("no such escape");
            }
        }
        return Math.min(place + 5, end);
    }

    private void word(String word) {
        for (int place = 0; place < word.length(); place++) {
            if (at + place >= end) {
                throw new RejectedRecordException("truncated", "the record ends within a value");
            }
            if (text[at + place] != word.charAt(place)) {
                throw wrong("expecting a value");
            }
        }
        at += word.length();
    }

    private void number() {
        int begin = at;
        if (text[at] == '-') {
            at++;
        }
        if (at < end && text[at] == '0') {
            at++;
        } else {
            digits(begin);
        }
        if (at < end && text[at] == '.') {
            at++;
            digits(begin);
        }
        if (at < end && (text[at] == 'e' || text[at] == 'E')) {
            at++;
            if (at < end && (text[at] == '+' || text[at] == '-')) {
                at++;
            }
            digits(begin);
        }
    }

    private void digits(int begin) {
        int first = at;
        while (at < end && text[at] >= '0' && text[at] <= '9') {
            at++;
        }
        if (at == first) {
            if (at >= end && at > begin) {
                throw new RejectedRecordException("truncated", "the record ends within a number");
            }
            throw wrong("expecting a value");
        }
    }
}
