/* SPDX-License-Identifier: Apache-2.0
 *
 * cpio in its ASCII forms (cpio(5)): odc, newc, and newc with a checksum, which is not
 * checked. Members are parts of the source. Not through libarchive, which takes as much
 * memory as a name is said to be long.
 */
#include <inttypes.h>
#include <string.h>

#include "base/checked.h"
#include "container/formats.h"
#include "container/reader.h"

#define ODC_LEN 76
#define NEWC_LEN 110
#define NAME_KEPT 256
#define TRAILER "TRAILER!!!"

struct cpio {
    struct stk_reader reader;
    const struct stk_visitor *visitor;
    uint64_t n_members;
    bool done;
};

struct member {
    uint64_t name_len; /* with its NUL */
    uint64_t len;
    uint64_t padding; /* names and data end at a multiple of it */
    size_t name_kept;
    uint8_t name[NAME_KEPT];
};

static uint8_t digit_of(uint8_t byte)
{
    uint8_t lower = byte | 0x20;
    if (byte >= '0' && byte <= '9') {
        return (uint8_t)(byte - '0');
    }
    return lower >= 'a' && lower <= 'f' ? (uint8_t)(lower - 'a' + 10) : 16;
}

/* At most 11 octal or 8 hexadecimal digits: 33 bits. */
static bool read_digits(const uint8_t *p, size_t len, unsigned base, uint64_t *ret_value)
{
    uint64_t value = 0;
    for (size_t i = 0; i < len; i++) {
        if (digit_of(p[i]) >= base) {
            return false;
        }
        value = value * base + digit_of(p[i]);
    }
    *ret_value = value;
    return true;
}

static bool is_cpio(const struct stk_source *source, struct stk_span head)
{
    uint64_t value = 0;
    (void)source;
    if (stk_span_starts(head, "070707", 6)) {
        return head.len >= ODC_LEN && read_digits(head.data + 59, 6, 8, &value) &&
               read_digits(head.data + 65, 11, 8, &value);
    }
    return head.len >= NEWC_LEN &&
           (stk_span_starts(head, "070701", 6) || stk_span_starts(head, "070702", 6)) &&
           read_digits(head.data + 54, 8, 16, &value) &&
           read_digits(head.data + 94, 8, 16, &value);
}

static void skip_padding(struct stk_reader *r, uint64_t padding)
{
    uint64_t past = r->pos % padding;
    uint64_t left = stk_reader_left(r);
    if (past > 0) {
        stk_reader_skip(r, padding - past < left ? padding - past : left);
    }
}

/* The header at hand and its name. Failures stick in the reader. */
static struct member read_member(struct stk_reader *r)
{
    struct member m = {.padding = 1};
    uint8_t head[NEWC_LEN] = {0};
    bool ok = false;
    stk_reader_get(r, head, ODC_LEN);
    if (memcmp(head, "070707", 6) == 0) {
        ok = read_digits(head + 59, 6, 8, &m.name_len) &&
             read_digits(head + 65, 11, 8, &m.len);
    } else if (memcmp(head, "070701", 6) == 0 || memcmp(head, "070702", 6) == 0) {
        m.padding = 4;
        stk_reader_get(r, head + ODC_LEN, NEWC_LEN - ODC_LEN);
        ok = read_digits(head + 54, 8, 16, &m.len) &&
             read_digits(head + 94, 8, 16, &m.name_len);
    }
    if (!ok || m.name_len == 0) {
        stk_reader_fail(r, STK_E_MALFORMED);
        return m;
    }
    m.name_kept = m.name_len - 1 < NAME_KEPT ? (size_t)(m.name_len - 1) : NAME_KEPT;
    stk_reader_get(r, m.name, m.name_kept);
    stk_reader_skip(r, m.name_len - m.name_kept);
    skip_padding(r, m.padding);
    return m;
}

static enum stk_status hand_out(const struct cpio *c, const char *name, uint64_t len)
{
    struct stk_part part = {
        .name = name,
        .source = stk_source_part(&c->reader.source, c->reader.pos, len),
        .off = c->reader.pos,
        .role = STK_ROLE_ANY,
        .in_file = true,
    };
    return part.source.size == 0 ? STK_OK : c->visitor->part(c->visitor->ctx, &part);
}

/* Zeros fill the last block behind the trailer; other bytes are looked at. */
static enum stk_status end_archive(struct cpio *c)
{
    struct stk_reader *r = &c->reader;
    uint64_t at = r->pos;
    uint8_t byte = 0;
    c->done = true;
    while (byte == 0 && stk_reader_left(r) > 0) {
        byte = stk_reader_u8(r);
    }
    if (byte == 0 || r->status != STK_OK) {
        return r->status;
    }
    STK_TRY(stk_visitor_note(c->visitor, STK_NOTE_AMBIGUOUS, r->pos - 1,
                             "bytes follow the end of the cpio archive"));
    stk_reader_seek(r, at);
    return hand_out(c, NULL, UINT64_MAX);
}

static enum stk_status visit_member(struct cpio *c)
{
    uint64_t at = c->reader.pos;
    struct stk_reader *r = &c->reader;
    struct member m = read_member(r);
    if (r->status != STK_OK) {
        c->done = true;
        STK_TRY(stk_status_is_environment(r->status) ? r->status : STK_OK);
        r->status = STK_OK;
        r->pos = at;
        STK_TRY(stk_visitor_note(c->visitor, STK_NOTE_MALFORMED, at,
                                 "cpio header is malformed or ends early"));
        return hand_out(c, NULL, UINT64_MAX);
    }
    if (stk_span_is(stk_span_of(m.name, m.name_kept), TRAILER)) {
        return end_archive(c);
    }
    char name[4 * NAME_KEPT + 4];
    c->n_members++;
    STK_TRY(hand_out(c, stk_escape(name, sizeof(name), stk_span_of(m.name, m.name_kept)),
                     m.len));
    uint64_t left = stk_reader_left(r);
    if (m.len > left) {
        c->done = true;
        return stk_visitor_note(
            c->visitor, STK_NOTE_MALFORMED, at,
            "cpio member ends early: %" PRIu64 " of %" PRIu64 " bytes", left, m.len);
    }
    stk_reader_skip(r, m.len);
    skip_padding(r, m.padding);
    return r->status;
}

static enum stk_status walk(const struct stk_source *source, const struct stk_visitor *v)
{
    struct cpio c = {.visitor = v};
    stk_reader_init(&c.reader, source);
    while (!c.done && stk_reader_left(&c.reader) > 0) {
        if (c.n_members >= v->limits->members_max) {
            return stk_visitor_note(v, STK_NOTE_LIMIT, c.reader.pos,
                                    "cpio archive has more members than members-max");
        }
        STK_TRY(visit_member(&c));
    }
    return STK_OK;
}

const struct stk_format stk_format_cpio = {"cpio", "cpio (ASCII)", is_cpio, walk};
