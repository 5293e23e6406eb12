/* SPDX-License-Identifier: Apache-2.0
 *
 * Archives as torch and Keras lay them out. The input says which members there are; the
 * target writes an archive of them in which nothing is wrong, so that each content must
 * be handed out as it is, but for storages, which only have to lie where torch looks.
 *
 * Input: for each member one byte that chooses its name, one byte that is the length of
 * its content, and the content.
 */
#include "container/inflate.h"
#include "walk.h"

#define MEMBERS_MAX 64
#define ARCHIVE_MAX ((size_t)1 << 16)

static const char *const names[] = {
    "p/data.pkl",  "p/data/0",      "p/data/1",
    "p/version",   "p/DATA.PKL",    "q/data.pkl",
    "q/data/0",    "p/DATA/0",      "p/constants.pkl",
    "p/code/x.py", "p/x.debug_pkl", "p/.data/extern_modules",
    "data.pkl",    "version",       "data/0",
    "config.json", "metadata.json", "model.weights.h5",
    "a.npy",       "b.npy",         "p/",
    "p/data/",
};
#define N_NAMES (sizeof(names) / sizeof(names[0]))

struct member {
    const char *name;
    const uint8_t *content;
    size_t len;
    size_t at;
    bool twin; /* another member has its name */
    bool seen;
};

struct archive {
    struct member members[MEMBERS_MAX];
    size_t n;
    uint8_t data[ARCHIVE_MAX];
    size_t len;
};

static void put(struct archive *a, uint64_t value, size_t width)
{
    for (size_t i = 0; i < width; i++) {
        a->data[a->len++] = (uint8_t)(i < 8 ? value >> (8 * i) : 0);
    }
}

static void put_bytes(struct archive *a, const void *bytes, size_t len)
{
    memcpy(a->data + a->len, bytes, len);
    a->len += len;
}

/* What the local header and the directory have in common. */
static void put_fields(struct archive *a, const struct member *m)
{
    put(a, 20, 2);
    put(a, 0, 8);
    put(a, stk_crc32(0, m->content, m->len), 4);
    put(a, m->len, 4);
    put(a, m->len, 4);
    put(a, strlen(m->name), 2);
    put(a, 0, 2);
}

static void put_member(struct archive *a, struct member *m)
{
    m->at = a->len;
    put_bytes(a, "PK\3\4", 4);
    put_fields(a, m);
    put_bytes(a, m->name, strlen(m->name));
    put_bytes(a, m->content, m->len);
}

static void finish(struct archive *a)
{
    size_t start = a->len;
    for (size_t i = 0; i < a->n; i++) {
        put_bytes(a, "PK\1\2\0\0", 6);
        put_fields(a, &a->members[i]);
        put(a, 0, 10);
        put(a, a->members[i].at, 4);
        put_bytes(a, a->members[i].name, strlen(a->members[i].name));
    }
    size_t size = a->len - start;
    put_bytes(a, "PK\5\6\0\0\0\0", 8);
    put(a, a->n, 2);
    put(a, a->n, 2);
    put(a, size, 4);
    put(a, start, 4);
    put(a, 0, 2);
}

static void build(struct archive *a, const uint8_t *data, size_t len)
{
    memset(a, 0, sizeof(*a));
    while (len >= 2 && a->n < MEMBERS_MAX) {
        struct member *m = &a->members[a->n++];
        m->name = names[data[0] % N_NAMES];
        m->len = data[1] < len - 2 ? data[1] : len - 2;
        m->content = data + 2;
        data += 2 + m->len;
        len -= 2 + m->len;
        put_member(a, m);
        for (size_t i = 0; i + 1 < a->n; i++) {
            bool twin = a->members[i].name == m->name;
            a->members[i].twin |= twin;
            m->twin |= twin;
        }
    }
    finish(a);
}

static struct archive archive;

static enum stk_status see(void *ctx, const struct stk_part *part)
{
    (void)ctx;
    for (size_t i = 0; i < archive.n; i++) {
        struct member *m = &archive.members[i];
        m->seen |= part->off == m->at + 30 + strlen(m->name) &&
                   part->source.size == m->len && part->in_file;
    }
    return STK_OK;
}

static bool may_be_left_out(const struct member *m)
{
    return !m->twin &&
           (strcmp(m->name, "p/data/0") == 0 || strcmp(m->name, "q/data/0") == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    struct fuzz_heap heap = {.alloc = {fuzz_resize, NULL}};
    struct fuzz_walk walk = {.limits = STK_LIMITS_DEFAULT,
                             .expand_left = FUZZ_EXPAND_MAX};
    heap.alloc.ctx = &heap;
    build(&archive, data, len);
    walk.size = archive.len;
    walk.visitor = (struct stk_visitor){
        .ctx = &walk,
        .alloc = &heap.alloc,
        .limits = &walk.limits,
        .expand_left = &walk.expand_left,
        .part = see,
        .note = fuzz_note,
        .is_storage = fuzz_is_storage,
        .refine = fuzz_refine,
    };
    struct stk_source source = stk_source_of(stk_span_of(archive.data, archive.len));
    require(stk_format_zip.walk(&source, &walk.visitor) == STK_OK);
    require(heap.held == 0);
    for (size_t i = 0; i < archive.n; i++) {
        const struct member *m = &archive.members[i];
        require(m->seen || m->len == 0 || may_be_left_out(m));
    }
    fuzz_format(&stk_format_zip, archive.data, archive.len);
    return 0;
}
