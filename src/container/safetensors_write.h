/* SPDX-License-Identifier: Apache-2.0
 *
 * The front of a safetensors file (huggingface/safetensors README.md): what stands before
 * the tensors' bytes, which follow in the order of the list, without holes. Depends on
 * base and value.
 */
#pragma once

#include "base/buf.h"
#include "value/object.h"

/* tensor.rs, MAX_HEADER_SIZE: a longer one is not read. */
#define STK_SAFETENSORS_HEADER_MAX UINT64_C(100000000)

struct stk_safetensor {
    struct stk_span name; /* UTF-8 without surrogates, not "__metadata__"; borrowed */
    enum stk_dtype dtype; /* that has a name in safetensors */
    uint32_t rank;
    const uint64_t *shape; /* borrowed */
    size_t tag;            /* the caller's */
    uint64_t off;          /* in the data; set by stk_safetensors_place */
    uint64_t len;          /* the same */
};

struct stk_safetensors_entry {
    struct stk_span key; /* both UTF-8 without surrogates; borrowed */
    struct stk_span text;
};

/* "BF16"; NULL: safetensors has no such type. */
const char *stk_safetensors_dtype(enum stk_dtype dtype);

/* A text that the header can carry. */
bool stk_safetensors_text_ok(struct stk_span text);

/* Puts the list in the order of the data, widest items first and then by name, so that
 * each tensor is aligned, and says where each lies. STK_E_LIMIT: the sizes overflow. */
STK_MUST_USE enum stk_status stk_safetensors_place(struct stk_safetensor *list, size_t n,
                                                   uint64_t *ret_size);

/* Appends the length and the JSON of the header, filled with spaces to a multiple of 8
 * bytes. STK_E_LIMIT: it is longer than readers take; STK_E_NOMEM. */
STK_MUST_USE enum stk_status stk_safetensors_header(
    const struct stk_safetensor *list, size_t n,
    const struct stk_safetensors_entry *entries, size_t n_entries, struct stk_buf *out);
