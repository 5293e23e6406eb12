/* SPDX-License-Identifier: Apache-2.0
 *
 * What torch.save wrote before 1.6 (torch/serialization.py, _legacy_save): five streams
 * one after another (a magic number, the protocol version, facts about the machine, the
 * object, and the list of its storages' keys), then for each key the number of items as
 * 8 bytes and the items. The numbers are not looked at, but it is verified that they are
 * where the loader takes them from, so that nothing hides behind or between them.
 */
#include <inttypes.h>

#include "base/checked.h"
#include "container/formats.h"
#include "container/reader.h"

#define N_STREAMS 5
#define KEY_MAX 64

/* 0x1950a86a20f9469cfc6c as the int opcodes of the protocols write it. */
static const uint8_t long1[] = {0x8a, 0x0a, 0x6c, 0xfc, 0x9c, 0x46, 0xf9,
                                0x20, 0x6a, 0xa8, 0x50, 0x19, '.'};
static const uint8_t long4[] = {0x8b, 0x0a, 0,    0,    0,    0x6c, 0xfc, 0x9c,
                                0x46, 0xf9, 0x20, 0x6a, 0xa8, 0x50, 0x19, '.'};
static const char text[] = "L119547037146038801333356";

/* A PROTO and a FRAME may stand before the number. */
static bool is_torch(const struct stk_source *source, struct stk_span head)
{
    (void)source;
    if (head.len >= 2 && head.data[0] == 0x80 && head.data[1] <= 5) {
        head = stk_span_of(head.data + 2, head.len - 2);
    }
    if (head.len >= 9 && head.data[0] == 0x95) {
        head = stk_span_of(head.data + 9, head.len - 9);
    }
    return stk_span_starts(head, long1, sizeof(long1)) ||
           stk_span_starts(head, long4, sizeof(long4)) ||
           stk_span_starts(head, text, sizeof(text) - 1);
}

/* The list of keys, read as it is needed: what pickle.dump makes of a list of str with
 * protocol 2 or later, and of a list of Python 2's str. */
struct keys {
    struct stk_reader reader;
    uint8_t key[KEY_MAX];
};

static struct stk_span take_key(struct keys *keys, uint64_t len)
{
    if (len > sizeof(keys->key)) {
        stk_reader_fail(&keys->reader, STK_E_MALFORMED);
        len = 0;
    }
    stk_reader_get(&keys->reader, keys->key, (size_t)len);
    return stk_span_of(keys->key, (size_t)len);
}

/* The next key; false at STOP or after a failure. */
static bool next_key(struct keys *keys, struct stk_span *ret_key)
{
    struct stk_reader *r = &keys->reader;
    while (r->status == STK_OK) {
        switch (stk_reader_u8(r)) {
        case 0x80: /* PROTO */
        case 'q':  /* BINPUT */
            stk_reader_skip(r, 1);
            break;
        case 'r': /* LONG_BINPUT */
            stk_reader_skip(r, 4);
            break;
        case 0x95: /* FRAME */
            stk_reader_skip(r, 8);
            break;
        case 0x94: /* MEMOIZE */
        case ']':
        case '(':
        case 'e':
        case 'a':
            break;
        case 'X': /* BINUNICODE */
        case 'T': /* BINSTRING */
            *ret_key = take_key(keys, stk_reader_u32(r));
            return r->status == STK_OK;
        case 0x8c: /* SHORT_BINUNICODE */
        case 'U':  /* SHORT_BINSTRING */
            *ret_key = take_key(keys, stk_reader_u8(r));
            return r->status == STK_OK;
        case '.':
            return false;
        default:
            stk_reader_fail(r, STK_E_MALFORMED);
        }
    }
    return false;
}

static enum stk_status hand_out_rest(const struct stk_source *source,
                                     const struct stk_visitor *v, uint64_t pos)
{
    if (pos >= source->size) {
        return STK_OK;
    }
    struct stk_part part = {
        .source = stk_source_part(source, pos, UINT64_MAX),
        .off = pos,
        .role = STK_ROLE_ANY,
        .in_file = true,
    };
    return v->part(v->ctx, &part);
}

/* Bytes of the storage at pos, with its count; torch refuses a count other than the one
 * in the persistent id (_set_from_file). Malformed if it is not there whole. */
static enum stk_status storage_len(const struct stk_source *source,
                                   const struct stk_visitor *v, uint64_t pos,
                                   struct stk_span key, uint64_t *ret_len)
{
    uint8_t bytes[8];
    uint64_t items = 0;
    uint64_t item_size = 0;
    uint64_t len = 0;
    if (!v->storage_size(v->ctx, key, &items, &item_size)) {
        return STK_E_MALFORMED;
    }
    STK_TRY(stk_source_read(source, pos, bytes, sizeof(bytes)));
    if (stk_le64(bytes) != items || !stk_mul(items, item_size, &len) ||
        !stk_add(len, sizeof(bytes), &len) || !stk_range_ok(pos, len, source->size)) {
        return STK_E_MALFORMED;
    }
    *ret_len = len;
    return STK_OK;
}

/* keys_at: where the fifth stream begins; pos: where it ends. */
static enum stk_status walk_storages(const struct stk_source *source,
                                     const struct stk_visitor *v, uint64_t keys_at,
                                     uint64_t pos)
{
    struct stk_source list = stk_source_part(source, keys_at, pos - keys_at);
    struct keys keys;
    stk_reader_init(&keys.reader, &list);
    struct stk_span key;
    enum stk_status status = STK_OK;
    while (status == STK_OK && next_key(&keys, &key)) {
        uint64_t len = 0;
        status = storage_len(source, v, pos, key, &len);
        pos += len;
    }
    status = status == STK_OK ? keys.reader.status : status;
    if (stk_status_is_environment(status)) {
        return status;
    }
    if (status != STK_OK) {
        STK_TRY(stk_visitor_note(v, STK_NOTE_MALFORMED, pos,
                                 "storages are not where the torch file says"));
    }
    return hand_out_rest(source, v, pos);
}

static enum stk_status walk(const struct stk_source *source, const struct stk_visitor *v)
{
    uint64_t pos = 0;
    uint64_t start = 0;
    for (int i = 0; i < N_STREAMS; i++) {
        if (pos == source->size) {
            return stk_visitor_note(v, STK_NOTE_MALFORMED, pos,
                                    "torch file ends after %d of its 5 streams", i);
        }
        struct stk_part part = {
            .source = stk_source_part(source, pos, UINT64_MAX),
            .off = pos,
            .role = STK_ROLE_TORCH,
            .in_file = true,
        };
        uint64_t end = 0;
        STK_TRY(v->stream(v->ctx, &part, &end));
        if (end == 0 || end > part.source.size) {
            /* The loader stops here, and the visitor has said so. What follows is
             * searched all the same. */
            return i == 0 ? STK_OK : hand_out_rest(source, v, pos);
        }
        start = pos;
        pos += end;
    }
    return walk_storages(source, v, start, pos);
}

const struct stk_format stk_format_torch_legacy = {
    "torch-legacy", "torch.save before 1.6, or with the zip form off", is_torch, walk};
