/* SPDX-License-Identifier: Apache-2.0
 *
 * The JSON decoder's state, shared by its files. `at` is the next byte to read; each
 * reader leaves it behind what it took.
 */
#pragma once

#include "base/assert.h"
#include "wire/json.h"

struct stk_json {
    const uint8_t *at;
    const uint8_t *end;
    const uint8_t *start;
    struct stk_arena *arena;
    struct stk_json_options options;
    struct stk_value *stack; /* owned; see json.c */
    size_t n;
    size_t cap;
    size_t open; /* the innermost open array or object, stack index + 1; 0: none */
    uint32_t depth;
    struct stk_json_error error;
};

static inline uint64_t stk_json_off(const struct stk_json *j, const uint8_t *p)
{
    return (uint64_t)(p - j->start);
}

static inline enum stk_status stk_json_fail(struct stk_json *j, enum stk_status status,
                                            const uint8_t *p, const char *reason)
{
    j->error = (struct stk_json_error){.off = stk_json_off(j, p), .reason = reason};
    return status;
}

/* What to say when the arena did not give len bytes for what is written at p. */
enum stk_status stk_json_no_memory(struct stk_json *j, const uint8_t *p, size_t len);

/* At a digit or a minus. */
STK_MUST_USE enum stk_status stk_json_read_number(struct stk_json *j,
                                                  struct stk_value *ret_value);

/* At a quotation mark. */
STK_MUST_USE enum stk_status stk_json_string(struct stk_json *j,
                                             struct stk_value *ret_value);
