/* SPDX-License-Identifier: Apache-2.0 */
#include "profile/regex_ecma.h"

#include <stdio.h>

#include "base/utf8.h"
#include "profile/text.h"

/* Repeats up to this length are not loops. */
#define BOUND_SMALL 256u

/* WhiteSpace and LineTerminator of ECMA-262, and all else, as the inside of a class. */
#define SPACE                                                                            \
    "\\x{9}-\\x{d}\\x{20}\\x{a0}\\x{1680}\\x{2000}-\\x{200a}\\x{2028}\\x{2029}\\x{202f}" \
    "\\x{205f}\\x{3000}\\x{feff}"
#define NOT_SPACE                                                                        \
    "\\x{0}-\\x{8}\\x{e}-\\x{1f}\\x{21}-\\x{9f}\\x{a1}-\\x{167f}\\x{1681}-\\x{1fff}"     \
    "\\x{200b}-\\x{2027}\\x{202a}-\\x{202e}\\x{2030}-\\x{205e}\\x{2060}-\\x{2fff}"       \
    "\\x{3001}-\\x{fefe}\\x{ff00}-\\x{10ffff}"

struct name {
    struct stk_span text;
    uint32_t number;
};

struct parser {
    struct stk_buf *out;
    struct stk_span text;
    size_t pos;
    size_t stop_at; /* ends when the output is longer: see stk_regex_ecma_origin */
    enum stk_status status;
    struct stk_regex_error *error;
    struct stk_regex_traits traits;
    uint32_t n_groups;
    struct name *names; /* owned */
    size_t n_names;
    size_t cap_names;
    size_t depth;
    bool lookaround[STK_REGEX_DEPTH_MAX];
    size_t opened[STK_REGEX_DEPTH_MAX];
    size_t looking;  /* lookarounds that are open */
    bool repeatable; /* what was just read may have a quantifier */
    bool single;     /* and it stands for one character, */
    size_t atom;     /* from here in the output */
};

static bool fail_as(struct parser *p, enum stk_status status, size_t off,
                    const char *reason)
{
    if (p->status == STK_OK) {
        p->status = status;
        p->error->off = off;
        (void)snprintf(p->error->reason, sizeof(p->error->reason), "%s", reason);
    }
    return false;
}

static bool fail(struct parser *p, size_t off, const char *reason)
{
    return fail_as(p, STK_E_MALFORMED, off, reason);
}

static bool at_end(const struct parser *p)
{
    return p->pos >= p->text.len;
}

/* The next byte, or 0, which no rule asks for. */
static uint8_t peek(const struct parser *p)
{
    return at_end(p) ? 0 : p->text.data[p->pos];
}

static bool take(struct parser *p, const char *word)
{
    struct stk_span rest = stk_span_of(p->text.data + p->pos, p->text.len - p->pos);
    size_t len = strlen(word);
    if (!stk_span_starts(rest, word, len)) {
        return false;
    }
    p->pos += len;
    return true;
}

static bool is_syntax(uint32_t c)
{
    return c != 0 && c < 0x80 && strchr("^$\\.*+?()[]{}|", (int)c) != NULL;
}

/* A character that means itself, in a class or out of one. */
static void put_code(struct parser *p, uint32_t code)
{
    if (stk_char_is_letter(code) || stk_char_is_digit(code)) {
        stk_buf_byte(p->out, (uint8_t)code);
    } else if (code > 0x20 && code < 0x7f) {
        const uint8_t escaped[2] = {'\\', (uint8_t)code};
        stk_buf_put(p->out, escaped, 2);
    } else {
        stk_buf_printf(p->out, "\\x{%x}", (unsigned)code);
    }
}

/* ---- the groups, counted before anything else: references may come first ---- */

/* From behind the [ to behind the ]. */
static size_t behind_class(struct stk_span text, size_t at)
{
    while (at < text.len && text.data[at] != ']') {
        at += text.data[at] == '\\' ? 2 : 1;
    }
    return at + 1;
}

static bool count_group(struct parser *p, size_t at)
{
    struct stk_span rest = stk_span_of(p->text.data + at, p->text.len - at);
    bool named = stk_span_starts(rest, "(?<", 3) && !stk_span_starts(rest, "(?<=", 4) &&
                 !stk_span_starts(rest, "(?<!", 4);
    if (!named && stk_span_starts(rest, "(?", 2)) {
        return true;
    }
    if (++p->n_groups > STK_REGEX_GROUPS_MAX) {
        return fail_as(p, STK_E_UNSUPPORTED, at, "more than 1000 groups");
    }
    size_t end = named ? stk_span_find(rest, ">", 1) : SIZE_MAX;
    if (end == SIZE_MAX) {
        return true;
    }
    void *names = p->names;
    enum stk_status status =
        stk_grow(p->out->alloc, &names, &p->cap_names, sizeof(p->names[0]),
                 p->n_names + 1, STK_REGEX_GROUPS_MAX);
    if (status != STK_OK) {
        return fail_as(p, status, at, "out of memory");
    }
    p->names = names;
    p->names[p->n_names++] =
        (struct name){.text = stk_span_of(rest.data + 3, end - 3), .number = p->n_groups};
    return true;
}

static bool count_groups(struct parser *p)
{
    size_t at = 0;
    while (at < p->text.len) {
        uint8_t c = p->text.data[at];
        if (c == '(' && !count_group(p, at)) {
            return false;
        }
        at = c == '[' ? behind_class(p->text, at + 1) : at + (c == '\\' ? 2 : 1);
    }
    return true;
}

/* ---- numbers and names ---- */

/* Exactly `digits` hexadecimal digits. */
static bool read_hex(struct parser *p, size_t digits, uint32_t *ret_code)
{
    uint32_t code = 0;
    for (size_t i = 0; i < digits; i++) {
        int value = at_end(p) ? -1 : stk_char_hex(peek(p));
        if (value < 0) {
            return false;
        }
        code = code * 16 + (uint32_t)value;
        p->pos++;
    }
    *ret_code = code;
    return true;
}

static bool read_braced_hex(struct parser *p, uint32_t *ret_code)
{
    uint32_t code = 0;
    size_t first = p->pos;
    while (!at_end(p) && stk_char_hex(peek(p)) >= 0) {
        code = code * 16 + (uint32_t)stk_char_hex(peek(p));
        p->pos++;
        if (code > 0x10ffff) {
            return false;
        }
    }
    *ret_code = code;
    return p->pos > first && take(p, "}");
}

/* Behind \u: four digits, a pair of surrogates, or digits in braces. */
static bool read_unicode(struct parser *p, uint32_t *ret_code)
{
    if (take(p, "{")) {
        return read_braced_hex(p, ret_code);
    }
    uint32_t high = 0;
    uint32_t low = 0;
    if (!read_hex(p, 4, &high)) {
        return false;
    }
    size_t after = p->pos;
    if (high >= 0xd800 && high <= 0xdbff && take(p, "\\u") && read_hex(p, 4, &low) &&
        low >= 0xdc00 && low <= 0xdfff) {
        *ret_code = 0x10000 + ((high - 0xd800) << 10) + (low - 0xdc00);
        return true;
    }
    p->pos = after;
    *ret_code = high;
    return true;
}

/* Digits, saturating far above what is allowed; false if there are none. */
static bool read_number(struct parser *p, uint32_t *ret_number)
{
    uint32_t number = 0;
    size_t first = p->pos;
    while (stk_char_is_digit(peek(p))) {
        if (number <= STK_REGEX_REPEAT_MAX) {
            number = number * 10 + (uint32_t)(peek(p) - '0');
        }
        p->pos++;
    }
    *ret_number = number;
    return p->pos > first;
}

/* One character of a name, which may be escaped. Beyond ASCII all count as letters. */
static bool read_name_char(struct parser *p, bool first)
{
    uint32_t c = stk_char_next(p->text, &p->pos);
    if (c == '\\' && !(take(p, "u") && read_unicode(p, &c))) {
        return false;
    }
    return stk_char_is_letter(c) || c == '$' || c == '_' || c >= 0x80 ||
           (!first && stk_char_is_digit(c));
}

/* <name>, of which the < was read. */
static bool read_name(struct parser *p, struct stk_span *ret_name)
{
    size_t first = p->pos;
    while (!at_end(p) && peek(p) != '>') {
        if (!read_name_char(p, p->pos == first)) {
            return fail(p, first, "not the name of a group");
        }
    }
    *ret_name = stk_span_of(p->text.data + first, p->pos - first);
    return (p->pos > first && take(p, ">")) || fail(p, first, "not the name of a group");
}

static uint32_t name_next(struct stk_span name, size_t *pos)
{
    uint32_t c = stk_char_next(name, pos);
    if (c == '\\') {
        struct parser p = {.text = name, .pos = *pos + 1};
        (void)read_unicode(&p, &c);
        *pos = p.pos;
    }
    return c;
}

/* Both passed read_name: an escaped character is the same as a plain one. */
static bool same_name(struct stk_span a, struct stk_span b)
{
    size_t i = 0;
    size_t j = 0;
    while (i < a.len && j < b.len) {
        if (name_next(a, &i) != name_next(b, &j)) {
            return false;
        }
    }
    return i == a.len && j == b.len;
}

/* ---- escapes ---- */

enum escape { ESCAPE_BAD, ESCAPE_CODE, ESCAPE_SET };

/* Behind \c. */
static bool read_control(struct parser *p, uint32_t *ret_code)
{
    if (!stk_char_is_letter(peek(p))) {
        return false;
    }
    *ret_code = p->text.data[p->pos++] % 32u;
    return true;
}

/* Behind \p and \P. */
static enum escape read_property(struct parser *p, bool negated)
{
    char out[128];
    size_t at = p->pos;
    struct stk_span rest = stk_span_of(p->text.data + at, p->text.len - at);
    size_t end = stk_span_find(rest, "}", 1);
    if (peek(p) == '{' && end != SIZE_MAX &&
        stk_regex_property(stk_span_of(rest.data + 1, end - 1), negated, out,
                           sizeof(out))) {
        p->pos += end + 1;
        stk_buf_str(p->out, out);
        return ESCAPE_SET;
    }
    fail(p, at, "not a Unicode property");
    return ESCAPE_BAD;
}

static enum escape put_set(struct parser *p, const char *set)
{
    stk_buf_str(p->out, set);
    return ESCAPE_SET;
}

/* Behind the backslash, what means the same in a class and out of one. A set of
 * characters is written at once, a single one is left to the caller. */
static enum escape read_escape(struct parser *p, bool in_class, uint32_t *ret_code)
{
    size_t at = p->pos - 1;
    if (at_end(p)) {
        fail(p, at, "ends in a backslash");
        return ESCAPE_BAD;
    }
    uint32_t c = stk_char_next(p->text, &p->pos);
    bool good = true;
    *ret_code = c;
    switch (c) {
    case 'd':
        return put_set(p, "\\d");
    case 'D':
        return put_set(p, "\\D");
    case 'w':
        return put_set(p, "\\w");
    case 'W':
        return put_set(p, "\\W");
    case 's':
        return put_set(p, in_class ? SPACE : "[" SPACE "]");
    case 'S':
        return put_set(p, in_class ? NOT_SPACE : "[" NOT_SPACE "]");
    case 'p':
    case 'P':
        return read_property(p, c == 'P');
    case 't':
        *ret_code = '\t';
        break;
    case 'n':
        *ret_code = '\n';
        break;
    case 'v':
        *ret_code = '\v';
        break;
    case 'f':
        *ret_code = '\f';
        break;
    case 'r':
        *ret_code = '\r';
        break;
    case '0':
        *ret_code = 0;
        good = !stk_char_is_digit(peek(p));
        break;
    case 'c':
        good = read_control(p, ret_code);
        break;
    case 'x':
        good = read_hex(p, 2, ret_code);
        break;
    case 'u':
        good = read_unicode(p, ret_code);
        break;
    default:
        good = is_syntax(c) || c == '/' || (in_class && c == '-');
        break;
    }
    if (!good) {
        fail(p, at, "not an escape of ECMA-262");
        return ESCAPE_BAD;
    }
    return ESCAPE_CODE;
}

/* In a group of its own: PCRE2's JIT fails where a reference to a group that is not set
 * has a quantifier. */
static bool put_reference(struct parser *p, uint32_t number)
{
    p->traits.backrefs = true;
    p->repeatable = true;
    stk_buf_printf(p->out, "(?:\\g{%u})", (unsigned)number);
    return true;
}

static bool named_reference(struct parser *p)
{
    size_t at = p->pos;
    struct stk_span name;
    if (!take(p, "<")) {
        return fail(p, at, "\\k without the name of a group");
    }
    if (!read_name(p, &name)) {
        return false;
    }
    for (size_t i = 0; i < p->n_names; i++) {
        if (same_name(name, p->names[i].text)) {
            return put_reference(p, p->names[i].number);
        }
    }
    return fail(p, at, "no group has this name");
}

static bool numbered_reference(struct parser *p)
{
    size_t at = p->pos;
    uint32_t number = 0;
    (void)read_number(p, &number);
    if (number > p->n_groups) {
        return fail(p, at, "there are fewer groups");
    }
    return put_reference(p, number);
}

/* Behind a backslash out of a class. */
static bool atom_escape(struct parser *p)
{
    uint32_t code = 0;
    if (peek(p) == 'b' || peek(p) == 'B') {
        const uint8_t boundary[2] = {'\\', p->text.data[p->pos++]};
        stk_buf_put(p->out, boundary, 2);
        p->repeatable = false;
        return true;
    }
    if (peek(p) >= '1' && peek(p) <= '9') {
        return numbered_reference(p);
    }
    if (take(p, "k")) {
        return named_reference(p);
    }
    enum escape found = read_escape(p, false, &code);
    if (found == ESCAPE_CODE) {
        put_code(p, code);
    }
    p->repeatable = true;
    p->single = true;
    return found != ESCAPE_BAD;
}

/* ---- classes ---- */

static enum escape class_atom(struct parser *p, uint32_t *ret_code)
{
    if (!take(p, "\\")) {
        *ret_code = stk_char_next(p->text, &p->pos);
        return ESCAPE_CODE;
    }
    if (take(p, "b")) {
        *ret_code = '\b';
        return ESCAPE_CODE;
    }
    return read_escape(p, true, ret_code);
}

/* a, or a-z. */
static bool class_member(struct parser *p)
{
    size_t at = p->pos;
    uint32_t low = 0;
    uint32_t high = 0;
    enum escape first = class_atom(p, &low);
    if (first == ESCAPE_CODE) {
        put_code(p, low);
    }
    bool range =
        p->pos + 1 < p->text.len && peek(p) == '-' && p->text.data[p->pos + 1] != ']';
    if (first == ESCAPE_BAD || !range) {
        return first != ESCAPE_BAD;
    }
    p->pos++;
    enum escape last = class_atom(p, &high);
    if (last == ESCAPE_BAD) {
        return false;
    }
    if (first != ESCAPE_CODE || last != ESCAPE_CODE) {
        return fail(p, at, "a range between classes");
    }
    if (low > high) {
        return fail(p, at, "a range out of order");
    }
    stk_buf_byte(p->out, '-');
    put_code(p, high);
    return true;
}

/* Behind the [. */
static bool class(struct parser *p)
{
    size_t at = p->pos - 1;
    bool negated = take(p, "^");
    p->repeatable = true;
    if (take(p, "]")) {
        stk_buf_str(p->out, negated ? "[\\x{0}-\\x{10ffff}]" : "(?:(?!))");
        return true;
    }
    p->single = true;
    stk_buf_str(p->out, negated ? "[^" : "[");
    while (!at_end(p) && peek(p) != ']') {
        if (!class_member(p)) {
            return false;
        }
    }
    stk_buf_byte(p->out, ']');
    return take(p, "]") || fail(p, at, "a class without its ]");
}

/* ---- groups and quantifiers ---- */

static bool name_is_taken(const struct parser *p, struct stk_span name)
{
    for (size_t i = 0; i < p->n_names; i++) {
        if (p->names[i].text.data < name.data && same_name(p->names[i].text, name)) {
            return true;
        }
    }
    return false;
}

static bool named_group(struct parser *p)
{
    size_t at = p->pos;
    struct stk_span name;
    if (!read_name(p, &name)) {
        return false;
    }
    if (name_is_taken(p, name)) {
        return fail(p, at, "two groups of the same name");
    }
    stk_buf_byte(p->out, '(');
    return true;
}

/* Behind the (. */
static bool group(struct parser *p)
{
    static const char *const lookarounds[] = {"?=", "?!", "?<=", "?<!"};
    size_t at = p->pos - 1;
    const char *look = NULL;
    if (p->depth == STK_REGEX_DEPTH_MAX) {
        return fail_as(p, STK_E_UNSUPPORTED, at, "groups nested deeper than 200");
    }
    for (size_t i = 0; look == NULL && i < 4; i++) {
        look = take(p, lookarounds[i]) ? lookarounds[i] : NULL;
    }
    if (look != NULL) {
        stk_buf_byte(p->out, '(');
        stk_buf_str(p->out, look);
    } else if (take(p, "?:")) {
        stk_buf_str(p->out, "(?:");
    } else if (take(p, "?<")) {
        if (!named_group(p)) {
            return false;
        }
    } else if (peek(p) == '?') {
        return fail(p, at, "not a group of ECMA-262");
    } else {
        stk_buf_byte(p->out, '(');
    }
    p->lookaround[p->depth] = look != NULL;
    p->looking += look != NULL;
    p->opened[p->depth++] = at;
    p->repeatable = false;
    return true;
}

static bool close_group(struct parser *p)
{
    if (p->depth == 0) {
        return fail(p, p->pos - 1, "a ) without its (");
    }
    stk_buf_byte(p->out, ')');
    bool look = p->lookaround[--p->depth];
    p->looking -= look;
    p->repeatable = !look;
    return true;
}

static void put_plain(struct parser *p, uint32_t least)
{
    if (least < 2) {
        stk_buf_byte(p->out, least == 0 ? '*' : '+');
    } else {
        stk_buf_printf(p->out, "{%u,}", (unsigned)least);
    }
}

/* What was just read, `least` times or more. PCRE2's automaton counts how often a
 * character was repeated in x+ and x{n,}, each count a state, but not in x*. */
static void put_unbounded(struct parser *p, uint32_t least)
{
    size_t len = p->out->len - p->atom;
    if (!p->single || least == 0) {
        put_plain(p, least);
        return;
    }
    if (least > 1) {
        stk_buf_printf(p->out, "{%u}", (unsigned)least);
    }
    uint8_t *again = stk_buf_room(p->out, len);
    if (again != NULL) {
        stk_copy(again, p->out->data + p->atom, len);
        p->out->len += len;
    }
    stk_buf_byte(p->out, '*');
}

static void note_loop(struct parser *p)
{
    p->traits.loops = true;
    p->traits.looks_far |= p->looking > 0;
}

/* {n}, {n,} or {n,m}, of which the { was read. */
static bool braces(struct parser *p)
{
    size_t at = p->pos - 1;
    uint32_t least = 0;
    uint32_t most = 0;
    bool good = read_number(p, &least);
    bool comma = take(p, ",");
    bool bounded = read_number(p, &most) || !comma;
    if (!good || !take(p, "}")) {
        return fail(p, at, "a { that is not a quantifier");
    }
    if (comma && bounded && most < least) {
        return fail(p, at, "a quantifier whose numbers are out of order");
    }
    if (least > STK_REGEX_REPEAT_MAX || most > STK_REGEX_REPEAT_MAX) {
        return fail_as(p, STK_E_UNSUPPORTED, at, "a quantifier above 65535");
    }
    if (!bounded || least > BOUND_SMALL || most > BOUND_SMALL) {
        note_loop(p);
    }
    if (!comma) {
        stk_buf_printf(p->out, "{%u}", (unsigned)least);
    } else if (!bounded) {
        put_unbounded(p, least);
    } else {
        stk_buf_printf(p->out, "{%u,%u}", (unsigned)least, (unsigned)most);
    }
    return true;
}

static bool quantifier(struct parser *p, uint8_t c)
{
    if (!p->repeatable) {
        return fail(p, p->pos - 1, "nothing to repeat");
    }
    if (c == '{') {
        if (!braces(p)) {
            return false;
        }
    } else if (c == '?') {
        stk_buf_byte(p->out, '?');
    } else {
        note_loop(p);
        put_unbounded(p, c == '+' ? 1 : 0);
    }
    if (take(p, "?")) {
        stk_buf_byte(p->out, '?');
    }
    p->repeatable = false;
    return true;
}

/* ---- the whole ---- */

static bool term(struct parser *p)
{
    size_t at = p->pos;
    uint32_t c = stk_char_next(p->text, &p->pos);
    if (c == '*' || c == '+' || c == '?' || c == '{') {
        return quantifier(p, (uint8_t)c);
    }
    p->atom = p->out->len;
    p->single = false;
    switch (c) {
    case '^':
    case '$':
    case '|':
        stk_buf_byte(p->out, (uint8_t)c);
        p->repeatable = false;
        return true;
    case '.':
        stk_buf_str(p->out, "[^\\x{a}\\x{d}\\x{2028}\\x{2029}]");
        p->repeatable = true;
        p->single = true;
        return true;
    case '\\':
        return atom_escape(p);
    case '[':
        return class(p);
    case '(':
        return group(p);
    case ')':
        return close_group(p);
    case ']':
    case '}':
        return fail(p, at, "a bracket that needs a backslash");
    default:
        put_code(p, c);
        p->repeatable = true;
        p->single = true;
        return true;
    }
}

static bool whole(struct parser *p)
{
    if (p->text.len > STK_REGEX_PATTERN_MAX) {
        return fail_as(p, STK_E_UNSUPPORTED, STK_REGEX_PATTERN_MAX,
                       "a pattern longer than 65536 bytes");
    }
    size_t valid = stk_utf8_valid(p->text, true);
    if (valid != p->text.len) {
        return fail(p, valid, "not UTF-8");
    }
    if (!count_groups(p)) {
        return false;
    }
    while (!at_end(p) && p->out->len <= p->stop_at) {
        if (!term(p)) {
            return false;
        }
    }
    if (p->out->status != STK_OK) {
        return p->out->status == STK_E_LIMIT
                   ? fail_as(p, STK_E_UNSUPPORTED, p->pos,
                             "a pattern that grows too large")
                   : fail_as(p, p->out->status, p->pos, "out of memory");
    }
    return p->depth == 0 || p->out->len > p->stop_at ||
           fail(p, p->opened[p->depth - 1], "a ( without its )");
}

static void release(struct parser *p)
{
    stk_free(p->out->alloc, p->names, p->cap_names * sizeof(p->names[0]));
}

enum stk_status stk_regex_ecma(struct stk_buf *out, struct stk_span pattern,
                               struct stk_regex_traits *ret_traits,
                               struct stk_regex_error *ret_error)
{
    struct parser p = {
        .out = out, .text = pattern, .stop_at = SIZE_MAX, .error = ret_error};
    if (whole(&p)) {
        *ret_traits = p.traits;
    }
    release(&p);
    return p.status;
}

size_t stk_regex_ecma_origin(const struct stk_alloc *alloc, struct stk_span pattern,
                             size_t at)
{
    struct stk_buf out;
    struct stk_regex_error error;
    size_t origin = 0;
    stk_buf_init(&out, alloc, STK_REGEX_OUTPUT_MAX);
    struct parser p = {.out = &out, .text = pattern, .stop_at = at, .error = &error};
    if (count_groups(&p)) {
        while (!at_end(&p) && out.len <= at && out.status == STK_OK) {
            origin = p.pos;
            if (!term(&p)) {
                break;
            }
        }
    }
    release(&p);
    stk_buf_release(&out);
    return origin;
}
