/* SPDX-License-Identifier: Apache-2.0
 *
 * Any graph of values as JSON that other tools can read: no tags, no references. It
 * cannot be read back, and says what was lost, how often, and where first.
 * docs/design/json.md has the table. Depends on base and value.
 */
#pragma once

#include "base/arena.h"
#include "value/object.h"
#include "wire/json_write.h"

enum stk_json_loss {
    STK_JSON_LOSS_TUPLE,
    STK_JSON_LOSS_SET,
    STK_JSON_LOSS_BYTES,
    STK_JSON_LOSS_NUMBER,
    STK_JSON_LOSS_INTEGER,
    STK_JSON_LOSS_SURROGATE,
    STK_JSON_LOSS_KEY, /* the place is its dict's, as for what a key loses */
    STK_JSON_LOSS_GLOBAL,
    STK_JSON_LOSS_CLASS,
    STK_JSON_LOSS_ARGUMENTS,
    STK_JSON_LOSS_ENUM,
    STK_JSON_LOSS_ARRAY,
    STK_JSON_LOSS_ITEMS,
    STK_JSON_LOSS_ABSENT,
    STK_JSON_LOSS_PERSISTENT,
    STK_JSON_LOSS_BUFFER,
    STK_JSON_LOSS_SHARED,
    STK_JSON_LOSSES,
};

/* "tuple written as array": as messages call it. */
const char *stk_json_loss_text(enum stk_json_loss loss);

/* Bytes of a place; a longer one ends in "…". */
#define STK_JSON_PLACE_MAX 1000

struct stk_json_lost {
    struct {
        uint64_t count;
        const char *first; /* where, as "$.a[0]", UTF-8; in the arena, NULL of count 0 */
    } list[STK_JSON_LOSSES];
};

struct stk_json_plain_options {
    struct stk_json_write_options write; /* depth counts objects and enum members too */
    uint64_t items_max;  /* of a tensor or array that is written as lists, not base64 */
    uint64_t copied_max; /* bytes of text for what was written before */
};

#define STK_JSON_ITEMS_MAX 1024
#define STK_JSON_COPIED_MAX (UINT64_C(1) << 26)

#define STK_JSON_PLAIN_OPTIONS_DEFAULT                                                   \
    {                                                                                    \
        .write = STK_JSON_WRITE_OPTIONS_DEFAULT, .items_max = STK_JSON_ITEMS_MAX,        \
        .copied_max = STK_JSON_COPIED_MAX                                                \
    }

/* Appends the value to out; on failure out has what it had. *ret_lost is written on
 * success, its texts lie in arena. STK_E_UNSUPPORTED with *ret_error (an offset of the
 * value's own message): a value that holds itself, a call that was refused, two keys of a
 * dict that are one name in JSON, an array that does not fit its bytes. STK_E_LIMIT the
 * same: depth, copies, out's maximum. STK_E_NOMEM: memory, or the arena's cap. Does not
 * recurse but for keys in keys, of which there are few. */
STK_MUST_USE enum stk_status stk_json_write_plain(
    struct stk_buf *out, struct stk_arena *arena, struct stk_value value,
    const struct stk_json_plain_options *options, struct stk_json_lost *ret_lost,
    struct stk_json_error *ret_error);
