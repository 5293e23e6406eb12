/* SPDX-License-Identifier: Apache-2.0 */
#include "boundary/boundary.h"

#include "base/assert.h"
#include "base/checked.h"
#include "boundary/hmac.h"
#include "boundary/state.h"
#include "wire/json.h"
#include "wire/json_write.h"

/* ---- life ---- */

static enum stk_status unpickle(void *ctx, struct stk_arena *arena, struct stk_span bytes,
                                struct stk_value *ret_value, const char **ret_reason)
{
    struct stk_boundary *b = ctx;
    size_t end = 0;
    if (b->nested == NULL) {
        STK_TRY(stk_decoder_new(b->alloc, b->options.limits, &b->nested));
    }
    *ret_reason = b->nested_error.reason;
    return stk_decode_pickle(b->nested, arena, bytes, &b->decode, ret_value, &end,
                             &b->nested_error);
}

enum stk_status stk_boundary_new(const struct stk_alloc *alloc,
                                 const struct stk_boundary_options *options,
                                 struct stk_boundary **ret_boundary)
{
    struct stk_boundary *b = stk_new(alloc, sizeof *b);
    if (b == NULL) {
        return STK_E_NOMEM;
    }
    b->alloc = alloc;
    b->options = *options;
    b->decode.grant = stk_grants_find;
    b->decode.grant_ctx = (void *)(uintptr_t)options->grants;
    stk_arena_init(&b->arena, alloc, options->memory_max);
    stk_pickle_writer_init(&b->pickle, alloc);
    stk_msgpack_writer_init(&b->msgpack, alloc);
    stk_buf_init(&b->out, alloc, SIZE_MAX / 2);
    enum stk_status status = stk_decoder_new(alloc, options->limits, &b->decoder);
    if (status == STK_OK) {
        status = stk_validation_new(alloc, &b->validation);
    }
    if (status != STK_OK) {
        stk_boundary_free(b);
        return status;
    }
    stk_validation_unpickle(b->validation, unpickle, b);
    if (options->hmac_key.len > 0) {
        b->hmac = stk_hmac_new(alloc); /* without it such frames are refused */
    }
    *ret_boundary = b;
    return STK_OK;
}

void stk_boundary_free(struct stk_boundary *b)
{
    if (b == NULL) {
        return;
    }
    stk_decoder_free(b->decoder);
    stk_decoder_free(b->nested);
    stk_hmac_free(b->hmac);
    stk_validation_free(b->validation);
    stk_pickle_writer_release(&b->pickle);
    stk_msgpack_writer_release(&b->msgpack);
    stk_arena_release(&b->arena);
    stk_buf_release(&b->out);
    stk_free(b->alloc, b, sizeof *b);
}

/* ---- which frame is which ---- */

/* Frames that the rules behind this one need at least. */
static uint64_t needed(const struct stk_frame_list *list, size_t from)
{
    uint64_t n = 0;
    for (size_t i = from; i < list->n; i++) {
        n = stk_add(n, list->list[i].repeat_least, &n) ? n : UINT64_MAX;
    }
    return n;
}

/* Gives each frame its rule, the first as many as it takes. False: their number does not
 * fit. */
static bool assign(struct stk_boundary *b, const struct stk_frame_list *list)
{
    size_t at = 0;
    for (size_t i = 0; i < list->n; i++) {
        const struct stk_frame_rule *rule = &list->list[i];
        uint64_t rest = needed(list, i + 1);
        uint64_t left = b->n_frames - at;
        uint64_t n = left > rest ? left - rest : 0;
        n = n > rule->repeat_most ? rule->repeat_most : n;
        if (n < rule->repeat_least || n > left) {
            return false;
        }
        for (uint64_t k = 0; k < n; k++) {
            b->frames[at++].rule = rule;
        }
    }
    return at == b->n_frames;
}

static bool refuse(struct stk_judgement *j, size_t frame, uint64_t off,
                   const char *reason)
{
    *j = (struct stk_judgement){.validity = STK_INVALID,
                                .frame = frame,
                                .off = off,
                                .reason = reason,
                                .path = ""};
    return false;
}

/* What can be said of a frame without looking into it. */
static bool check_outside(struct stk_boundary *b, size_t i, struct stk_judgement *j)
{
    struct stk_boundary_frame *frame = &b->frames[i];
    const struct stk_frame_rule *rule = frame->rule;
    uint8_t mac[STK_HMAC_SIZE];
    if (frame->bytes.len < rule->least) {
        return refuse(j, i, 0, "a frame that is too short");
    }
    if (frame->bytes.len > rule->most) {
        return refuse(j, i, 0, "a frame that is too long");
    }
    if (rule->wire == STK_FRAME_DELIMITER && frame->bytes.len > 0) {
        return refuse(j, i, 0, "a delimiter that is not empty");
    }
    if (rule->wire == STK_FRAME_LITERAL && !stk_span_equal(frame->bytes, rule->text)) {
        return refuse(j, i, 0, "another text than the frame must be");
    }
    frame->body = frame->bytes;
    if (!rule->hmac) {
        return true;
    }
    if (frame->bytes.len < STK_HMAC_SIZE) {
        return refuse(j, i, 0, "a frame that has no room for its HMAC");
    }
    frame->body.len -= STK_HMAC_SIZE;
    if (b->options.hmac_key.len == 0) {
        return refuse(j, i, frame->body.len, "a frame with an HMAC, and no key is given");
    }
    return (b->hmac != NULL &&
            stk_hmac_of(b->hmac, b->options.hmac_key, frame->body, mac) &&
            stk_hmac_equal(mac, frame->body.data + frame->body.len)) ||
           refuse(j, i, frame->body.len, "an HMAC that is not that of the frame");
}

/* ---- inside ---- */

static enum stk_status undecided(struct stk_judgement *j, size_t frame,
                                 enum stk_status status, uint64_t off, const char *reason)
{
    if (status == STK_OK || stk_status_is_environment(status)) {
        return status;
    }
    (void)refuse(j, frame, off, reason != NULL ? reason : stk_status_text(status));
    j->validity = STK_VALIDITY_UNKNOWN;
    j->verdict = STK_VERDICT_UNDECIDED;
    return STK_OK;
}

static enum stk_frame_wire recognise(struct stk_span bytes)
{
    if (bytes.len > 1 && bytes.data[0] == 0x80 && bytes.data[1] <= 5) {
        return STK_FRAME_PICKLE;
    }
    bool text = bytes.len > 0 && bytes.data[0] != 0 &&
                __builtin_strchr("{[\"-0123456789tfn \t\r\n", bytes.data[0]) != NULL;
    return text                                     ? STK_FRAME_JSON
           : bytes.len > 0 && bytes.data[0] >= 0x80 ? STK_FRAME_MSGPACK
                                                    : STK_FRAME_PICKLE;
}

static enum stk_status decode(struct stk_boundary *b, size_t i, struct stk_judgement *j)
{
    struct stk_boundary_frame *frame = &b->frames[i];
    struct stk_json_options json = STK_JSON_OPTIONS_DEFAULT;
    struct stk_msgpack_options msgpack = STK_MSGPACK_OPTIONS_DEFAULT;
    struct stk_json_error json_error = {0};
    struct stk_msgpack_error msgpack_error = {0};
    enum stk_status status = STK_OK;
    size_t end = 0;
    frame->wire =
        frame->rule->wire == STK_FRAME_ANY ? recognise(frame->body) : frame->rule->wire;
    switch (frame->wire) {
    case STK_FRAME_JSON:
        status =
            stk_json_decode(&b->arena, frame->body, &json, &frame->value, &json_error);
        return undecided(j, i, status, json_error.off, json_error.reason);
    case STK_FRAME_MSGPACK:
        status = stk_msgpack_decode(&b->arena, frame->body, &msgpack, &frame->value,
                                    &msgpack_error);
        return undecided(j, i, status, msgpack_error.off, msgpack_error.reason);
    case STK_FRAME_PICKLE:
    case STK_FRAME_ANY:
        status = stk_decode_pickle(b->decoder, &b->arena, frame->body, &b->decode,
                                   &frame->value, &end, &b->error);
        if (status == STK_E_MALFORMED) {
            (void)undecided(j, i, status, b->error.off, b->error.reason);
            j->verdict = b->error.verdict;
            j->path = b->error.path;
            if (b->error.verdict != STK_VERDICT_UNDECIDED) {
                j->validity = STK_INVALID;
            }
            return STK_OK;
        }
        return status;
    case STK_FRAME_RAW:
    case STK_FRAME_LITERAL:
    case STK_FRAME_DELIMITER:
        break;
    }
    return STK_OK;
}

static bool has_value(const struct stk_boundary_frame *frame)
{
    return frame->wire == STK_FRAME_PICKLE || frame->wire == STK_FRAME_JSON ||
           frame->wire == STK_FRAME_MSGPACK;
}

static enum stk_status check_inside(struct stk_boundary *b, size_t i,
                                    struct stk_judgement *j)
{
    struct stk_boundary_frame *frame = &b->frames[i];
    STK_TRY(decode(b, i, j));
    if (j->validity != STK_VALID || !has_value(frame)) {
        return STK_OK;
    }
    j->frame = i;
    stk_validation_size(b->validation, frame->bytes.len);
    stk_validation_plain(b->validation, frame->wire != STK_FRAME_PICKLE);
    return stk_validate_frame(b->validation, b->options.schema, frame->rule->node,
                              frame->value, b->options.violations_max, &j->validity,
                              &j->violations, &j->n_violations);
}

/* ---- relations ---- */

/* The first frame of a rule. */
static size_t frame_of(const struct stk_boundary *b, const struct stk_frame_list *list,
                       size_t rule)
{
    size_t i = 0;
    while (i < b->n_frames && b->frames[i].rule != &list->list[rule]) {
        i++;
    }
    return i;
}

static uint64_t dtype_size(struct stk_value value)
{
    struct stk_span name = {0};
    if (value.kind == STK_VALUE_GLOBAL) {
        name = value.name->qualified;
    } else if (value.kind == STK_VALUE_STR) {
        name = value.text->bytes;
        if (stk_span_starts(name, "torch.", 6)) {
            name = stk_span_of(name.data + 6, name.len - 6);
        }
    }
    return stk_dtype_item_size(stk_dtype_of(name));
}

/* Lengths of a list, tuple or torch.Size. */
static bool count_items(struct stk_value shape, uint64_t *ret_n)
{
    if (shape.kind == STK_VALUE_OBJECT && shape.object->args.items->n == 1) {
        shape = shape.object->args.items->list[0];
    }
    *ret_n = 1;
    if (shape.kind != STK_VALUE_LIST && shape.kind != STK_VALUE_TUPLE) {
        return false;
    }
    for (size_t i = 0; i < shape.items->n; i++) {
        struct stk_value item = shape.items->list[i];
        if (item.kind != STK_VALUE_INT || item.integer < 0 ||
            !stk_mul(*ret_n, (uint64_t)item.integer, ret_n)) {
            return false;
        }
    }
    return true;
}

static bool check_relation(const struct stk_boundary *b,
                           const struct stk_frame_list *list,
                           const struct stk_frame_relation *relation,
                           struct stk_judgement *j)
{
    size_t frame = frame_of(b, list, relation->frame);
    size_t of = frame_of(b, list, relation->of);
    struct stk_value shape;
    struct stk_value dtype;
    uint64_t n = 0;
    if (!has_value(&b->frames[of]) ||
        !stk_value_at(b->frames[of].value, relation->shape, &shape) ||
        !stk_value_at(b->frames[of].value, relation->dtype, &dtype) ||
        !count_items(shape, &n) || !stk_mul(n, dtype_size(dtype), &n) ||
        dtype_size(dtype) == 0) {
        return refuse(j, of, 0, "a shape or dtype that says no length");
    }
    return n == b->frames[frame].body.len ||
           refuse(j, frame, 0, "a frame that is not as long as the shape says");
}

/* ---- messages ---- */

static enum stk_status judge_as(struct stk_boundary *b, const struct stk_frame_list *list,
                                struct stk_judgement *j)
{
    *j = (struct stk_judgement){.validity = STK_VALID, .path = ""};
    for (size_t i = 0; i < b->n_frames; i++) { /* an alternative may have been tried */
        b->frames[i] = (struct stk_boundary_frame){.bytes = b->frames[i].bytes};
    }
    if (!assign(b, list)) {
        (void)refuse(j, 0, 0, "another number of frames than a message has");
        return STK_OK;
    }
    for (size_t i = 0; i < b->n_frames; i++) {
        if (!check_outside(b, i, j)) {
            return STK_OK;
        }
    }
    for (size_t i = 0; i < b->n_frames && j->validity == STK_VALID; i++) {
        STK_TRY(check_inside(b, i, j));
    }
    for (size_t i = 0; i < list->n_relations && j->validity == STK_VALID; i++) {
        if (!check_relation(b, list, &list->relations[i], j)) {
            return STK_OK;
        }
    }
    return STK_OK;
}

/* Of several refusals that which got furthest is told: dangerous is dangerous under any
 * alternative. */
static unsigned progress(const struct stk_judgement *j)
{
    return j->verdict == STK_VERDICT_DANGEROUS ? 4
           : j->n_violations > 0               ? 3
           : j->verdict != STK_VERDICT_CLEAN   ? 2
           : j->off > 0 || j->frame > 0        ? 1
                                               : 0;
}

enum stk_status stk_boundary_judge(struct stk_boundary *b, const struct stk_span *frames,
                                   size_t n, struct stk_judgement *ret_judgement)
{
    const struct stk_message_rule *rule = stk_schema_message(b->options.schema);
    const struct stk_frame_list *best = NULL;
    unsigned best_progress = 0;
    stk_arena_clear(&b->arena);
    b->n_frames = n;
    b->frames = stk_arena_array(&b->arena, n, sizeof *b->frames);
    if (b->frames == NULL) {
        return STK_E_NOMEM;
    }
    for (size_t i = 0; i < n; i++) {
        b->frames[i].bytes = frames[i];
    }
    for (size_t i = 0; i < rule->n; i++) {
        STK_TRY(judge_as(b, &rule->list[i], ret_judgement));
        if (ret_judgement->validity == STK_VALID) {
            return STK_OK;
        }
        if (best == NULL || progress(ret_judgement) > best_progress) {
            best = &rule->list[i];
            best_progress = progress(ret_judgement);
        }
    }
    /* What was said of it may have been overwritten by what was said of the others. */
    return rule->n == 1 ? STK_OK : judge_as(b, best, ret_judgement);
}

const struct stk_value *stk_boundary_value(const struct stk_boundary *b, size_t frame)
{
    return frame < b->n_frames && has_value(&b->frames[frame]) ? &b->frames[frame].value
                                                               : NULL;
}

/* ---- rebuilding ---- */

static enum stk_status write_frame(struct stk_boundary *b,
                                   const struct stk_boundary_frame *frame, int protocol,
                                   struct stk_write_error *ret_error)
{
    struct stk_json_write_options json = STK_JSON_WRITE_OPTIONS_DEFAULT;
    struct stk_json_error json_error = {0};
    struct stk_msgpack_error msgpack_error = {0};
    enum stk_status status = STK_OK;
    if (frame->wire == STK_FRAME_PICKLE) {
        return stk_pickle_write(&b->pickle, frame->value, protocol, &b->out, ret_error);
    }
    if (frame->wire == STK_FRAME_JSON) {
        status = stk_json_write(&b->out, frame->value, &json, &json_error);
        *ret_error =
            (struct stk_write_error){.off = json_error.off, .reason = json_error.reason};
        return status;
    }
    status = stk_msgpack_write(&b->msgpack, frame->value, &b->out, &msgpack_error);
    *ret_error = (struct stk_write_error){.off = msgpack_error.off,
                                          .reason = msgpack_error.reason};
    return status;
}

/* The HMAC of what was appended from begin on. */
static enum stk_status put_hmac(struct stk_boundary *b, size_t begin)
{
    uint8_t mac[STK_HMAC_SIZE];
    struct stk_span body = stk_span_of(b->out.data + begin, b->out.len - begin);
    if (!stk_hmac_of(b->hmac, b->options.hmac_key, body, mac)) {
        return STK_E_NOMEM;
    }
    stk_buf_put(&b->out, mac, sizeof mac);
    return b->out.status;
}

enum stk_status stk_boundary_rebuild(struct stk_boundary *b, int protocol,
                                     const struct stk_span **ret_frames,
                                     size_t *ret_frame, struct stk_write_error *ret_error)
{
    struct stk_span *frames = stk_arena_array(&b->arena, b->n_frames, sizeof *frames);
    if (frames == NULL) {
        return STK_E_NOMEM;
    }
    stk_buf_clear(&b->out);
    for (size_t i = 0; i < b->n_frames; i++) {
        const struct stk_boundary_frame *frame = &b->frames[i];
        size_t begin = b->out.len;
        frames[i] = frame->bytes;
        *ret_frame = i;
        if (!has_value(frame)) {
            continue;
        }
        STK_TRY(write_frame(b, frame, protocol, ret_error));
        if (frame->rule->hmac) {
            STK_TRY(put_hmac(b, begin));
        }
        frames[i] = stk_span_of(NULL, b->out.len - begin);
    }
    /* The buffer moves while it grows: places are known at the end. */
    size_t at = 0;
    for (size_t i = 0; i < b->n_frames; i++) {
        if (has_value(&b->frames[i])) {
            frames[i].data = b->out.data + at;
            at += frames[i].len;
        }
    }
    *ret_frames = frames;
    return STK_OK;
}
