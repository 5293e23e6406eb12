/* SPDX-License-Identifier: Apache-2.0
 *
 * TensorFlow Lite (tensorflow/lite/schema/schema.fbs), a FlatBuffer: offsets are 32 bits
 * from where they stand, and a table begins with the distance back to the list of its
 * fields. Only the operator codes are read: an operator that is not built in is code that
 * an interpreter has to be given, or TensorFlow's own operations ("Flex…").
 */
#include "container/formats.h"
#include "container/reader.h"

#define NAME_KEPT 64
#define NOTES_MAX 16
#define CODES_MAX 4096 /* operators of a model: there are some 200 that are built in */

/* Fields by their place in the schema. */
#define MODEL_OPERATOR_CODES 1
#define CODE_CUSTOM 1

static bool is_tflite(const struct stk_source *source, struct stk_span head)
{
    (void)source;
    return head.len >= 8 && stk_span_starts(stk_span_of(head.data + 4, 4), "TFL3", 4);
}

static uint32_t u32_at(struct stk_reader *r, uint64_t pos)
{
    stk_reader_seek(r, pos);
    return stk_reader_u32(r);
}

static uint16_t u16_at(struct stk_reader *r, uint64_t pos)
{
    uint8_t bytes[2];
    stk_reader_seek(r, pos);
    stk_reader_get(r, bytes, sizeof(bytes));
    return stk_le16(bytes);
}

/* Where a table's field is; 0 if it is not there. */
static uint64_t field_at(struct stk_reader *r, uint64_t table, uint64_t field)
{
    /* The distance back to the list is signed. */
    uint32_t back = u32_at(r, table);
    bool forward = back >> 31 != 0;
    uint64_t distance = forward ? (UINT64_C(1) << 32) - back : back;
    if (!forward && distance > table) {
        stk_reader_fail(r, STK_E_MALFORMED);
        return 0;
    }
    uint64_t at = forward ? table + distance : table - distance;
    uint16_t size = u16_at(r, at);
    if (4 + 2 * field + 2 > size) {
        return 0;
    }
    uint16_t off = u16_at(r, at + 4 + 2 * field);
    return off == 0 ? 0 : table + off;
}

static uint64_t follow(struct stk_reader *r, uint64_t at)
{
    return at + u32_at(r, at);
}

static enum stk_status note_custom(struct stk_reader *r, const struct stk_visitor *v,
                                   uint64_t at)
{
    uint8_t buf[NAME_KEPT];
    char name[NAME_KEPT * 4 + 4];
    uint32_t len = u32_at(r, at);
    size_t n = len < sizeof(buf) ? len : sizeof(buf);
    stk_reader_get(r, buf, n);
    if (r->status != STK_OK || n == 0) {
        return STK_OK;
    }
    return stk_visitor_note(v, STK_NOTE_CODE, at, "TensorFlow Lite custom operator %s",
                            stk_escape(name, sizeof(name), stk_span_of(buf, n)));
}

static enum stk_status look_at_codes(struct stk_reader *r, const struct stk_visitor *v,
                                     uint64_t codes)
{
    uint32_t n = u32_at(r, codes);
    int noted = 0;
    if (n > stk_reader_left(r) / 4) {
        stk_reader_fail(r, STK_E_TRUNCATED);
    }
    for (uint32_t i = 0; i < n && r->status == STK_OK && noted < NOTES_MAX; i++) {
        if (i == CODES_MAX) {
            return stk_visitor_note(v, STK_NOTE_LIMIT, codes,
                                    "TensorFlow Lite model has more operators than are "
                                    "looked at");
        }
        uint64_t code = follow(r, codes + 4 + 4 * (uint64_t)i);
        uint64_t custom = field_at(r, code, CODE_CUSTOM);
        if (custom != 0) {
            STK_TRY(note_custom(r, v, follow(r, custom)));
            noted++;
        }
    }
    return STK_OK;
}

static enum stk_status walk(const struct stk_source *source, const struct stk_visitor *v)
{
    struct stk_reader r;
    stk_reader_init(&r, source);
    uint64_t codes = field_at(&r, follow(&r, 0), MODEL_OPERATOR_CODES);
    if (codes != 0) {
        STK_TRY(look_at_codes(&r, v, follow(&r, codes)));
    }
    if (r.status == STK_OK || stk_status_is_environment(r.status)) {
        return r.status;
    }
    return stk_visitor_note(v, STK_NOTE_MALFORMED, r.pos,
                            "TensorFlow Lite model is malformed");
}

const struct stk_format stk_format_tflite = {"tflite", "TensorFlow Lite", is_tflite,
                                             walk};
