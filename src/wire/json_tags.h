/* SPDX-License-Identifier: Apache-2.0
 *
 * Any graph of values as JSON and back, without loss: what JSON lacks is an object with a
 * member whose name begins with `$`. docs/design/json.md has the table. A node that is
 * met again is an `$id` at first and a `$ref` afterwards, so that sharing and cycles
 * stay; short texts alone are written out each time.
 *
 * A restored graph is as trustworthy as its text: what an object is of, and which member
 * of an enum, are claims until `complete` has looked at the call. Depends on base and
 * value.
 */
#pragma once

#include "value/object.h"
#include "wire/json_write.h"

/* A shared str of more bytes keeps its identity. */
#define STK_JSON_TEXT_SHARED_MIN 128

/* As stk_json_write, for all kinds but REFUSED: STK_E_UNSUPPORTED for one of those, for a
 * name that is no UTF-8 or has surrogates, and for a member of an enum whose value holds
 * others and is not among the arguments. An integer of more than options->digits_max
 * digits is hexadecimal. Depth counts arrays and objects of the text. */
STK_MUST_USE enum stk_status stk_json_write_tagged(
    struct stk_buf *out, struct stk_value value,
    const struct stk_json_write_options *options, struct stk_json_error *ret_error);

/* Says what a call made, once all it was made from is there. object: in the arena, to be
 * given type, array, member, by_name, which are empty. *inout leads to it, with kind
 * OBJECT, or PERSISTENT for STK_CALL_LOAD; its kind is to be changed, nothing else of it.
 * A status other than STK_OK refuses the text. Where the text claims a type, a member or
 * a kind other than OBJECT, the answer has to be the same. */
typedef enum stk_status (*stk_json_complete)(void *ctx, struct stk_arena *arena,
                                             struct stk_object *object,
                                             struct stk_value *inout);

struct stk_json_restore_options {
    stk_json_complete complete; /* NULL: claims stand, tensors, ndarrays and storages are
                                   objects or persistent ids */
    void *ctx;                  /* of complete; borrowed for the call */
};

/* The graph that a text was written from. decoded: what stk_json_decode made of it, with
 * take_surrogates, for the life of the arena; offsets are those of the text. Refuses,
 * with *ret_error: STK_E_MALFORMED for a tag that is unknown or has the wrong shape, a
 * second one of an id or a key, a reference to nothing, a key that cannot be hashed, a
 * claim that does not hold; STK_E_LIMIT (keys too alike to be told apart in time, the
 * arena's cap); what `complete` answered. STK_E_NOMEM. Does not recurse. */
STK_MUST_USE enum stk_status stk_json_restore(
    struct stk_arena *arena, struct stk_value decoded,
    const struct stk_json_restore_options *options, struct stk_value *ret_value,
    struct stk_json_error *ret_error);
