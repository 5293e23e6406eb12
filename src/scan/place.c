/* SPDX-License-Identifier: Apache-2.0 */
#include "scan/place.h"

#include "container/textstream.h"

/* Longest name of one part; the rest is cut. */
#define PART_MAX 1024

/* Longest name of a callable. */
#define HOW_MAX 104

/* Longest text that is decoded from base64 or hex in order to look inside. */
#define TEXT_STREAM_MAX (UINT64_C(64) << 20)

static void put_outer(struct stk_buf *out, const char *outer, const char *separator)
{
    if (outer != NULL) {
        stk_buf_str(out, outer);
        stk_buf_str(out, separator);
    }
}

void stk_member_part(struct stk_buf *out, const char *outer, const char *part)
{
    size_t len = __builtin_strlen(part);
    put_outer(out, outer, "!/");
    stk_buf_put(out, part, len < PART_MAX ? len : PART_MAX);
}

void stk_member_nested(struct stk_buf *out, const char *outer, const char *how,
                       uint64_t off)
{
    char escaped[HOW_MAX];
    put_outer(out, outer, "!");
    stk_buf_str(out, stk_escape(escaped, sizeof escaped,
                                stk_span_of(how, __builtin_strlen(how))));
    stk_buf_printf(out, "@%llu", (unsigned long long)off);
}

enum stk_loader stk_loader_of(enum stk_role role)
{
    return role == STK_ROLE_TORCH    ? STK_LOADER_TORCH
           : role == STK_ROLE_JOBLIB ? STK_LOADER_JOBLIB
                                     : STK_LOADER_PICKLE;
}

enum stk_status stk_text_expand(const struct stk_source *source,
                                const struct stk_alloc *alloc, struct stk_buf *ret_out)
{
    size_t len = source->size > TEXT_STREAM_MAX ? 0 : (size_t)source->size;
    stk_buf_init(ret_out, alloc, len + 1);
    uint8_t *text = stk_new_buffer(alloc, len + 1);
    enum stk_status status =
        text == NULL ? STK_E_NOMEM : stk_source_read(source, 0, text, len);
    if (status == STK_OK) {
        (void)stk_textstream_decode(stk_span_of(text, len), alloc, ret_out);
        status = ret_out->status;
    }
    stk_free(alloc, text, len + 1);
    return status;
}
