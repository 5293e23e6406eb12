/* SPDX-License-Identifier: Apache-2.0 */
#include "profile/format_idna.h"

#include "profile/text.h"

/* ---- what each code point may do ---- */

enum {
    BIDI_L = 1u << 0,
    BIDI_R = 1u << 1,
    BIDI_AL = 1u << 2,
    BIDI_AN = 1u << 3,
    BIDI_EN = 1u << 4,
    BIDI_NSM = 1u << 5,
    BIDI_NEUTRAL = 1u << 6, /* ES, CS, ET, ON, BN */
    JOIN_L = 1u << 7,       /* with the next; dual joining is both */
    JOIN_R = 1u << 8,       /* with the one before */
    JOIN_T = 1u << 9,       /* transparent */
    MARK = 1u << 10,
    VIRAMA = 1u << 11,
    GREEK = 1u << 12,
    HEBREW = 1u << 13,
    CJK = 1u << 14, /* Hiragana, Katakana, Han */
};

struct range {
    uint32_t first;
    uint32_t last;
    uint32_t props;
};

/* PVALID, CONTEXTJ and CONTEXTO of RFC 5892. */
#define RANGE(first, last, props) {first, last, props},
static const struct range ranges[] = {
#include "profile/format_idna.def"
};
#undef RANGE

/* 0 where no label may have it. */
static uint32_t props_of(uint32_t code)
{
    size_t low = 0;
    size_t high = sizeof(ranges) / sizeof(ranges[0]);
    while (low < high) {
        size_t mid = low + (high - low) / 2;
        if (code > ranges[mid].last) {
            low = mid + 1;
        } else {
            high = mid;
        }
    }
    bool found = low < sizeof(ranges) / sizeof(ranges[0]) && code >= ranges[low].first;
    return found ? ranges[low].props : 0;
}

/* ---- Punycode, RFC 3492 ---- */

enum { BASE = 36, T_MIN = 1, T_MAX = 26, SKEW = 38, DAMP = 700 };

static uint32_t adapt(uint32_t delta, uint32_t n, bool first)
{
    uint32_t k = 0;
    delta = first ? delta / DAMP : delta / 2;
    delta += delta / n;
    while (delta > (BASE - T_MIN) * T_MAX / 2) {
        delta /= BASE - T_MIN;
        k += BASE;
    }
    return k + (BASE - T_MIN + 1) * delta / (delta + SKEW);
}

static uint32_t threshold(uint32_t k, uint32_t bias)
{
    if (k <= bias) {
        return T_MIN;
    }
    return k - bias > T_MAX ? T_MAX : k - bias;
}

static uint32_t digit_value(uint8_t c)
{
    if (stk_char_is_digit(c)) {
        return c - '0' + 26u;
    }
    return stk_char_is_letter(c) ? (c | 0x20u) - 'a' : BASE;
}

/* One number of variable length; false where it ends early or does not fit. */
static bool read_delta(struct stk_span text, size_t *pos, uint32_t bias, uint32_t *ret)
{
    uint32_t value = 0;
    uint32_t weight = 1;
    for (uint32_t k = BASE;; k += BASE) {
        uint32_t digit = *pos < text.len ? digit_value(text.data[(*pos)++]) : BASE;
        uint32_t add = 0;
        uint32_t t = threshold(k, bias);
        if (digit >= BASE || __builtin_mul_overflow(digit, weight, &add) ||
            __builtin_add_overflow(value, add, &value)) {
            return false;
        }
        if (digit < t) {
            *ret = value;
            return true;
        }
        if (__builtin_mul_overflow(weight, BASE - t, &weight)) {
            return false;
        }
    }
}

static void insert(struct stk_label *label, size_t at, uint32_t code)
{
    for (size_t i = label->n; i > at; i--) {
        label->codes[i] = label->codes[i - 1];
    }
    label->codes[at] = code;
    label->n++;
}

/* The code points behind the last dash, inserted one by one. */
static bool insert_all(struct stk_span text, size_t pos, struct stk_label *label)
{
    uint32_t code = 0x80;
    uint32_t bias = 72;
    uint32_t at = 0;
    bool first = true;
    while (pos < text.len) {
        uint32_t delta = 0;
        uint32_t sum = 0;
        uint32_t n = (uint32_t)label->n + 1;
        if (n > STK_LABEL_MAX || !read_delta(text, &pos, bias, &delta) ||
            __builtin_add_overflow(at, delta, &sum) || sum / n > 0x10ffff - code) {
            return false;
        }
        bias = adapt(delta, n, first);
        first = false;
        code += sum / n;
        at = sum % n;
        insert(label, at++, code);
    }
    return !first;
}

/* No two texts give one label, since a number has one form. So what was decoded need not
 * be encoded again, as RFC 5891, 5.4, asks. */
bool stk_label_decode(struct stk_span text, struct stk_label *ret_label)
{
    size_t dash = stk_span_find_last(text, "-", 1);
    size_t basic = dash == SIZE_MAX ? 0 : dash;
    struct stk_label label = {.n = 0};
    if (dash == 0 || basic > STK_LABEL_MAX) {
        return false;
    }
    for (size_t i = 0; i < basic; i++) {
        uint8_t c = text.data[i];
        label.codes[label.n++] = c >= 'A' && c <= 'Z' ? c | 0x20u : c;
    }
    if (!insert_all(text, dash == SIZE_MAX ? 0 : dash + 1, &label)) {
        return false;
    }
    *ret_label = label;
    return true;
}

static size_t delta_len(uint32_t value, uint32_t bias)
{
    size_t n = 1;
    for (uint32_t k = BASE;; k += BASE) {
        uint32_t t = threshold(k, bias);
        if (value < t) {
            return n;
        }
        value = (value - t) / (BASE - t);
        n++;
    }
}

static uint32_t next_code(const struct stk_label *label, uint32_t least)
{
    uint32_t next = UINT32_MAX;
    for (size_t i = 0; i < label->n; i++) {
        if (label->codes[i] >= least && label->codes[i] < next) {
            next = label->codes[i];
        }
    }
    return next;
}

/* A label of 63 code points at most: no delta passes 64 * 0x110000. */
size_t stk_label_encoded_len(const struct stk_label *label)
{
    uint32_t done = 0;
    uint32_t code = 0x80;
    uint32_t bias = 72;
    uint32_t delta = 0;
    for (size_t i = 0; i < label->n; i++) {
        done += label->codes[i] < 0x80;
    }
    uint32_t basic = done;
    size_t len = sizeof("xn--") - 1 + basic + (basic > 0 ? 1 : 0);
    while (done < label->n) {
        uint32_t next = next_code(label, code);
        delta += (next - code) * (done + 1);
        code = next;
        for (size_t i = 0; i < label->n; i++) {
            delta += label->codes[i] < code;
            if (label->codes[i] == code) {
                len += delta_len(delta, bias);
                bias = adapt(delta, done + 1, done == basic);
                delta = 0;
                done++;
            }
        }
        delta++;
        code++;
    }
    return len > STK_LABEL_MAX ? SIZE_MAX : len;
}

/* ---- U-labels ---- */

bool stk_label_read(struct stk_span text, struct stk_label *ret_label)
{
    size_t pos = 0;
    ret_label->n = 0;
    while (pos < text.len) {
        if (ret_label->n == STK_LABEL_MAX) {
            return false;
        }
        ret_label->codes[ret_label->n++] = stk_char_next(text, &pos);
    }
    return true;
}

/* The properties of the code point beside this one, or 0 past the ends. */
static uint32_t props_at(const struct stk_label *label, size_t at)
{
    return at < label->n ? props_of(label->codes[at]) : 0;
}

/* RFC 5892, A.1: behind a virama, or between letters that join in a cursive script. */
static bool non_joiner_ok(const struct stk_label *label, size_t at)
{
    if (at == 0) {
        return false;
    }
    if ((props_at(label, at - 1) & VIRAMA) != 0) {
        return true;
    }
    size_t before = at - 1;
    size_t after = at + 1;
    while (before > 0 && (props_at(label, before) & JOIN_T) != 0) {
        before--;
    }
    while ((props_at(label, after) & JOIN_T) != 0) {
        after++;
    }
    return (props_at(label, before) & JOIN_L) != 0 &&
           (props_at(label, after) & JOIN_R) != 0;
}

static bool has(const struct stk_label *label, uint32_t first, uint32_t last)
{
    for (size_t i = 0; i < label->n; i++) {
        if (label->codes[i] >= first && label->codes[i] <= last) {
            return true;
        }
    }
    return false;
}

static bool has_props(const struct stk_label *label, uint32_t props)
{
    for (size_t i = 0; i < label->n; i++) {
        if ((props_of(label->codes[i]) & props) != 0) {
            return true;
        }
    }
    return false;
}

/* RFC 5892, appendix A. */
static bool context_ok(const struct stk_label *label, size_t at)
{
    uint32_t code = label->codes[at];
    uint32_t before = at > 0 ? label->codes[at - 1] : 0;
    switch (code) {
    case 0x200c: /* A.1, zero width non-joiner */
        return non_joiner_ok(label, at);
    case 0x200d: /* A.2, zero width joiner */
        return (props_of(before) & VIRAMA) != 0;
    case 0xb7: /* A.3, middle dot, in Catalan */
        return before == 'l' && at + 1 < label->n && label->codes[at + 1] == 'l';
    case 0x375: /* A.4, Greek keraia */
        return (props_at(label, at + 1) & GREEK) != 0;
    case 0x5f3: /* A.5, A.6, Hebrew geresh and gershayim */
    case 0x5f4:
        return (props_of(before) & HEBREW) != 0;
    case 0x30fb: /* A.7, Katakana middle dot; it is of no script itself */
        return has_props(label, CJK);
    default:
        break;
    }
    if (code >= 0x660 && code <= 0x669) { /* A.8, Arabic-Indic digits */
        return !has(label, 0x6f0, 0x6f9);
    }
    return true; /* A.9 is A.8 from the other side */
}

/* RFC 5891, 4.2. */
bool stk_label_is_valid(const struct stk_label *label)
{
    const uint32_t *codes = label->codes;
    size_t n = label->n;
    if (n == 0 || codes[0] == '-' || codes[n - 1] == '-' ||
        (n >= 4 && codes[2] == '-' && codes[3] == '-')) {
        return false;
    }
    for (size_t i = 0; i < n; i++) {
        if (props_of(codes[i]) == 0 || !context_ok(label, i)) {
            return false;
        }
    }
    return (props_of(codes[0]) & MARK) == 0;
}

/* ---- RFC 5893 ---- */

bool stk_label_is_rtl(const struct stk_label *label)
{
    return has_props(label, BIDI_R | BIDI_AL | BIDI_AN);
}

/* Section 2, the six conditions. Capitals of a plain label count as its small letters. */
bool stk_label_keeps_bidi_rule(const struct stk_label *label)
{
    const uint32_t both = BIDI_EN | BIDI_NEUTRAL | BIDI_NSM;
    uint32_t seen = 0;
    uint32_t first = 0;
    uint32_t last = 0; /* but for marks */
    for (size_t i = 0; i < label->n; i++) {
        uint32_t code = label->codes[i];
        uint32_t props = props_of(code >= 'A' && code <= 'Z' ? code | 0x20 : code);
        first = i == 0 ? props : first;
        last = (props & BIDI_NSM) == 0 ? props : last;
        seen |= props & (both | BIDI_L | BIDI_R | BIDI_AL | BIDI_AN);
    }
    if ((first & (BIDI_R | BIDI_AL)) != 0) {
        return (seen & BIDI_L) == 0 &&
               (last & (BIDI_R | BIDI_AL | BIDI_EN | BIDI_AN)) != 0 &&
               (seen & (BIDI_EN | BIDI_AN)) != (BIDI_EN | BIDI_AN);
    }
    return (first & BIDI_L) != 0 && (seen & (BIDI_R | BIDI_AL | BIDI_AN)) == 0 &&
           (last & (BIDI_L | BIDI_EN)) != 0;
}
