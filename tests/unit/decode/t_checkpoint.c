/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "decode/checkpoint.h"
#include "decoded.h"

/* "name kind; …", or why it is refused. */
static const char *listed(const char *stream, size_t len)
{
    static const char *const kinds[] = {"tensor", "plain", "other"};
    static char text[1024];
    struct stk_checkpoint c;
    struct decoded d;
    size_t n = 0;
    text[0] = '\0';
    decoded_init(&d, &stk_alloc_libc);
    d.options.loader = STK_LOADER_TORCH;
    decoded_run(&d, stream, len);
    assert_int_equal(d.status, STK_OK);
    stk_checkpoint_init(&c, &stk_alloc_libc, &d.arena);
    enum stk_status status = stk_checkpoint_list(&c, d.value, &d.error);
    if (status != STK_OK) {
        assert_int_equal(status, STK_E_MALFORMED);
        (void)snprintf(text, sizeof text, "%s: %s", d.error.path, d.error.reason);
    }
    for (size_t i = 0; status == STK_OK && i < c.n_entries; i++) {
        const struct stk_checkpoint_entry *entry = &c.entries[i];
        n +=
            (size_t)snprintf(text + n, sizeof text - n, "%.*s %s; ", (int)entry->name.len,
                             (const char *)entry->name.data, kinds[entry->kind]);
        assert_true(n < sizeof text);
    }
    stk_checkpoint_release(&c);
    decoded_release(&d);
    return text;
}

#define LISTS(bytes, want) assert_string_equal(listed((bytes), sizeof(bytes) - 1), (want))

/* Two float32 of storage '0'; TAIL: what follows the hooks. */
#define TENSOR_(tail)                                                                    \
    "ctorch._utils\n_rebuild_tensor_v2\n((S'storage'\nctorch\nFloatStorage\nS'0'\n"      \
    "S'cpu'\nK\2tQK\0K\2\x85K\1\x85I00\nccollections\nOrderedDict\n)R" tail "tR"
#define TENSOR TENSOR_("")

static void names(void **state)
{
    (void)state;
    LISTS(TENSOR ".", "tensor tensor; ");
    LISTS("(S'a'\n(S'b'\n" TENSOR "I7\n" TENSOR "dS'c'\n(K\1" TENSOR "ld.",
          "a.b tensor; a.7 tensor; c.0 plain; c.1 tensor; ");
    LISTS("(S'a'\n(K\1K\2lS'b'\nNd.", "a plain; b plain; ");
}

static void refused(void **state)
{
    (void)state;
    LISTS("(S'a'\n(S'b'\n" TENSOR "dS'a.b'\n" TENSOR "d.",
          "a.b: two entries would have this name");
    LISTS("(I1\n" TENSOR "S'1'\n" TENSOR "d.", "1: two entries would have this name");
    LISTS("(S'__metadata__'\n" TENSOR "d.",
          "__metadata__: a name that safetensors reserves");
    LISTS("]q\0h\0a.", ": a value that holds itself");
}

static const char *why(const char *stream, size_t len)
{
    struct decoded d;
    decoded_init(&d, &stk_alloc_libc);
    d.options.loader = STK_LOADER_TORCH;
    decoded_run(&d, stream, len);
    assert_string_equal(d.error.reason, "");
    assert_int_equal(d.status, STK_OK);
    assert_int_equal(d.value.kind, STK_VALUE_TENSOR);
    const char *reason = stk_tensor_refused(d.value);
    decoded_release(&d);
    return reason;
}

#define WHY(bytes) why((bytes), sizeof(bytes) - 1)

static void marks(void **state)
{
    (void)state;
    static const char marked[] = "a tensor with the conj or neg bit";
    assert_null(WHY(TENSOR "."));
    assert_null(WHY(TENSOR_("}") "."));
    assert_null(WHY(TENSOR_("N") "."));
    assert_string_equal(WHY(TENSOR_("(S'conj'\nI01\nd") "."), marked);
    assert_string_equal(WHY(TENSOR_("(S'neg'\nI01\nd") "."), marked);
    assert_string_equal(WHY("ctorch._utils\n_rebuild_parameter\n(" TENSOR_(
                            "(S'neg'\nI01\nd") "I01\nccollections\nOrderedDict\n)RtR."),
                        marked);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(names),
        cmocka_unit_test(refused),
        cmocka_unit_test(marks),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
