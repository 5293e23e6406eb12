/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "decode/legacy.h"
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

/* Where the items of '7' begin, counted from the end of the streams; or the reason. */
static const char *outcome(const struct parts *parts)
{
    static char text[600];
    struct decoded d;
    struct stk_buf file;
    struct stk_map index;
    struct stk_legacy legacy;
    const uint64_t *places = NULL;
    decoded_init(&d, &stk_alloc_libc);
    stk_buf_init(&file, &stk_alloc_libc, 1 << 16);
    stk_map_init(&index, &stk_alloc_libc, SIZE_MAX, 1);
    put_parts(&file, parts);
    size_t end = file.len - 8 - parts->n_bytes;
    struct stk_source source = stk_source_of(stk_buf_span(&file));
    enum stk_status status = stk_legacy_decode(
        d.decoder, &d.arena, stk_span_of(file.data, end), &legacy, &d.error);
    if (status == STK_OK) {
        assert_int_equal(legacy.value.kind, STK_VALUE_TENSOR);
        status = stk_legacy_places(&stk_alloc_libc, &d.arena, &source, end, &legacy,
                                   &index, &places, &d.error);
    }
    (void)snprintf(text, sizeof text, "%s", d.error.reason);
    if (status == STK_OK) {
        (void)snprintf(text, sizeof text, "%d", (int)(places[0] - end));
    } else {
        assert_int_equal(status, STK_E_MALFORMED);
    }
    stk_map_release(&index);
    stk_buf_release(&file);
    decoded_release(&d);
    return text;
}

static void a_good_one(void **state)
{
    (void)state;
    struct parts parts = GOOD;
    assert_string_equal(outcome(&parts), "8");
}

#define REFUSED(field_, value, reason_)                                                  \
    do {                                                                                 \
        struct parts parts_ = GOOD;                                                      \
        parts_.field_ = (value);                                                         \
        assert_string_equal(outcome(&parts_), (reason_));                                \
    } while (0)

#define COUNT "a storage whose number of items and bytes do not agree"
#define KEYS "a legacy torch file without its list of keys"

static void refused(void **state)
{
    (void)state;
    REFUSED(n_items, 3, COUNT);
    REFUSED(n_bytes, 7, COUNT);
    REFUSED(keys, "(S'8'\nl.", "a storage that the object does not have");
    REFUSED(keys, "(S'7'\nS'7'\nl.", "a legacy torch file that ends before its storages");
    REFUSED(keys, "(K\1l.", KEYS);
    REFUSED(keys, "N.", KEYS);
    REFUSED(keys, "(S'7'\nl.N.", KEYS);
    REFUSED(facts, "(S'little_endian'\nI00\nd.", "a storage of a big-endian machine");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_good_one),
        cmocka_unit_test(refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
