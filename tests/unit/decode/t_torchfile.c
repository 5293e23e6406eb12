/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "decode/torchfile.h"
#include "decoded.h"

/* A tensor of two float32, which are storage '7'. */
#define OBJECT                                                                           \
    "ctorch._utils\n_rebuild_tensor_v2\n((S'storage'\nctorch\nFloatStorage\nS'7'\n"      \
    "S'cpu'\nK\2NtQI0\nK\2\x85K\1\x85I00\nccollections\nOrderedDict\n)RtR."

#define GOOD                                                                             \
    (struct parts)                                                                       \
    {                                                                                    \
        .magic = TORCH_MAGIC, .version = "I1001\n.",                                     \
        .facts = "(S'little_endian'\nI01\nd.", .id = OBJECT, .keys = "(S'7'\nl.",        \
        .n_items = 2, .n_bytes = 8                                                       \
    }

struct opened {
    struct decoded d;
    struct stk_buf bytes;
    struct stk_source source;
    struct stk_torch_file file;
    enum stk_status status;
};

static void open_it(struct opened *o, const struct parts *parts, bool legacy)
{
    decoded_init(&o->d, &stk_alloc_libc);
    stk_buf_init(&o->bytes, &stk_alloc_libc, 1 << 16);
    put_parts(&o->bytes, parts);
    o->source = stk_source_of(stk_buf_span(&o->bytes));
    o->status = stk_torch_open(
        &o->file, &stk_alloc_libc, &o->d.limits, o->d.decoder, &o->d.arena, &o->source,
        legacy ? o->bytes.len - 8 - parts->n_bytes : 0, &o->d.error);
}

static void close_it(struct opened *o)
{
    stk_torch_release(&o->file);
    stk_buf_release(&o->bytes);
    decoded_release(&o->d);
}

static void a_legacy_file(void **state)
{
    (void)state;
    static const uint8_t items[] = {0, 1, 2, 3, 4, 5, 6, 7};
    static struct opened o;
    struct parts parts = GOOD;
    struct stk_torch_place place;
    uint8_t got[sizeof items];
    open_it(&o, &parts, true);
    assert_int_equal(o.status, STK_OK);
    struct stk_array storage = *o.file.value.object->array->storage.object->array;
    assert_int_equal(stk_torch_place(&o.file, &storage, &place, &o.d.error), STK_OK);
    assert_true(place.in_file);
    assert_int_equal(place.off, o.bytes.len - sizeof items);
    assert_int_equal(place.source.size, sizeof items);
    assert_int_equal(stk_source_read(&place.source, 0, got, sizeof got), STK_OK);
    assert_memory_equal(got, items, sizeof items);
    storage.key = stk_span_of("8", 1);
    assert_int_equal(stk_torch_place(&o.file, &storage, &place, &o.d.error),
                     STK_E_MALFORMED);
    assert_string_equal(o.d.error.reason, "a storage that is not in the file");
    close_it(&o);
}

static void refused(void **state)
{
    (void)state;
    static struct opened o;
    struct parts parts = GOOD;
    open_it(&o, &parts, false);
    assert_int_equal(o.status, STK_E_MALFORMED);
    assert_string_not_equal(o.d.error.reason, "");
    close_it(&o);
    parts.n_items = 3;
    open_it(&o, &parts, true);
    assert_int_equal(o.status, STK_E_MALFORMED);
    assert_string_equal(o.d.error.reason,
                        "a storage whose number of items and bytes do not agree");
    close_it(&o);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_legacy_file),
        cmocka_unit_test(refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
