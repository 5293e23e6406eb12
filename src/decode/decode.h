/* SPDX-License-Identifier: Apache-2.0
 *
 * Pickles to values. A stream is followed by the machine and judged by the policy while
 * its values are made; nothing is handed out unless the verdict is clean: data, calls
 * whose contracts are kept, and classes that the caller grants by name. What such calls
 * mean is evaluated: a tensor is a tensor with its shape, its storage the bytes of the
 * nested stream, text encoded as Latin-1 is bytes. One decoder per thread; it is reused
 * from message to message.
 */
#pragma once

#include "base/limits.h"
#include "policy/judge.h"
#include "value/object.h"

struct stk_decoder;

struct stk_decode_options {
    enum stk_loader loader; /* PICKLE or TORCH */
    /* Which names the caller grants beyond the catalogue; NULL: none. */
    enum stk_grant (*grant)(void *ctx, struct stk_span module, struct stk_span name);
    void *grant_ctx;
    bool trailing; /* bytes behind STOP are the caller's; else they are refused */
    /* Out-of-band buffers, in order; one more than there are is refused. NULL: they are
     * not here, and are known by their numbers only. */
    const struct stk_span *buffers;
    size_t n_buffers;
};

/* Why a message is not decoded. */
struct stk_decode_error {
    enum stk_verdict verdict; /* never CLEAN */
    uint64_t off;             /* in the bytes that were given */
    char path[256];           /* "$.a[0]": the way to what is refused; empty: not known */
    char reason[512];         /* one line of ASCII */
};

/* limits and alloc are borrowed for the decoder's life. STK_E_NOMEM. */
STK_MUST_USE enum stk_status stk_decoder_new(const struct stk_alloc *alloc,
                                             const struct stk_limits *limits,
                                             struct stk_decoder **ret_decoder);
void stk_decoder_free(struct stk_decoder *decoder);

/* Decodes the stream that bytes begin with. The graph lies in arena and borrows from
 * bytes. *ret_end is the first byte behind STOP. STK_E_MALFORMED with *ret_error where
 * the stream is not clean or no value stands for it; STK_E_NOMEM. */
STK_MUST_USE enum stk_status stk_decode_pickle(
    struct stk_decoder *decoder, struct stk_arena *arena, struct stk_span bytes,
    const struct stk_decode_options *options, struct stk_value *ret_value,
    size_t *ret_end, struct stk_decode_error *ret_error);

/* Notes what a complete object means: kind and array of tensors, arrays and storages,
 * however it came (a stream, or JSON that carries one). An object that contradicts itself
 * becomes REFUSED, and *ret_reason (may be NULL) says why; static. STK_E_NOMEM. */
STK_MUST_USE enum stk_status stk_object_mean(struct stk_decoder *decoder,
                                             struct stk_arena *arena,
                                             struct stk_object *object,
                                             struct stk_value *inout_value,
                                             const char **ret_reason);

/* A storage of a legacy torch file: what torch.storage._load_from_bytes gets. */
struct stk_torch_storage {
    struct stk_value id;   /* ("storage", class, key, location, items, view) */
    struct stk_span bytes; /* of all items */
};

/* ---- the way to a value ---- */

/* The part of a value that a JSON pointer leads to; NULL or "": the value. Objects are
 * their state, or the entries they were given. False: there is none. */
bool stk_value_at(struct stk_value root, const char *pointer, struct stk_value *ret_part);

/* Writes how the first value that `is` accepts is reached from root: "$.a[0]". False
 * where there is none, or no memory to look. */
bool stk_value_path(const struct stk_alloc *alloc, struct stk_value root,
                    bool (*is)(const void *ctx, struct stk_value value), const void *ctx,
                    char *path, size_t size);
