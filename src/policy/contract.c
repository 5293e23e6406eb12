/* SPDX-License-Identifier: Apache-2.0 */
#include "policy/contract.h"

#include "base/assert.h"

/* Longest text that a glob, a key or a member's name is compared with. */
#define TEXT_MAX 256

/* Bytes that an escape may take for one byte of text: \U0000000a. */
#define ESCAPED 10

#define BIT(kind) (UINT32_C(1) << (kind))

/* What `any` takes; the generator has the same. */
#define ANY_MASK                                                                         \
    ((BIT(STK_KINDS) - 1) & ~(BIT(STK_OPAQUE) | BIT(STK_PERSISTENT) | BIT(STK_EXTENSION)))

#define DICT_MASK (BIT(STK_DICT) | BIT(STK_DICT_KEPT))

static bool has_kind(stk_slot value, uint32_t mask)
{
    return (mask & BIT(stk_slot_seen_kind(value))) != 0;
}

static enum stk_match match_of(bool matches)
{
    return matches ? STK_MATCH_YES : STK_MATCH_NO;
}

/* The text of a value as far as TEXT_MAX or len; UNKNOWN and NO as the pattern has it. */
static enum stk_match read_text(struct stk_check *check, stk_slot value, uint64_t max,
                                struct stk_span *ret_text)
{
    enum stk_status status =
        check->values->text(check->values->ctx, value, max, ret_text);
    if (status == STK_E_LIMIT) {
        return STK_MATCH_NO;
    }
    if (stk_status_is_environment(status) && check->status == STK_OK) {
        check->status = status;
    }
    return status == STK_OK ? STK_MATCH_YES : STK_MATCH_UNKNOWN;
}

/* ---- globs ---- */

/* Where the set that begins at `at` ends (its closing bracket). */
static size_t set_end(struct stk_span glob, size_t at)
{
    while (at < glob.len && glob.data[at] != ']') {
        at++;
    }
    return at;
}

static bool set_has(struct stk_span glob, size_t at, uint8_t byte)
{
    size_t end = set_end(glob, at);
    size_t i = at + 1;
    bool negated = i < end && glob.data[i] == '!';
    bool found = false;
    for (i += negated ? 1 : 0; i < end; i++) {
        if (i + 2 < end && glob.data[i + 1] == '-') {
            found = found || (byte >= glob.data[i] && byte <= glob.data[i + 2]);
            i += 2;
        } else {
            found = found || byte == glob.data[i];
        }
    }
    return found != negated;
}

/* Positions of the glob that are reached from `at` by a byte, as a bit set. */
static uint64_t glob_step(struct stk_span glob, size_t at, uint8_t byte)
{
    uint64_t here = UINT64_C(1) << at;
    switch (glob.data[at]) {
    case '*':
        return here;
    case '?':
        return here << 1;
    case '#':
        return byte >= '0' && byte <= '9' ? here | (here << 1) : 0;
    case '[':
        return set_has(glob, at, byte) ? UINT64_C(1) << (set_end(glob, at) + 1) : 0;
    default:
        return glob.data[at] == byte ? here << 1 : 0;
    }
}

/* A star may match nothing. */
static uint64_t glob_close(struct stk_span glob, uint64_t states)
{
    for (uint64_t left = states; left != 0; left &= left - 1) {
        size_t i = (size_t)__builtin_ctzll(left);
        for (; i < glob.len && glob.data[i] == '*'; i++) {
            states |= UINT64_C(1) << (i + 1);
        }
    }
    return states;
}

bool stk_glob(struct stk_span glob, struct stk_span text)
{
    if (glob.len > 63) {
        return false;
    }
    uint64_t states = glob_close(glob, 1);
    for (size_t t = 0; t < text.len && states != 0; t++) {
        uint64_t next = 0;
        for (; states != 0; states &= states - 1) {
            size_t i = (size_t)__builtin_ctzll(states);
            next |= i < glob.len ? glob_step(glob, i, text.data[t]) : 0;
        }
        states = glob_close(glob, next);
    }
    return ((states >> glob.len) & 1) != 0;
}

/* ---- patterns of one value ---- */

static enum stk_match check_range(struct stk_check *check, const struct stk_pattern *p,
                                  stk_slot value)
{
    int64_t number = 0;
    if (!has_kind(value, BIT(STK_INT) | BIT(STK_BIGINT))) {
        return STK_MATCH_NO;
    }
    if (!stk_slot_number(value, &number)) {
        return STK_MATCH_UNKNOWN;
    }
    const int64_t *range = check->catalogue->ints + p->at;
    return match_of(number >= range[0] && number <= range[1]);
}

static enum stk_match check_bool(const struct stk_pattern *p, stk_slot value)
{
    int64_t number = 0;
    if (!has_kind(value, BIT(STK_BOOL))) {
        return STK_MATCH_NO;
    }
    if (!stk_slot_number(value, &number)) {
        return STK_MATCH_UNKNOWN;
    }
    return match_of(number == (int64_t)p->at);
}

static enum stk_match check_text(struct stk_check *check, const struct stk_pattern *p,
                                 stk_slot value)
{
    struct stk_span pattern = stk_catalogue_text(check->catalogue, p->at);
    struct stk_span text = {0};
    bool in_bytes = (p->flags & STK_PATTERN_IN_BYTES) != 0;
    if (!has_kind(value, in_bytes ? BIT(STK_BYTES) : BIT(STK_STR))) {
        return STK_MATCH_NO;
    }
    bool glob = p->kind == STK_PATTERN_GLOB;
    enum stk_match read = read_text(
        check, value, glob ? TEXT_MAX : TEXT_MAX + ESCAPED * pattern.len, &text);
    if (read != STK_MATCH_YES) {
        return read;
    }
    return match_of(glob ? stk_glob(pattern, text) : stk_span_equal(pattern, text));
}

/* What a contract leaves open may be kept as a value: a callable whose contract is all
 * that makes it safe may not, since whoever gets it would call it without one. */
static bool is_unheld(const struct stk_check *check, stk_slot value)
{
    if (STK_LIKELY(stk_slot_kind(value) != STK_GLOBAL)) {
        return stk_slot_is_unheld(value);
    }
    uint32_t entry = check->values->entry(check->values->ctx, value);
    return entry != STK_ENTRY_NONE && check->catalogue->entries[entry].unheld != 0;
}

static enum stk_match check_type(const struct stk_check *check,
                                 const struct stk_pattern *p, stk_slot value)
{
    return match_of(has_kind(value, p->at) && !is_unheld(check, value));
}

static enum stk_match check_any(struct stk_check *check, stk_slot value)
{
    bool matches = has_kind(value, ANY_MASK) && !is_unheld(check, value);
    check->tainted =
        check->tainted || has_kind(value, BIT(STK_OPAQUE) | BIT(STK_EXTENSION));
    return match_of(matches);
}

/* ---- patterns of patterns ---- */

static bool use_step(struct stk_check *check)
{
    if (check->steps == 0) {
        check->exhausted = true;
        return false;
    }
    check->steps--;
    return true;
}

static enum stk_match check_pattern(struct stk_check *check, uint32_t pattern,
                                    stk_slot value);

/* Most patterns ask for a type: those need no call. */
static inline enum stk_match check_value(struct stk_check *check, uint32_t pattern,
                                         stk_slot value)
{
    const struct stk_pattern *p = &check->catalogue->patterns[pattern];
    if (!use_step(check)) {
        return STK_MATCH_UNKNOWN;
    }
    enum stk_match match = p->kind == STK_PATTERN_TYPE
                               ? check_type(check, p, value)
                               : check_pattern(check, pattern, value);
    if (match == STK_MATCH_NO && has_kind(value, BIT(STK_OPAQUE) | BIT(STK_EXTENSION))) {
        check->tainted = true;
    }
    return match;
}

/* Remembers that something cannot be known, unless something is known not to match. */
static enum stk_match both(enum stk_match so_far, enum stk_match next)
{
    if (so_far == STK_MATCH_NO || next == STK_MATCH_NO) {
        return STK_MATCH_NO;
    }
    return so_far == STK_MATCH_UNKNOWN ? so_far : next;
}

static uint32_t child(const struct stk_check *check, const struct stk_pattern *p,
                      size_t i)
{
    return check->catalogue->children[p->at + i];
}

/* So many items may there be; those that may be missing are the last ones. */
static bool takes_n(const struct stk_check *check, const struct stk_pattern *p,
                    uint64_t n)
{
    if (n < p->n) {
        return (child(check, p, (size_t)n) & STK_CHILD_OPTIONAL) != 0;
    }
    return n == p->n || (p->flags & STK_PATTERN_OPEN) != 0;
}

static enum stk_match check_items(struct stk_check *check, const struct stk_pattern *p,
                                  const struct stk_arguments *args)
{
    if (args->n == UINT64_MAX) {
        return STK_MATCH_UNKNOWN;
    }
    if (!takes_n(check, p, args->n)) {
        return STK_MATCH_NO;
    }
    if (args->items == NULL) {
        return STK_MATCH_UNKNOWN;
    }
    enum stk_match match = STK_MATCH_YES;
    for (size_t i = 0; i < args->n && match != STK_MATCH_NO; i++) {
        enum stk_match one =
            i < p->n ? check_value(check, child(check, p, i) & ~STK_CHILD_OPTIONAL,
                                   args->items[i])
                     : check_any(check, args->items[i]);
        match = both(match, one);
    }
    return match;
}

/* All items have a kind that a TYPE pattern takes, which is known of long tuples too. An
 * object may be one of which only the type is known. */
static bool is_uniform(const struct stk_check *check, const struct stk_pattern *p,
                       stk_slot tuple)
{
    if (p->kind != STK_PATTERN_TYPE || stk_slot_is_unheld(tuple)) {
        return false;
    }
    enum stk_kind kind = check->values->uniform(check->values->ctx, tuple);
    return kind != STK_KINDS && kind != STK_GLOBAL && (p->at & BIT(kind)) != 0 &&
           (kind != STK_OBJECT || (p->at & ANY_MASK) == ANY_MASK);
}

static enum stk_match check_all_items(struct stk_check *check, uint32_t pattern,
                                      const struct stk_arguments *args)
{
    if (is_uniform(check, &check->catalogue->patterns[pattern], args->tuple)) {
        return STK_MATCH_YES;
    }
    if (args->items == NULL) {
        return args->n == 0 ? STK_MATCH_YES : STK_MATCH_UNKNOWN;
    }
    enum stk_match match = STK_MATCH_YES;
    for (size_t i = 0; i < args->n && match != STK_MATCH_NO; i++) {
        match = both(match, check_value(check, pattern, args->items[i]));
    }
    return match;
}

/* numpy and pandas ask what is in a list for __array__, __len__ and the like. */
static enum stk_match check_list(struct stk_check *check, const struct stk_pattern *p,
                                 stk_slot list)
{
    stk_slot samples[STK_HELD_MAX];
    size_t n = 0;
    if (!has_kind(list, BIT(STK_LIST))) {
        return STK_MATCH_NO;
    }
    if (!check->values->held(check->values->ctx, list, samples, &n)) {
        return STK_MATCH_UNKNOWN;
    }
    enum stk_match match = STK_MATCH_YES;
    for (size_t i = 0; i < n && match != STK_MATCH_NO; i++) {
        match = both(match, check_value(check, p->at, samples[i]));
    }
    return match;
}

/* Names that look up nothing else than what a library of this catalogue keeps there. */
static bool is_harmless_dunder(struct stk_span text)
{
    return stk_span_is(text, "__notes__") || stk_span_is(text, "__networkx_cache__");
}

static bool is_dunder(struct stk_span text)
{
    return text.len >= 4 && stk_span_starts(text, "__", 2) &&
           text.data[text.len - 1] == '_' && text.data[text.len - 2] == '_' &&
           !is_harmless_dunder(text);
}

static bool is_key(const struct stk_check *check, const struct stk_pattern *p, size_t i,
                   struct stk_span text)
{
    uint32_t key = child(check, p, 2 * i) & ~STK_CHILD_OPTIONAL;
    return stk_span_equal(text, stk_catalogue_text(check->catalogue, key));
}

/* Behind the last key that was seen: most dicts have their keys in the contract's order.
 */
static size_t likely_key(const uint64_t seen[STK_KEYS_MAX / 64])
{
    size_t word = STK_KEYS_MAX / 64;
    while (word > 0 && seen[word - 1] == 0) {
        word--;
    }
    return word == 0 ? 0 : word * 64 - (size_t)__builtin_clzll(seen[word - 1]);
}

/* Which key of the pattern a text is; p->n: none. */
static size_t find_key(const struct stk_check *check, const struct stk_pattern *p,
                       struct stk_span text, size_t likely)
{
    if (likely < p->n && is_key(check, p, likely, text)) {
        return likely;
    }
    size_t i = 0;
    while (i < p->n && !is_key(check, p, i, text)) {
        i++;
    }
    return i;
}

/* One key of a dict and its value. */
enum stk_match stk_contract_pair(struct stk_check *check, const struct stk_pattern *p,
                                 stk_slot key, stk_slot value,
                                 uint64_t seen[STK_KEYS_MAX / 64])
{
    struct stk_span text = {0};
    size_t which = p->n;
    bool is_text = has_kind(key, BIT(STK_STR));
    if (is_text) {
        enum stk_match read = read_text(check, key, TEXT_MAX, &text);
        if (read == STK_MATCH_UNKNOWN) {
            return read;
        }
        which = read == STK_MATCH_YES ? find_key(check, p, text, likely_key(seen)) : p->n;
    }
    if (which < p->n) {
        seen[which / 64] |= UINT64_C(1) << (which % 64);
        return check_value(check, child(check, p, 2 * which + 1), value);
    }
    if (is_text && is_dunder(text)) {
        return STK_MATCH_NO;
    }
    if ((p->flags & STK_PATTERN_REST) != 0 && is_text) {
        return check_value(check, child(check, p, 2 * (size_t)p->n), value);
    }
    if ((p->flags & STK_PATTERN_OPEN) != 0) {
        return both(check_any(check, key), check_any(check, value));
    }
    return STK_MATCH_NO;
}

static bool all_seen(const struct stk_check *check, const struct stk_pattern *p,
                     const uint64_t seen[STK_KEYS_MAX / 64])
{
    for (size_t i = 0; i < p->n; i++) {
        bool optional = (child(check, p, 2 * i) & STK_CHILD_OPTIONAL) != 0;
        if (!optional && ((seen[i / 64] >> (i % 64)) & 1) == 0) {
            return false;
        }
    }
    return true;
}

static enum stk_match check_dict(struct stk_check *check, const struct stk_pattern *p,
                                 stk_slot dict)
{
    uint64_t n = 0;
    uint64_t seen[STK_KEYS_MAX / 64] = {0};
    if (!has_kind(dict, DICT_MASK)) {
        return STK_MATCH_NO;
    }
    const stk_slot *pairs = check->values->pairs(check->values->ctx, dict, &n);
    if (pairs == NULL) {
        return STK_MATCH_UNKNOWN;
    }
    enum stk_match match = STK_MATCH_YES;
    for (size_t i = 0; i < n && match != STK_MATCH_NO; i++) {
        match = both(match,
                     stk_contract_pair(check, p, pairs[2 * i], pairs[2 * i + 1], seen));
    }
    /* A key whose text is not known may be the one that is missing. */
    return match == STK_MATCH_YES ? match_of(all_seen(check, p, seen)) : match;
}

/* The name of an attribute: plain text, since a str of a subclass would be found as well,
 * and no dunder. An instance's own __setstate__ would be called by the next BUILD,
 * __array_interface__ says where numpy finds an array's bytes, and setattr takes
 * __class__. */
enum stk_match stk_contract_attribute(struct stk_check *check, stk_slot key,
                                      stk_slot value)
{
    struct stk_span text = {0};
    if (!has_kind(key, BIT(STK_STR)) || is_unheld(check, value)) {
        return STK_MATCH_NO;
    }
    enum stk_match read = read_text(check, key, TEXT_MAX, &text);
    return read == STK_MATCH_YES ? match_of(!is_dunder(text)) : read;
}

static enum stk_match check_attributes(struct stk_check *check, stk_slot dict)
{
    uint64_t n = 0;
    if (!has_kind(dict, DICT_MASK)) {
        return STK_MATCH_NO;
    }
    const stk_slot *pairs = check->values->pairs(check->values->ctx, dict, &n);
    if (pairs == NULL) {
        return STK_MATCH_UNKNOWN;
    }
    enum stk_match match = STK_MATCH_YES;
    for (size_t i = 0; i < n && match != STK_MATCH_NO; i++) {
        match =
            both(match, stk_contract_attribute(check, pairs[2 * i], pairs[2 * i + 1]));
    }
    return match;
}

static enum stk_match check_slots(struct stk_check *check, stk_slot value)
{
    if (!has_kind(value, BIT(STK_TUPLE))) {
        return STK_MATCH_NO;
    }
    struct stk_arguments args = stk_arguments_of(check->values, value);
    if (args.n != 2 && args.n != UINT64_MAX) {
        return STK_MATCH_NO;
    }
    if (args.items == NULL) {
        return STK_MATCH_UNKNOWN;
    }
    return both(has_kind(args.items[0], BIT(STK_NONE))
                    ? STK_MATCH_YES
                    : check_attributes(check, args.items[0]),
                check_attributes(check, args.items[1]));
}

/* A list of entries in order has this one. */
static bool has_entry(const struct stk_check *check, const struct stk_pattern *p,
                      uint32_t entry)
{
    size_t low = 0;
    size_t high = p->n;
    while (low < high) {
        size_t mid = low + (high - low) / 2;
        uint32_t here = child(check, p, mid);
        if (here == entry) {
            return true;
        }
        low = here < entry ? mid + 1 : low;
        high = here < entry ? high : mid;
    }
    return false;
}

static enum stk_match check_global(struct stk_check *check, const struct stk_pattern *p,
                                   stk_slot value)
{
    if (!has_kind(value, BIT(STK_GLOBAL))) {
        return STK_MATCH_NO;
    }
    uint32_t entry = check->values->entry(check->values->ctx, value);
    if (entry == STK_ENTRY_NONE) {
        check->tainted = true;
        return STK_MATCH_NO;
    }
    if (p->kind == STK_PATTERN_KINDS) {
        return match_of((p->at & BIT(check->catalogue->entries[entry].kind)) != 0);
    }
    return match_of(has_entry(check, p, entry));
}

static enum stk_match check_object(struct stk_check *check, const struct stk_pattern *p,
                                   stk_slot value)
{
    return match_of(has_kind(value, BIT(STK_OBJECT)) &&
                    (p->tag == 0 || p->tag == stk_slot_tag(value)) &&
                    has_entry(check, p, stk_slot_class(value)));
}

static enum stk_match check_stream(struct stk_check *check, stk_slot value)
{
    /* A bytearray may have been changed since it was made. */
    if (!has_kind(value, BIT(STK_BYTES))) {
        return has_kind(value, BIT(STK_BYTEARRAY) | BIT(STK_BUFFER)) ? STK_MATCH_UNKNOWN
                                                                     : STK_MATCH_NO;
    }
    if (check->n_streams == STK_STREAMS_MAX) {
        check->exhausted = true;
        return STK_MATCH_UNKNOWN;
    }
    check->streams[check->n_streams++] = value;
    return STK_MATCH_YES;
}

typedef enum stk_match (*option_check)(struct stk_check *check, uint32_t pattern,
                                       const void *what);

/* The first option that matches; else unknown if one of them is. */
static enum stk_match check_either(struct stk_check *check, const struct stk_pattern *p,
                                   option_check one, const void *what)
{
    enum stk_match match = STK_MATCH_NO;
    size_t n_streams = check->n_streams;
    for (size_t i = 0; i < p->n; i++) {
        enum stk_match option = one(check, child(check, p, i), what);
        if (option == STK_MATCH_YES) {
            return option;
        }
        check->n_streams = n_streams;
        match = option == STK_MATCH_UNKNOWN ? option : match;
    }
    return match;
}

static enum stk_match option_value(struct stk_check *check, uint32_t pattern,
                                   const void *what)
{
    return check_value(check, pattern, *(const stk_slot *)what);
}

static enum stk_match option_arguments(struct stk_check *check, uint32_t pattern,
                                       const void *what)
{
    return stk_contract_arguments(check, pattern, what);
}

static enum stk_match check_tuple(struct stk_check *check, uint32_t pattern,
                                  stk_slot value)
{
    if (!has_kind(value, BIT(STK_TUPLE))) {
        return STK_MATCH_NO;
    }
    struct stk_arguments args = stk_arguments_of(check->values, value);
    return stk_contract_arguments(check, pattern, &args);
}

static enum stk_match check_pattern(struct stk_check *check, uint32_t pattern,
                                    stk_slot value)
{
    const struct stk_pattern *p = &check->catalogue->patterns[pattern];
    switch ((enum stk_pattern_kind)p->kind) {
    case STK_PATTERN_TYPE:
        return check_type(check, p, value);
    case STK_PATTERN_BOOL:
        return check_bool(p, value);
    case STK_PATTERN_RANGE:
        return check_range(check, p, value);
    case STK_PATTERN_TEXT:
    case STK_PATTERN_GLOB:
        return check_text(check, p, value);
    case STK_PATTERN_TUPLE:
    case STK_PATTERN_TUPLE_OF:
        return check_tuple(check, pattern, value);
    case STK_PATTERN_LIST_OF:
        return check_list(check, p, value);
    case STK_PATTERN_DICT:
        return check_dict(check, p, value);
    case STK_PATTERN_ATTRS:
        return check_attributes(check, value);
    case STK_PATTERN_SLOTS:
        return check_slots(check, value);
    case STK_PATTERN_KINDS:
    case STK_PATTERN_GLOBAL:
        return check_global(check, p, value);
    case STK_PATTERN_OBJECT:
        return check_object(check, p, value);
    case STK_PATTERN_STREAM:
        return check_stream(check, value);
    case STK_PATTERN_EITHER:
        return check_either(check, p, option_value, &value);
    }
    return STK_MATCH_NO;
}

enum stk_match stk_contract_value(struct stk_check *check, uint32_t pattern,
                                  stk_slot value)
{
    return check_value(check, pattern, value);
}

/* Arguments of which nothing is said are kept, an exception's for one. */
static bool any_argument_unheld(const struct stk_check *check,
                                const struct stk_arguments *args)
{
    if (stk_slot_kind(args->tuple) == STK_TUPLE) {
        return stk_slot_is_unheld(args->tuple);
    }
    for (size_t i = 0; i < args->n; i++) {
        if (is_unheld(check, args->items[i])) {
            return true;
        }
    }
    return false;
}

enum stk_match stk_contract_arguments(struct stk_check *check, uint32_t pattern,
                                      const struct stk_arguments *args)
{
    const struct stk_pattern *p = &check->catalogue->patterns[pattern];
    if (!use_step(check)) {
        return STK_MATCH_UNKNOWN;
    }
    if (p->kind == STK_PATTERN_TUPLE) {
        return check_items(check, p, args);
    }
    if (p->kind == STK_PATTERN_TUPLE_OF) {
        return check_all_items(check, p->at, args);
    }
    if (p->kind == STK_PATTERN_EITHER) {
        return check_either(check, p, option_arguments, args);
    }
    bool takes = p->kind == STK_PATTERN_TYPE && (p->at & BIT(STK_TUPLE)) != 0;
    return match_of(takes && !any_argument_unheld(check, args));
}

bool stk_contract_requires(const struct stk_check *check, uint32_t pattern)
{
    static const uint64_t none[STK_KEYS_MAX / 64];
    return !all_seen(check, &check->catalogue->patterns[pattern], none);
}

/* ---- members and keys ---- */

/* A name that a class statement gives a member, and no dunder name. */
static bool is_member_name(struct stk_span text)
{
    for (size_t i = 0; i < text.len; i++) {
        uint8_t c = text.data[i];
        bool letter = (c | 0x20) >= 'a' && (c | 0x20) <= 'z';
        if (!letter && c != '_' && (i == 0 || c < '0' || c > '9')) {
            return false;
        }
    }
    return text.len > 0 && text.data[0] != '_';
}

const struct stk_member *stk_contract_member(struct stk_check *check, uint32_t entry,
                                             stk_slot name, enum stk_match *ret_match)
{
    const struct stk_entry *e = &check->catalogue->entries[entry];
    struct stk_span text = {0};
    *ret_match = STK_MATCH_NO;
    if (!has_kind(name, BIT(STK_STR))) {
        return NULL;
    }
    *ret_match = read_text(check, name, TEXT_MAX, &text);
    if (*ret_match != STK_MATCH_YES) {
        return NULL;
    }
    for (uint32_t i = 0; i < e->n_members; i++) {
        const struct stk_member *m = &check->catalogue->members[e->member + i];
        if (stk_span_equal(stk_catalogue_text(check->catalogue, m->name), text)) {
            return m;
        }
    }
    /* Whether an enum that is granted has the member is the profile's to say. */
    bool granted = entry == check->catalogue->granted_enum && is_member_name(text);
    *ret_match = match_of(granted);
    return NULL;
}

static bool is_member_number(const struct stk_check *check, const struct stk_entry *e,
                             int64_t number)
{
    int64_t bits = 0;
    for (uint32_t i = 0; i < e->n_members; i++) {
        const struct stk_member *m = &check->catalogue->members[e->member + i];
        if (m->kind == STK_MEMBER_INT && m->number == number) {
            return true;
        }
        bits |= m->number;
    }
    return e->kind == STK_ENTRY_FLAG && number >= 0 && (number & ~bits) == 0;
}

static bool is_member_text(const struct stk_check *check, const struct stk_entry *e,
                           struct stk_span text)
{
    for (uint32_t i = 0; i < e->n_members; i++) {
        const struct stk_member *m = &check->catalogue->members[e->member + i];
        if (m->kind == STK_MEMBER_TEXT &&
            stk_span_equal(stk_catalogue_text(check->catalogue, m->text), text)) {
            return true;
        }
    }
    return false;
}

static bool has_none_member(const struct stk_check *check, const struct stk_entry *e)
{
    for (uint32_t i = 0; i < e->n_members; i++) {
        if (check->catalogue->members[e->member + i].kind == STK_MEMBER_NONE) {
            return true;
        }
    }
    return false;
}

enum stk_match stk_contract_member_value(struct stk_check *check, uint32_t entry,
                                         stk_slot value)
{
    const struct stk_entry *e = &check->catalogue->entries[entry];
    struct stk_span text = {0};
    int64_t number = 0;
    if (entry == check->catalogue->granted_enum) {
        return match_of(has_kind(value, BIT(STK_NONE) | BIT(STK_INT) | BIT(STK_STR)));
    }
    if (has_kind(value, BIT(STK_NONE))) {
        return match_of(has_none_member(check, e));
    }
    if (has_kind(value, BIT(STK_INT) | BIT(STK_BIGINT))) {
        bool known = stk_slot_number(value, &number);
        return known ? match_of(is_member_number(check, e, number)) : STK_MATCH_UNKNOWN;
    }
    if (has_kind(value, BIT(STK_STR))) {
        enum stk_match read = read_text(check, value, TEXT_MAX, &text);
        return read == STK_MATCH_YES ? match_of(is_member_text(check, e, text)) : read;
    }
    return STK_MATCH_NO;
}

bool stk_contract_key(struct stk_check *check, stk_slot dict, struct stk_span key,
                      stk_slot *ret_item)
{
    uint64_t n = 0;
    bool found = false;
    const stk_slot *pairs = check->values->pairs(check->values->ctx, dict, &n);
    if (pairs == NULL) {
        return false;
    }
    for (size_t i = 0; i < n; i++) {
        stk_slot name = pairs[2 * i];
        struct stk_span text = {0};
        if (!has_kind(name, BIT(STK_STR))) {
            continue;
        }
        enum stk_match read = read_text(check, name, TEXT_MAX, &text);
        if (read == STK_MATCH_UNKNOWN) {
            return false;
        }
        /* The last one given is the one that the dict has. */
        if (read == STK_MATCH_YES && stk_span_equal(text, key)) {
            *ret_item = pairs[2 * i + 1];
            found = true;
        }
    }
    return found;
}
