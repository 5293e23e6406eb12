/* SPDX-License-Identifier: Apache-2.0
 *
 * What torch.save writes, opened for its tensors: a ZIP archive with data.pkl and the
 * storages beside it, or the five streams of before 1.6 and the storages behind them. The
 * object is decoded, its storages are found where torch.load would take them from, and
 * nothing of them is read. The file must have been scanned and found clean: what is
 * refused here is what a scan has no reason to refuse.
 */
#pragma once

#include "container/zip.h"
#include "decode/decode.h"

/* Most bytes of one storage that is not stored plainly: it is expanded in memory. */
#define STK_TORCH_PACKED_MAX ((size_t)32 << 20)

struct stk_torch_file {
    const struct stk_source *source; /* borrowed, as alloc and limits */
    const struct stk_alloc *alloc;
    const struct stk_limits *limits;
    struct stk_arena *arena; /* borrowed */
    struct stk_value value;  /* the object; arena */

    struct stk_zip zip;
    struct stk_visitor visitor;
    uint64_t expand_left;
    bool noted;             /* the archive is not as it should be */
    struct stk_span prefix; /* of all names; in the zip's arena */
    struct stk_buf content; /* of the member that was expanded last */
    size_t content_of;

    bool legacy;
    const struct stk_items *keys; /* of storages, in the order of the file */
    const uint64_t *places;       /* arena: where the bytes of each begin */

    struct stk_map names; /* hash of a name to a member, or of a key to its index */
};

/* Where the bytes of a storage are. */
struct stk_torch_place {
    struct stk_source source; /* exactly they; good until the next place */
    uint64_t off;             /* in the file's source, if they lie there */
    bool in_file;
};

/* Opens source and decodes the object. streams_len: of a legacy file, where its fifth
 * stream ends; 0: a ZIP archive. file must not move; release it also after a failure.
 * STK_E_MALFORMED with *ret_error where it is refused; failures of the environment. */
STK_MUST_USE enum stk_status stk_torch_open(
    struct stk_torch_file *file, const struct stk_alloc *alloc,
    const struct stk_limits *limits, struct stk_decoder *decoder, struct stk_arena *arena,
    const struct stk_source *source, uint64_t streams_len,
    struct stk_decode_error *ret_error);
void stk_torch_release(struct stk_torch_file *file);

/* The bytes of a storage of the object. Errors as above; ret_error->reason alone is set.
 */
STK_MUST_USE enum stk_status stk_torch_place(struct stk_torch_file *file,
                                             const struct stk_array *storage,
                                             struct stk_torch_place *ret_place,
                                             struct stk_decode_error *ret_error);
