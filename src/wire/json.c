/* SPDX-License-Identifier: Apache-2.0
 *
 * One stack of values. An open array or object is on it as a value of its kind whose
 * integer says where the one around it is; its items, or its keys and values in turn, lie
 * above, in the form in which the arena gets them when it is closed.
 */
#include "wire/json.h"

#include <string.h>

#include "wire/json_state.h"

/* What an arena may need for len bytes: its chunk's head, and alignment. */
#define ARENA_EXTRA 64

enum stk_status stk_json_no_memory(struct stk_json *j, const uint8_t *p, size_t len)
{
    size_t left = j->arena->cap - j->arena->taken;
    if (len > left || left - len < ARENA_EXTRA) {
        return stk_json_fail(j, STK_E_LIMIT, p, "the values take too much memory");
    }
    return STK_E_NOMEM;
}

static inline void skip_space(struct stk_json *j)
{
    while (j->at < j->end &&
           (*j->at == ' ' || *j->at == '\n' || *j->at == '\r' || *j->at == '\t')) {
        j->at++;
    }
}

static enum stk_status grow(struct stk_json *j)
{
    void *array = j->stack;
    size_t max = j->arena->cap / sizeof j->stack[0];
    enum stk_status status =
        stk_grow(j->arena->alloc, &array, &j->cap, sizeof j->stack[0], j->n + 1, max);
    if (status == STK_E_LIMIT) {
        return stk_json_fail(j, status, j->at, "the values take too much memory");
    }
    j->stack = array;
    return status;
}

static inline enum stk_status push(struct stk_json *j, struct stk_value value)
{
    if (STK_UNLIKELY(j->n == j->cap)) {
        STK_TRY(grow(j));
    }
    j->stack[j->n++] = value;
    return STK_OK;
}

static enum stk_status ends(struct stk_json *j)
{
    return stk_json_fail(j, STK_E_TRUNCATED, j->end,
                         j->open != 0 ? "the text ends inside an array or object"
                                      : "the text has no value");
}

/* The array or object opened last, with its first brace or bracket at `at`. */
static enum stk_status open_group(struct stk_json *j, enum stk_value_kind kind)
{
    if (j->depth >= j->options.depth_max) {
        return stk_json_fail(j, STK_E_LIMIT, j->at,
                             "arrays and objects lie too deep inside each other");
    }
    struct stk_value mark = stk_value_int(stk_json_off(j, j->at), (int64_t)j->open);
    mark.kind = kind & 0xff;
    STK_TRY(push(j, mark));
    j->open = j->n;
    j->depth++;
    j->at++;
    skip_space(j);
    return STK_OK;
}

static enum stk_status make_object(struct stk_json *j, uint64_t off,
                                   const struct stk_value *list, size_t n,
                                   struct stk_value *ret_value)
{
    /* A pair is two values and nothing else. */
    const struct stk_pair *pairs = (const struct stk_pair *)(const void *)list;
    size_t duplicate = n;
    STK_TRY(stk_value_pairs(j->arena, off, pairs, n, ret_value, &duplicate));
    if (duplicate < n && !j->options.take_duplicates) {
        return stk_json_fail(j, STK_E_MALFORMED, j->start + pairs[duplicate].key.off,
                             "a second member of one name");
    }
    return STK_OK;
}

/* Puts what was open in the place of its mark; its closing bracket is at `at`. */
static enum stk_status close_group(struct stk_json *j)
{
    _Static_assert(sizeof(struct stk_pair) == 2 * sizeof(struct stk_value), "no padding");
    struct stk_value mark = j->stack[j->open - 1];
    const struct stk_value *list = j->stack + j->open;
    size_t n = j->n - j->open;
    struct stk_value value;
    enum stk_status status =
        mark.kind == STK_VALUE_LIST
            ? stk_value_items(j->arena, mark.off, STK_VALUE_LIST, list, n, &value)
            : make_object(j, mark.off, list, n / 2, &value);
    if (status == STK_E_NOMEM) {
        return stk_json_no_memory(j, j->at, n * sizeof *list);
    }
    if (status != STK_OK) {
        return status;
    }
    j->stack[j->open - 1] = value;
    j->n = j->open;
    j->open = (size_t)mark.integer;
    j->depth--;
    j->at++;
    return STK_OK;
}

/* A member's name and the colon behind it. */
static enum stk_status read_key(struct stk_json *j)
{
    struct stk_value key;
    if (j->at == j->end) {
        return ends(j);
    }
    if (*j->at != '"') {
        return stk_json_fail(j, STK_E_MALFORMED, j->at, "a member's name is missing");
    }
    STK_TRY(stk_json_string(j, &key));
    STK_TRY(push(j, key));
    skip_space(j);
    if (j->at == j->end) {
        return ends(j);
    }
    if (*j->at != ':') {
        return stk_json_fail(j, STK_E_MALFORMED, j->at,
                             "no colon behind a member's name");
    }
    j->at++;
    return STK_OK;
}

static enum stk_status read_word(struct stk_json *j, const char *word,
                                 struct stk_value value)
{
    for (; *word != '\0'; word++, j->at++) {
        if (j->at == j->end) {
            return stk_json_fail(j, STK_E_TRUNCATED, j->at,
                                 "the text ends inside a word");
        }
        if (*j->at != (uint8_t)*word) {
            return stk_json_fail(j, STK_E_MALFORMED, j->at,
                                 "a word other than true, false and null");
        }
    }
    return push(j, value);
}

static enum stk_status read_string(struct stk_json *j)
{
    struct stk_value value;
    STK_TRY(stk_json_string(j, &value));
    return push(j, value);
}

static enum stk_status read_number(struct stk_json *j)
{
    struct stk_value value;
    STK_TRY(stk_json_read_number(j, &value));
    return push(j, value);
}

static enum stk_status read_array(struct stk_json *j, bool *ret_done)
{
    STK_TRY(open_group(j, STK_VALUE_LIST));
    *ret_done = j->at < j->end && *j->at == ']';
    return *ret_done ? close_group(j) : STK_OK;
}

static enum stk_status read_object(struct stk_json *j, bool *ret_done)
{
    STK_TRY(open_group(j, STK_VALUE_DICT));
    *ret_done = j->at < j->end && *j->at == '}';
    return *ret_done ? close_group(j) : read_key(j);
}

/* What a value begins with. *ret_done: all of it is read; else the next value belongs to
 * it. */
static inline enum stk_status read_value(struct stk_json *j, bool *ret_done)
{
    *ret_done = true;
    skip_space(j);
    if (STK_UNLIKELY(j->at == j->end)) {
        return ends(j);
    }
    uint8_t c = *j->at;
    uint64_t off = stk_json_off(j, j->at);
    if ((c >= '0' && c <= '9') || c == '-') {
        return read_number(j);
    }
    switch (c) {
    case '"':
        return read_string(j);
    case '[':
        return read_array(j, ret_done);
    case '{':
        return read_object(j, ret_done);
    case 't':
        return read_word(j, "true", stk_value_bool(off, true));
    case 'f':
        return read_word(j, "false", stk_value_bool(off, false));
    case 'n':
        return read_word(j, "null", stk_value_none(off));
    default:
        return stk_json_fail(j, STK_E_MALFORMED, j->at, "no value begins like this");
    }
}

/* Behind an item of what is open: *ret_more, another one comes. */
static inline enum stk_status read_separator(struct stk_json *j, bool *ret_more)
{
    bool array = j->stack[j->open - 1].kind == STK_VALUE_LIST;
    *ret_more = false;
    skip_space(j);
    if (STK_UNLIKELY(j->at == j->end)) {
        return ends(j);
    }
    if (STK_LIKELY(*j->at == ',')) {
        *ret_more = true;
        j->at++;
        if (array) {
            return STK_OK;
        }
        skip_space(j);
        return read_key(j);
    }
    if (*j->at == (array ? ']' : '}')) {
        return close_group(j);
    }
    return stk_json_fail(j, STK_E_MALFORMED, j->at,
                         array ? "neither , nor ] behind an item"
                               : "neither , nor } behind a member");
}

static enum stk_status read_text(struct stk_json *j)
{
    bool done = false;
    if (j->end - j->at >= 3 && memcmp(j->at, "\xef\xbb\xbf", 3) == 0) {
        return stk_json_fail(j, STK_E_MALFORMED, j->at, "a byte order mark");
    }
    do {
        bool more = false;
        STK_TRY(read_value(j, &done));
        while (done && !more && j->open != 0) {
            STK_TRY(read_separator(j, &more));
        }
    } while (!done || j->open != 0);
    skip_space(j);
    if (j->at != j->end) {
        return stk_json_fail(j, STK_E_MALFORMED, j->at, "something behind the value");
    }
    return STK_OK;
}

enum stk_status stk_json_decode(struct stk_arena *arena, struct stk_span text,
                                const struct stk_json_options *options,
                                struct stk_value *ret_value,
                                struct stk_json_error *ret_error)
{
    static const uint8_t nothing[1];
    struct stk_json j = {.arena = arena, .options = *options};
    j.start = text.len == 0 ? nothing : text.data;
    j.at = j.start;
    j.end = j.start + text.len;
    enum stk_status status = read_text(&j);
    if (status == STK_OK) {
        *ret_value = j.stack[0];
    } else if (status != STK_E_NOMEM) {
        *ret_error = j.error;
    }
    stk_free(arena->alloc, j.stack, j.cap * sizeof j.stack[0]);
    return status;
}
