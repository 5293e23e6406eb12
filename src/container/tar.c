/* SPDX-License-Identifier: Apache-2.0
 *
 * tar: v7, ustar, pax (POSIX.1-2017, pax) and GNU's long names and large numbers, read as
 * Python's tarfile reads them, since that is what loaders use. Members are parts of the
 * source; nothing is copied. Where another reader would place members differently, the
 * archive is ambiguous. torch.save before 0.1.10 wrote a tar with the members sys_info,
 * pickle, tensors and storages (torch/serialization.py, legacy_load).
 */
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/checked.h"
#include "container/formats.h"
#include "container/reader.h"

#define BLOCK 512
#define NAME_MAX_KEPT 256
/* A number that does not fit the 11 octal digits of the size field. */
#define PAX_SIZE_MIN (UINT64_C(1) << 33)

/* The members that torch.load asks for; see torch_member_of(). */
#define TORCH_ALL 7u

/* Facts that extra headers say about the member that follows. */
struct extra {
    bool has_name;
    bool has_size;
    bool sparse;
    uint64_t size;
    size_t name_len;
    uint8_t name[NAME_MAX_KEPT]; /* its beginning */
};

struct tar {
    const struct stk_source *source;
    const struct stk_visitor *visitor;
    bool dry; /* only find out what kind of archive it is */
    unsigned torch_seen;
    bool is_torch;
    uint64_t pos; /* of the next header */
    uint64_t n_members;
    struct extra extra;
    bool done;
};

__attribute__((format(printf, 4, 5))) static enum stk_status note(const struct tar *tar,
                                                                  enum stk_note_kind kind,
                                                                  uint64_t off,
                                                                  const char *format, ...)
{
    char text[160];
    if (tar->dry) {
        return STK_OK;
    }
    va_list args;
    va_start(args, format);
    (void)vsnprintf(text, sizeof(text), format, args);
    va_end(args);
    return tar->visitor->note(tar->visitor->ctx, kind, off, text);
}

static enum stk_status hand_out(const struct tar *tar, const char *name, uint64_t off,
                                uint64_t len, enum stk_role role)
{
    struct stk_part part = {
        .name = name,
        .source = stk_source_part(tar->source, off, len),
        .off = off,
        .role = role,
        .in_file = true,
    };
    return tar->dry ? STK_OK : tar->visitor->part(tar->visitor->ctx, &part);
}

static bool is_space(uint8_t byte)
{
    return byte == ' ' || (byte >= '\t' && byte <= '\r');
}

/* What Python's int(text, 8) takes of the field up to its first NUL, but for a minus; an
 * empty field is 0 (tarfile.nti). Other readers take digits and spaces only; an archive
 * that no other reader opens is one all the same. */
static bool read_octal(const uint8_t *field, size_t len, uint64_t *ret_value)
{
    uint64_t value = 0;
    size_t i = 0;
    while (i < len && is_space(field[i])) {
        i++;
    }
    i += i < len && field[i] == '+';
    i += i + 1 < len && field[i] == '0' && (field[i + 1] | 0x20) == 'o' ? 2 : 0;
    for (; i < len && ((field[i] >= '0' && field[i] <= '7') || field[i] == '_'); i++) {
        if (field[i] != '_') { /* at most 12 digits: 36 bits */
            value = value << 3 | (uint64_t)(field[i] - '0');
        }
    }
    for (; i < len && field[i] != 0; i++) {
        if (!is_space(field[i])) {
            return false;
        }
    }
    *ret_value = value;
    return true;
}

/* GNU's base-256: the first bit set, then a big-endian number. */
static bool read_number(const uint8_t *field, size_t len, uint64_t *ret_value)
{
    if ((field[0] & 0x80) == 0) {
        return read_octal(field, len, ret_value);
    }
    uint64_t value = 0;
    if (field[0] != 0x80) {
        return false; /* negative, or far past any file */
    }
    for (size_t i = 1; i < len; i++) {
        if (value >> 56 != 0) {
            return false;
        }
        value = value << 8 | field[i];
    }
    *ret_value = value;
    return true;
}

/* The sum over the block with its own field taken as spaces; old writers summed signed
 * bytes. */
static bool checksum_ok(const uint8_t block[BLOCK])
{
    uint64_t want = 0;
    uint32_t plain = 8 * ' ';
    int32_t with_sign = 8 * ' ';
    if (!read_octal(block + 148, 8, &want)) {
        return false;
    }
    for (size_t i = 0; i < BLOCK; i++) {
        if (i < 148 || i >= 156) {
            plain += block[i];
            with_sign += block[i] < 128 ? block[i] : block[i] - 256;
        }
    }
    return want == plain || (with_sign >= 0 && want == (uint64_t)with_sign);
}

static bool is_zero(struct stk_span span)
{
    for (size_t i = 0; i < span.len; i++) {
        if (span.data[i] != 0) {
            return false;
        }
    }
    return true;
}

static bool is_tar(const struct stk_source *source, struct stk_span head)
{
    (void)source;
    return head.len >= BLOCK && checksum_ok(head.data); /* a block of zeros has none */
}

/* Up to the first NUL. */
static struct stk_span field_text(const uint8_t *field, size_t len)
{
    const uint8_t *end = memchr(field, 0, len);
    return stk_span_of(field, end != NULL ? (size_t)(end - field) : len);
}

static void keep_name(struct extra *extra, const uint8_t *name, size_t len)
{
    extra->name_len = len < sizeof(extra->name) ? len : sizeof(extra->name);
    stk_copy(extra->name, name, extra->name_len);
    extra->has_name = true;
}

/* The member's name: a long one, or prefix and name of the header. */
static void member_name(const struct tar *tar, const uint8_t *block, char out[1024])
{
    uint8_t joined[256];
    if (tar->extra.has_name) {
        stk_escape(out, 1024, stk_span_of(tar->extra.name, tar->extra.name_len));
        return;
    }
    struct stk_span name = field_text(block, 100);
    struct stk_span prefix = field_text(block + 345, 155);
    size_t len = 0;
    /* GNU's own magic ("ustar  ") has other fields there. */
    if (prefix.len > 0 && memcmp(block + 257, "ustar\0", 6) == 0) {
        stk_copy(joined, prefix.data, prefix.len);
        joined[prefix.len] = '/';
        len = prefix.len + 1;
    }
    stk_copy(joined + len, name.data, name.len);
    stk_escape(out, 1024, stk_span_of(joined, len + name.len));
}

static uint64_t padded(uint64_t len)
{
    return len > UINT64_MAX - BLOCK ? UINT64_MAX : (len + BLOCK - 1) / BLOCK * BLOCK;
}

/* Moves past len bytes and their padding; the last padding may be missing. */
static enum stk_status skip_data(struct tar *tar, uint64_t len)
{
    uint64_t left = tar->source->size - tar->pos;
    if (len > left) {
        tar->done = true;
        return note(tar, STK_NOTE_MALFORMED, tar->pos,
                    "tar member ends early: %" PRIu64 " of %" PRIu64 " bytes", left, len);
    }
    tar->pos += padded(len) < left ? padded(len) : left;
    return STK_OK;
}

static enum stk_status read_long_name(struct tar *tar, uint64_t len, bool is_link)
{
    uint8_t name[NAME_MAX_KEPT];
    uint64_t left = tar->source->size - tar->pos;
    size_t n = len < sizeof(name) ? (size_t)len : sizeof(name);
    n = left < n ? (size_t)left : n;
    STK_TRY(stk_source_read(tar->source, tar->pos, name, n));
    if (!is_link) {
        keep_name(&tar->extra, name, field_text(name, n).len);
    }
    return skip_data(tar, len);
}

/* "LEN KEY=VALUE\n", LEN in decimal over all of it. */
static void read_pax_record(struct stk_reader *r, struct extra *extra)
{
    uint64_t start = r->pos;
    uint64_t len = 0;
    uint8_t byte = stk_reader_u8(r);
    for (; byte >= '0' && byte <= '9' && len < UINT32_MAX; byte = stk_reader_u8(r)) {
        len = len * 10 + (uint64_t)(byte - '0');
    }
    if (byte != ' ' || !stk_range_ok(start, len, r->source.size) ||
        start + len <= r->pos) {
        stk_reader_fail(r, STK_E_MALFORMED);
        return;
    }
    uint8_t text[NAME_MAX_KEPT + 16];
    uint64_t left = start + len - r->pos;
    size_t n = left < sizeof(text) ? (size_t)left : sizeof(text);
    stk_reader_get(r, text, n);
    stk_reader_seek(r, start + len);
    struct stk_span record = stk_span_of(text, n == left ? n - 1 : n); /* no newline */
    if (stk_span_starts(record, "path=", 5)) {
        keep_name(extra, text + 5, record.len - 5);
    } else if (stk_span_starts(record, "size=", 5)) {
        extra->has_size = true;
        extra->size = 0;
        for (size_t i = 5; i < record.len; i++) {
            bool digit =
                text[i] >= '0' && text[i] <= '9' && extra->size < UINT64_MAX / 16;
            extra->size = extra->size * 10 + (uint64_t)(digit ? text[i] - '0' : 0);
            if (!digit) {
                stk_reader_fail(r, STK_E_MALFORMED);
            }
        }
    } else if (stk_span_starts(record, "GNU.sparse.", 11)) {
        extra->sparse = true;
    }
}

static enum stk_status read_pax(struct tar *tar, uint64_t len, bool is_global)
{
    uint64_t at = tar->pos;
    struct stk_source records = stk_source_part(tar->source, at, len);
    struct extra extra = tar->extra;
    struct stk_reader r;
    stk_reader_init(&r, &records);
    while (stk_reader_left(&r) > 0) {
        read_pax_record(&r, &extra);
    }
    if (stk_status_is_environment(r.status)) {
        return r.status;
    }
    if (r.status != STK_OK) {
        STK_TRY(note(tar, STK_NOTE_MALFORMED, at + r.pos, "pax header is malformed"));
    }
    if (!is_global) {
        tar->extra = extra;
    } else if (extra.has_size != tar->extra.has_size ||
               extra.has_name != tar->extra.has_name || extra.sparse) {
        STK_TRY(note(tar, STK_NOTE_AMBIGUOUS, at,
                     "global pax header renames or resizes what follows"));
    }
    return skip_data(tar, len);
}

static unsigned torch_member_of(const char *name)
{
    static const char *const names[] = {"pickle", "storages", "tensors"};
    for (unsigned i = 0; i < 3; i++) {
        if (strcmp(name, names[i]) == 0) {
            return 1u << i;
        }
    }
    return 0;
}

/* The map of a GNU sparse member goes on in further blocks (tar(5), oldgnu). */
static enum stk_status skip_sparse_map(struct tar *tar, uint8_t more)
{
    while (more != 0) {
        uint8_t block[BLOCK];
        if (tar->source->size - tar->pos < BLOCK) {
            tar->done = true;
            return note(tar, STK_NOTE_MALFORMED, tar->pos, "sparse map ends early");
        }
        STK_TRY(stk_source_read(tar->source, tar->pos, block, BLOCK));
        more = block[504];
        tar->pos += BLOCK;
    }
    return STK_OK;
}

static enum stk_status visit_file(struct tar *tar, const uint8_t *block, uint64_t len)
{
    char name[1024];
    member_name(tar, block, name);
    tar->torch_seen |= torch_member_of(name);
    if (block[156] == 'S' || tar->extra.sparse) {
        STK_TRY(note(tar, STK_NOTE_UNSUPPORTED, tar->pos - BLOCK,
                     "tar member is sparse: its holes are not filled in"));
    }
    if (block[156] == 'S') {
        STK_TRY(skip_sparse_map(tar, block[482]));
    }
    bool torch =
        tar->is_torch && (strcmp(name, "pickle") == 0 || strcmp(name, "sys_info") == 0);
    STK_TRY(hand_out(tar, name, tar->pos, len, torch ? STK_ROLE_TORCH : STK_ROLE_ANY));
    return skip_data(tar, len);
}

/* Links, devices, directories and FIFOs: tarfile skips no data behind them, whatever
 * their size says, and others do. */
static enum stk_status visit_other(struct tar *tar, uint64_t len)
{
    return len == 0 ? STK_OK
                    : note(tar, STK_NOTE_AMBIGUOUS, tar->pos - BLOCK,
                           "tar member that is no file has a size");
}

static bool has_data(const struct tar *tar, const uint8_t *block)
{
    struct stk_span name = field_text(block, 100);
    bool is_old_directory = block[156] == 0 && !tar->extra.has_name && name.len > 0 &&
                            name.data[name.len - 1] == '/';
    return !(block[156] >= '1' && block[156] <= '6') && !is_old_directory;
}

/* Applies what a pax header said of the size. */
static enum stk_status member_size(const struct tar *tar, uint64_t in_header,
                                   uint64_t *ret_len)
{
    *ret_len = tar->extra.has_size ? tar->extra.size : in_header;
    if (*ret_len != in_header && (in_header != 0 || *ret_len < PAX_SIZE_MIN)) {
        return note(tar, STK_NOTE_AMBIGUOUS, tar->pos - BLOCK,
                    "tar header and pax header differ in a member's size");
    }
    return STK_OK;
}

static enum stk_status visit_member(struct tar *tar, const uint8_t *block,
                                    uint64_t in_header)
{
    uint64_t len = 0;
    STK_TRY(member_size(tar, in_header, &len));
    tar->n_members++;
    enum stk_status status =
        has_data(tar, block) ? visit_file(tar, block, len) : visit_other(tar, len);
    tar->extra = (struct extra){.has_name = false};
    return status;
}

/* tar->pos is behind the block. */
static enum stk_status visit_header(struct tar *tar, const uint8_t *block)
{
    uint64_t len = 0;
    if (!read_number(block + 124, 12, &len)) {
        tar->done = true;
        STK_TRY(note(tar, STK_NOTE_MALFORMED, tar->pos - BLOCK,
                     "tar member's size is not a number"));
        return hand_out(tar, NULL, tar->pos, UINT64_MAX, STK_ROLE_ANY);
    }
    switch (block[156]) {
    case 'L':
    case 'K':
        return read_long_name(tar, len, block[156] == 'K');
    case 'x':
    case 'X':
    case 'g':
        return read_pax(tar, len, block[156] == 'g');
    default:
        return visit_member(tar, block, len);
    }
}

/* A zero block ends the archive. Only zeros may follow; some readers go on to a further
 * archive there. */
static enum stk_status visit_end(struct tar *tar)
{
    struct stk_reader r;
    stk_reader_init(&r, tar->source);
    stk_reader_seek(&r, tar->pos);
    struct stk_span chunk;
    tar->done = true;
    do {
        tar->pos = r.pos;
        chunk = stk_reader_chunk(&r);
    } while (chunk.len > 0 && is_zero(chunk));
    STK_TRY(r.status);
    if (chunk.len == 0) {
        return STK_OK;
    }
    size_t i = 0;
    while (chunk.data[i] == 0) {
        i++;
    }
    tar->pos += i / BLOCK * BLOCK;
    STK_TRY(
        note(tar, STK_NOTE_AMBIGUOUS, tar->pos, "bytes follow the end of the archive"));
    return hand_out(tar, NULL, tar->pos, UINT64_MAX, STK_ROLE_ANY);
}

static enum stk_status visit_block(struct tar *tar)
{
    uint8_t block[BLOCK];
    if (tar->source->size - tar->pos >= BLOCK) {
        STK_TRY(stk_source_read(tar->source, tar->pos, block, BLOCK));
        if (is_zero(stk_span_of(block, BLOCK))) {
            return visit_end(tar);
        }
        if (checksum_ok(block)) {
            tar->pos += BLOCK;
            return visit_header(tar, block);
        }
    }
    tar->done = true;
    STK_TRY(note(tar, STK_NOTE_MALFORMED, tar->pos, "tar header is malformed"));
    return hand_out(tar, NULL, tar->pos, UINT64_MAX, STK_ROLE_ANY);
}

static enum stk_status visit_all(struct tar *tar)
{
    while (!tar->done && tar->pos < tar->source->size) {
        if (tar->n_members >= tar->visitor->limits->members_max) {
            return note(tar, STK_NOTE_LIMIT, tar->pos,
                        "tar has more members than members-max (%" PRIu64 ")",
                        tar->visitor->limits->members_max);
        }
        STK_TRY(visit_block(tar));
    }
    return STK_OK;
}

static enum stk_status walk(const struct stk_source *source, const struct stk_visitor *v)
{
    struct tar tar = {.source = source, .visitor = v, .dry = true};
    STK_TRY(visit_all(&tar));
    bool is_torch = tar.torch_seen == TORCH_ALL;
    if (is_torch) {
        v->refine(v->ctx, "torch-tar");
    }
    tar = (struct tar){.source = source, .visitor = v, .is_torch = is_torch};
    return visit_all(&tar);
}

const struct stk_format stk_format_tar = {"tar", "tar (v7, ustar, pax, GNU)", is_tar,
                                          walk};
