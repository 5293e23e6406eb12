/* SPDX-License-Identifier: Apache-2.0 */
#include "cmd/rewrite.h"

#include <string.h>

#include "wire/json_plain.h"
#include "wire/json_tags.h"

static const char *const extensions[STK_TARGETS] = {
    [STK_TARGET_JSON] = "json",
    [STK_TARGET_JSONL] = "jsonl",
    [STK_TARGET_MSGPACK] = "msgpack",
    [STK_TARGET_PICKLE] = "pkl",
    [STK_TARGET_SAFETENSORS] = "safetensors",
};

enum stk_target stk_target_of(const char *path)
{
    const char *dot = strrchr(path, '.');
    if (dot == NULL) {
        return STK_TARGET_AUTO;
    }
    for (int i = STK_TARGET_AUTO + 1; i < STK_TARGETS; i++) {
        if (strcmp(dot + 1, extensions[i]) == 0) {
            return (enum stk_target)i;
        }
    }
    return strcmp(dot, ".pickle") == 0 ? STK_TARGET_PICKLE : STK_TARGET_AUTO;
}

const char *stk_target_extension(enum stk_target target)
{
    return extensions[target];
}

void stk_rewrite_init(struct stk_rewrite *r, uint64_t memory_max)
{
    *r = (struct stk_rewrite){.protocol = STK_PICKLE_PROTOCOL_DEFAULT};
    stk_pickle_writer_init(&r->pickle, &stk_alloc_libc);
    stk_msgpack_writer_init(&r->msgpack, &stk_alloc_libc);
    stk_arena_init(&r->arena, &stk_alloc_libc, (size_t)memory_max);
    stk_buf_init(&r->notes, &stk_alloc_libc, (size_t)1 << 20);
}

void stk_rewrite_release(struct stk_rewrite *r)
{
    stk_pickle_writer_release(&r->pickle);
    stk_msgpack_writer_release(&r->msgpack);
    stk_arena_release(&r->arena);
    stk_buf_release(&r->notes);
}

static enum stk_status rewrite_json(struct stk_rewrite *r, struct stk_value value,
                                    uint32_t indent, struct stk_buf *out,
                                    struct stk_write_error *ret_error)
{
    struct stk_json_plain_options plain = STK_JSON_PLAIN_OPTIONS_DEFAULT;
    struct stk_json_error error = {0};
    struct stk_json_lost lost = {0};
    enum stk_status status = STK_OK;
    plain.write.indent = indent;
    if (r->plain) {
        status = stk_json_write_plain(out, &r->arena, value, &plain, &lost, &error);
    } else {
        status = stk_json_write_tagged(out, value, &plain.write, &error);
    }
    for (int i = 0; i < STK_JSON_LOSSES; i++) {
        if (lost.list[i].count > 0) {
            stk_buf_printf(&r->notes, "%s: %llu, first at %s\n",
                           stk_json_loss_text((enum stk_json_loss)i),
                           (unsigned long long)lost.list[i].count, lost.list[i].first);
        }
    }
    *ret_error = (struct stk_write_error){.off = error.off, .reason = error.reason};
    return status;
}

static enum stk_status rewrite_lines(struct stk_rewrite *r, struct stk_value value,
                                     struct stk_buf *out,
                                     struct stk_write_error *ret_error)
{
    const struct stk_items one = {.n = 1, .list = &value};
    bool listed = value.kind == STK_VALUE_LIST || value.kind == STK_VALUE_TUPLE;
    const struct stk_items *items = listed ? value.items : &one;
    for (size_t i = 0; i < items->n; i++) {
        STK_TRY(rewrite_json(r, items->list[i], 0, out, ret_error));
        stk_buf_byte(out, '\n');
    }
    return out->status;
}

static enum stk_status rewrite_msgpack(struct stk_rewrite *r, struct stk_value value,
                                       struct stk_buf *out,
                                       struct stk_write_error *ret_error)
{
    struct stk_msgpack_error error = {0};
    struct stk_msgpack_losses losses = {{0}};
    enum stk_status status =
        r->plain ? stk_msgpack_write_plain(&r->msgpack, value, STK_MSGPACK_AGAIN_MAX, out,
                                           &losses, &error)
                 : stk_msgpack_write(&r->msgpack, value, out, &error);
    for (int i = 0; i < STK_MSGPACK_LOSSES; i++) {
        if (losses.count[i] > 0) {
            stk_buf_printf(&r->notes, "%s: %llu\n",
                           stk_msgpack_loss_text((enum stk_msgpack_loss)i),
                           (unsigned long long)losses.count[i]);
        }
    }
    *ret_error = (struct stk_write_error){.off = error.off, .reason = error.reason};
    return status;
}

enum stk_status stk_rewrite(struct stk_rewrite *r, struct stk_value value,
                            enum stk_target target, struct stk_buf *out,
                            struct stk_write_error *ret_error)
{
    enum stk_status status = STK_E_UNSUPPORTED;
    *ret_error =
        (struct stk_write_error){.reason = "this is written of checkpoints only"};
    stk_arena_clear(&r->arena);
    stk_buf_clear(&r->notes);
    switch (target) {
    case STK_TARGET_PICKLE:
        return stk_pickle_write(&r->pickle, value, r->protocol, out, ret_error);
    case STK_TARGET_MSGPACK:
        return rewrite_msgpack(r, value, out, ret_error);
    case STK_TARGET_JSON:
        status = rewrite_json(r, value, r->indent, out, ret_error);
        stk_buf_byte(out, '\n');
        return status;
    case STK_TARGET_JSONL:
        return rewrite_lines(r, value, out, ret_error);
    case STK_TARGET_SAFETENSORS:
    case STK_TARGET_AUTO:
    case STK_TARGETS:
        break;
    }
    return status;
}
