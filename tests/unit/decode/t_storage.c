/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "decoded.h"
#include "pickle/write.h"

static const char *storage_text(const struct parts *parts)
{
    static char text[1024];
    struct stk_buf s;
    struct decoded d;
    stk_buf_init(&s, &stk_alloc_libc, 1 << 20);
    PUT(&s, "\x80\3");
    put_storage_call(&s, parts);
    PUT(&s, ".");
    decoded_init(&d, &stk_alloc_libc);
    (void)snprintf(text, sizeof text, "%.1000s", decoded_text(&d, s.data, s.len));
    decoded_release(&d);
    stk_buf_release(&s);
    return text;
}

static void a_good_one(void **state)
{
    (void)state;
    struct parts parts = PARTS_GOOD;
    assert_string_equal(storage_text(&parts),
                        "storage<float32 FloatStorage 4 '7' 'cpu', 16 bytes>");
    parts.n_items = 0;
    parts.n_bytes = 0;
    parts.id = "(S'storage'\nctorch\nLongStorage\nS'7'\nS'cpu'\nI0\nNtQ.";
    assert_string_equal(storage_text(&parts),
                        "storage<int64 LongStorage 0 '7' 'cpu', 0 bytes>");
}

#define LEGACY "a storage that is no legacy torch file"
#define UNCLEAN "a storage whose stream is not clean"
#define COUNT "a storage whose number of items and bytes do not agree"
#define OTHER "a legacy torch file that holds something else than a storage"

static const char *why(const char *text)
{
    static char copy[1024];
    (void)snprintf(copy, sizeof copy, "%.1000s", text);
    char *end = strstr(copy, ", at ");
    assert_non_null(end);
    *end = '\0';
    return copy;
}

#define REFUSED(field_, value, reason_)                                                  \
    do {                                                                                 \
        struct parts parts_ = PARTS_GOOD;                                                \
        parts_.field_ = (value);                                                         \
        assert_string_equal(why(storage_text(&parts_)), "undecided: " reason_);          \
    } while (0)

static void each_part_can_be_wrong(void **state)
{
    (void)state;
    REFUSED(magic, "I5\n.", LEGACY);
    REFUSED(magic, "N.", LEGACY);
    REFUSED(magic, "\x80\2\x8a\x0a\x6d\xfc\x9c\x46\xf9\x20\x6a\xa8\x50\x19.", LEGACY);
    REFUSED(magic, "L-119547037146038801333356L\n.", LEGACY);
}

static void other_parts(void **state)
{
    (void)state;
    REFUSED(version, "I1000\n.", LEGACY);
    REFUSED(version, "F1001\n.", LEGACY);
    REFUSED(facts, "(S'little_endian'\nI00\nd.", "a storage of a big-endian machine");
    REFUSED(facts, "(S'little_endian'\nK\1d.", "a storage of a big-endian machine");
    REFUSED(facts, "(d.", "a storage of a big-endian machine");
    REFUSED(facts, "N.", "a storage of a big-endian machine");
    REFUSED(id, "N.", OTHER);
    REFUSED(id, "(S'storage'\nctorch\nFloatStorage\nS'7'\nS'cpu'\nK\4Nt.", OTHER);
    REFUSED(keys, "(S'8'\nl.", "a storage whose key is not listed");
    REFUSED(keys, "(l.", "a storage whose key is not listed");
    REFUSED(keys, "(S'7'\nS'7'\nl.", "a storage whose key is not listed");
    REFUSED(keys, "(S'7'\nt.", "a storage whose key is not listed");
    REFUSED(n_items, 3, COUNT);
    REFUSED(n_items, 5, COUNT);
    REFUSED(n_items, UINT64_MAX, COUNT);
    REFUSED(n_bytes, 15, COUNT);
    REFUSED(n_bytes, 17, COUNT);
    REFUSED(n_bytes, 0, COUNT);
}

/* Nothing else may be in the streams: they are decoded like any other. */
static void streams_that_are_not_clean(void **state)
{
    (void)state;
    REFUSED(facts, "cos\nsystem\n.", UNCLEAN);
    REFUSED(magic, "cx\ny\n)R.", UNCLEAN);
    REFUSED(keys, "garbage", UNCLEAN);
    REFUSED(id, "(S'storage'\ncos\nsystem\nS'7'\nS'cpu'\nK\4NtQ.", UNCLEAN);
    REFUSED(id, "(S'storage'\nctorch\nFloatStorage\nS'7'\nS'cpu'\nI-1\nNtQ.", UNCLEAN);
    REFUSED(id, "(S'storage'\nctorch\nNoStorage\nS'7'\nS'cpu'\nK\4NtQ.", UNCLEAN);
    REFUSED(id, "(S'storage'\nctorch\nFloatStorage\nS'7'\nS'cpu'\nK\4(S'v'\nK\1K\4ttQ.",
            UNCLEAN);
}

static void truncated_at_every_byte(void **state)
{
    (void)state;
    struct parts parts = PARTS_GOOD;
    struct stk_buf inner;
    stk_buf_init(&inner, &stk_alloc_libc, 1 << 20);
    put_parts(&inner, &parts);
    for (size_t len = 0; len < inner.len; len++) {
        struct stk_buf s;
        struct decoded d;
        stk_buf_init(&s, &stk_alloc_libc, 1 << 20);
        PUT(&s, "\x80\3"
                "ctorch.storage\n_load_from_bytes\nC");
        put_le(&s, len, 1);
        stk_buf_put(&s, inner.data, len);
        PUT(&s, "\x85R.");
        decoded_init(&d, &stk_alloc_libc);
        decoded_run(&d, s.data, s.len);
        assert_int_equal(d.status, STK_E_MALFORMED);
        decoded_release(&d);
        stk_buf_release(&s);
    }
    stk_buf_release(&inner);
}

/* The bytes once as text, as protocol 2 has them. */
static void written_as_text(void **state)
{
    (void)state;
    struct parts parts = PARTS_GOOD;
    struct stk_buf s;
    struct stk_buf out;
    struct decoded d;
    struct stk_pickle_writer writer;
    struct stk_write_error error;
    stk_buf_init(&s, &stk_alloc_libc, 1 << 20);
    stk_buf_init(&out, &stk_alloc_libc, 1 << 20);
    PUT(&s, "\x80\3");
    put_storage_call(&s, &parts);
    PUT(&s, ".");
    decoded_init(&d, &stk_alloc_libc);
    stk_pickle_writer_init(&writer, &stk_alloc_libc);
    for (int protocol = 2; protocol <= 5; protocol++) {
        stk_buf_clear(&out);
        decoded_run(&d, s.data, s.len);
        assert_int_equal(d.status, STK_OK);
        assert_int_equal(stk_pickle_write(&writer, d.value, protocol, &out, &error),
                         STK_OK);
        assert_string_equal(decoded_text(&d, out.data, out.len),
                            "storage<float32 FloatStorage 4 '7' 'cpu', 16 bytes>");
        for (uint8_t i = 0; i < 16; i++) {
            assert_int_equal(d.value.object->array->bytes.data[i], i);
        }
    }
    stk_pickle_writer_release(&writer);
    decoded_release(&d);
    stk_buf_release(&s);
    stk_buf_release(&out);
}

static void storages_do_not_nest(void **state)
{
    (void)state;
    struct parts parts = PARTS_GOOD;
    struct stk_buf outer;
    struct stk_buf s;
    struct decoded d;
    stk_buf_init(&outer, &stk_alloc_libc, 1 << 20);
    stk_buf_init(&s, &stk_alloc_libc, 1 << 20);
    put_storage_call(&outer, &parts);
    PUT(&outer, ".");
    PUT(&s, "\x80\3"
            "ctorch.storage\n_load_from_bytes\nB");
    put_le(&s, outer.len, 4);
    stk_buf_put(&s, outer.data, outer.len);
    PUT(&s, "\x85R.");
    decoded_init(&d, &stk_alloc_libc);
    assert_string_equal(why(decoded_text(&d, s.data, s.len)), "undecided: " UNCLEAN);
    decoded_release(&d);
    stk_buf_release(&s);
    stk_buf_release(&outer);
}

/* One argument for many calls: each would be gone through again. */
static void shared_bytes_are_bounded(void **state)
{
    (void)state;
    struct parts parts = PARTS_GOOD;
    struct stk_buf inner;
    struct stk_buf s;
    struct decoded d;
    stk_buf_init(&inner, &stk_alloc_libc, 1 << 20);
    stk_buf_init(&s, &stk_alloc_libc, 1 << 22);
    put_parts(&inner, &parts);
    PUT(&s, "\x80\3(ctorch.storage\n_load_from_bytes\nq\0B");
    put_le(&s, inner.len, 4);
    stk_buf_put(&s, inner.data, inner.len);
    PUT(&s, "\x85q\1R");
    for (int i = 0; i < 2000; i++) {
        stk_buf_put(&s, "h\0h\1R", 5);
    }
    PUT(&s, "t.");
    decoded_init(&d, &stk_alloc_libc);
    assert_string_equal(why(decoded_text(&d, s.data, s.len)),
                        "undecided: storages that share their bytes");
    decoded_release(&d);
    stk_buf_release(&s);
    stk_buf_release(&inner);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_good_one),
        cmocka_unit_test(each_part_can_be_wrong),
        cmocka_unit_test(other_parts),
        cmocka_unit_test(streams_that_are_not_clean),
        cmocka_unit_test(truncated_at_every_byte),
        cmocka_unit_test(written_as_text),
        cmocka_unit_test(storages_do_not_nest),
        cmocka_unit_test(shared_bytes_are_bounded),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
