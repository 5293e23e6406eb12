/* SPDX-License-Identifier: Apache-2.0
 *
 * numpy.save (NEP 1; numpy/lib/format.py). An array of objects is a pickle behind the
 * header; other arrays are numbers and are not looked at. numpy.load on an open file
 * reads one array after another, so whatever follows an array is looked at again.
 */
#include <inttypes.h>

#include "base/buf.h"
#include "base/checked.h"
#include "container/formats.h"
#include "container/npy_header.h"

/* Longer headers do not occur; numpy itself refuses more than 10,000 bytes unless it is
 * told to trust the file. */
#define HEADER_MAX ((uint64_t)1 << 20)

static bool is_npy(const struct stk_source *source, struct stk_span head)
{
    (void)source;
    return stk_span_starts(head, "\x93NUMPY", 6);
}

/* Where the header's text lies: behind the magic, two bytes of version and its length. */
static enum stk_status locate(const struct stk_source *source, uint64_t pos,
                              uint64_t *ret_at, uint64_t *ret_len)
{
    uint8_t fixed[12] = {0};
    STK_TRY(stk_source_read(source, pos, fixed, 10));
    bool is_long = fixed[6] == 2 || fixed[6] == 3;
    if ((fixed[6] != 1 && !is_long) || fixed[7] != 0) {
        return STK_E_MALFORMED;
    }
    if (is_long) {
        STK_TRY(stk_source_read(source, pos, fixed, sizeof(fixed)));
    }
    *ret_at = pos + (is_long ? 12 : 10);
    *ret_len = is_long ? stk_le32(fixed + 8) : stk_le16(fixed + 8);
    return *ret_len <= HEADER_MAX ? STK_OK : STK_E_MALFORMED;
}

static enum stk_status read_header(const struct stk_source *source,
                                   const struct stk_visitor *v, uint64_t at, uint64_t len,
                                   struct stk_npy_header *ret_header)
{
    struct stk_buf text;
    if (!stk_range_ok(at, len, source->size)) {
        return STK_E_TRUNCATED;
    }
    stk_buf_init(&text, v->alloc, (size_t)HEADER_MAX);
    uint8_t *to = stk_buf_room(&text, (size_t)len);
    enum stk_status status =
        to != NULL ? stk_source_read(source, at, to, (size_t)len) : text.status;
    if (status == STK_OK) {
        status = stk_npy_header_read(stk_span_of(to, (size_t)len), ret_header);
    }
    stk_buf_release(&text);
    return status;
}

static enum stk_status hand_out(const struct stk_source *source,
                                const struct stk_visitor *v, uint64_t pos,
                                enum stk_role role)
{
    if (pos >= source->size) {
        return STK_OK;
    }
    struct stk_part part = {
        .source = stk_source_part(source, pos, UINT64_MAX),
        .off = pos,
        .role = role,
        .in_file = true,
    };
    return v->part(v->ctx, &part);
}

static enum stk_status malformed(const struct stk_source *source,
                                 const struct stk_visitor *v, uint64_t pos,
                                 uint64_t data_at)
{
    STK_TRY(stk_visitor_note(v, STK_NOTE_MALFORMED, pos, "npy header is malformed"));
    return hand_out(source, v, data_at, STK_ROLE_ANY);
}

/* The array at pos. *ret_next is where the next one could begin, 0 if all was done. */
static enum stk_status walk_array(const struct stk_source *source,
                                  const struct stk_visitor *v, uint64_t pos,
                                  uint64_t *ret_next)
{
    struct stk_npy_header header;
    uint64_t at = pos + 6;
    uint64_t len = 0;
    *ret_next = 0;
    enum stk_status status = locate(source, pos, &at, &len);
    if (status == STK_OK) {
        status = read_header(source, v, at, len, &header);
        at = stk_range_ok(at, len, source->size) ? at + len : at;
    }
    if (stk_status_is_environment(status)) {
        return status;
    }
    if (status != STK_OK) {
        return malformed(source, v, pos, at);
    }
    if (header.has_object) {
        return hand_out(source, v, at, STK_ROLE_STREAM);
    }
    if (!stk_range_ok(at, header.len, source->size)) {
        return stk_visitor_note(v, STK_NOTE_MALFORMED, at,
                                "npy data ends early: %" PRIu64 " of %" PRIu64 " bytes",
                                source->size - at, header.len);
    }
    *ret_next = at + header.len;
    return STK_OK;
}

static enum stk_status walk(const struct stk_source *source, const struct stk_visitor *v)
{
    uint64_t pos = 0;
    uint8_t head[6] = {0};
    do {
        uint64_t next = 0;
        STK_TRY(walk_array(source, v, pos, &next));
        if (next == 0) {
            return STK_OK;
        }
        pos = next;
        if (source->size - pos < sizeof(head)) {
            break;
        }
        STK_TRY(stk_source_read(source, pos, head, sizeof(head)));
    } while (is_npy(source, stk_span_of(head, sizeof(head))));
    return hand_out(source, v, pos, STK_ROLE_ANY);
}

const struct stk_format stk_format_npy = {"npy", "NumPy array", is_npy, walk};
