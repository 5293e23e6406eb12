/* SPDX-License-Identifier: Apache-2.0
 *
 * The inside of decoding, shared by the files of this module only:
 *
 *   decode.c   one stream, from bytes to a value or a reason
 *   calls.c    calls that give something else than an object
 *   arrays.c   tensors and arrays out of the arguments of those who rebuild them
 *   storage.c  the nested stream of a storage
 *   path.c     the way to a value
 */
#pragma once

#include "base/assert.h"
#include "decode/decode.h"
#include "pickle/machine.h"
#include "policy/catalogue.h"

struct stk_decoder {
    const struct stk_alloc *alloc;
    const struct stk_limits *limits;
    struct stk_machine *machine;
    struct stk_arena policy_arena;
    struct stk_decoder *inner; /* owned; for streams inside streams, made when needed */
    unsigned depth;            /* how deep this one is inside others */

    /* The stream that is being decoded. */
    const struct stk_decode_options *options;
    struct stk_arena *arena;
    const struct stk_judge *policy_judge;
    struct stk_judge judge;
    const struct stk_operands *operands; /* of the effect that is judged */
    uint64_t off;                        /* where it is */
    const char *reason;                  /* the first contradiction; static */
    uint64_t reason_off;
    struct stk_torch_storage storage; /* the last one that was nested */
    bool has_storage;
    uint64_t copies_left; /* bytes and items that calls may still copy */
};

/* Each call copies what it gets; a stream that gives one text to many calls would make
 * memory of nothing. False where that is too much. */
static inline bool stk_decode_may_copy(struct stk_decoder *d, uint64_t n)
{
    bool may = n <= d->copies_left;
    d->copies_left -= may ? n : 0;
    return may;
}

/* ---- calls.c ---- */

/* Fills in what the value of a judged effect is. */
STK_MUST_USE enum stk_status stk_decode_effect(struct stk_decoder *d,
                                               struct stk_machine *machine,
                                               const struct stk_effect *effect,
                                               struct stk_outcome *outcome);

/* ---- arrays.c ---- */

/* Notes why a value is refused; always STK_OK. */
enum stk_status stk_decode_refuse(struct stk_decoder *d, struct stk_value *inout_value,
                                  const char *reason);

/* The class of a storage, or the dtype that stands for it. */
STK_MUST_USE enum stk_status stk_storage_array(struct stk_arena *arena,
                                               struct stk_value id,
                                               const struct stk_array **ret_array,
                                               const char **ret_reason);

/* Item n of a tuple; NONE where there is none. */
static inline struct stk_value stk_item(struct stk_value tuple, size_t n)
{
    bool has = tuple.kind == STK_VALUE_TUPLE && n < tuple.items->n;
    return has ? tuple.items->list[n] : stk_value_none(0);
}

static inline bool stk_value_names(struct stk_value value, const char *module,
                                   const char *name)
{
    return value.kind == STK_VALUE_GLOBAL && stk_span_is(value.name->module, module) &&
           stk_span_is(value.name->qualified, name);
}

/* ---- storage.c ---- */

/* What a legacy file begins with is right; NULL, or why not. */
const char *stk_torch_facts(struct stk_value magic, struct stk_value version,
                            struct stk_value facts);

/* The five streams and the data of a legacy file that holds one storage. */
STK_MUST_USE enum stk_status stk_decode_storage(struct stk_decoder *d,
                                                struct stk_arena *arena,
                                                struct stk_span bytes,
                                                struct stk_torch_storage *ret_storage,
                                                const char **ret_reason);
