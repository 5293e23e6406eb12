/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "container/protobuf.h"

#include "bytes_build.h"

static struct bb b;

static int start(void **state)
{
    (void)state;
    b.len = 0;
    return 0;
}

static struct stk_reader reader_of(const struct bb *bytes)
{
    struct stk_source source = stk_source_of(stk_span_of(bytes->data, bytes->len));
    struct stk_reader r;
    stk_reader_init(&r, &source);
    return r;
}

static void every_wire_type(void **state)
{
    (void)state;
    bb_int_field(&b, 1, UINT64_MAX);
    bb_varint(&b, 2 << 3 | 1);
    bb_number(&b, 7, 8);
    bb_text_field(&b, 3000, "hello");
    bb_varint(&b, 4 << 3 | 5);
    bb_number(&b, 7, 4);
    struct stk_reader r = reader_of(&b);
    struct stk_pb m = stk_pb_of(&r);
    struct stk_pb_field f;
    uint8_t buf[3];
    assert_true(stk_pb_next(&m, &f));
    assert_true(f.number == 1 && f.wire == STK_PB_VARINT && f.value == UINT64_MAX);
    assert_true(stk_pb_next(&m, &f));
    assert_true(f.number == 2 && f.wire == STK_PB_FIXED64);
    assert_true(stk_pb_next(&m, &f));
    assert_true(f.number == 3000 && f.wire == STK_PB_BYTES && f.len == 5);
    assert_true(stk_span_is(stk_pb_bytes(&m, &f, buf, sizeof(buf)), "hel"));
    assert_true(stk_pb_next(&m, &f));
    assert_true(f.number == 4 && f.wire == STK_PB_FIXED32);
    assert_false(stk_pb_next(&m, &f));
    assert_int_equal(r.status, STK_OK);
}

/* A field may not leave the message that it is in, though the file goes on. */
static void messages_inside_messages(void **state)
{
    (void)state;
    static struct bb inner;
    inner.len = 0;
    bb_int_field(&inner, 1, 5);
    bb_varint(&inner, 2 << 3 | 2);
    bb_varint(&inner, 1);
    bb_message(&b, 9, &inner);
    bb_text_field(&b, 10, "tail");
    struct stk_reader r = reader_of(&b);
    struct stk_pb m = stk_pb_of(&r);
    struct stk_pb_field f;
    assert_true(stk_pb_next(&m, &f));
    struct stk_pb sub = stk_pb_sub(&m, &f);
    assert_true(stk_pb_next(&sub, &f));
    assert_int_equal(f.value, 5);
    assert_false(stk_pb_next(&sub, &f));
    assert_int_equal(r.status, STK_E_MALFORMED);
    assert_false(stk_pb_next(&m, &f));
}

static void expect_failure(const void *bytes, size_t len, enum stk_status want)
{
    b.len = 0;
    bb_raw(&b, bytes, len);
    struct stk_reader r = reader_of(&b);
    struct stk_pb m = stk_pb_of(&r);
    struct stk_pb_field f;
    assert_false(stk_pb_next(&m, &f));
    assert_int_equal(r.status, want);
}

static void failures(void **state)
{
    (void)state;
    expect_failure("\x00\x00", 2, STK_E_MALFORMED);   /* field 0 */
    expect_failure("\x0b", 1, STK_E_MALFORMED);       /* a group */
    expect_failure("\x08", 1, STK_E_TRUNCATED);       /* no value */
    expect_failure("\x0a\x02x", 3, STK_E_TRUNCATED);  /* a text cut short */
    expect_failure("\x0d\0\0\0", 4, STK_E_TRUNCATED); /* a number cut short */
    expect_failure("\x08\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01", 12,
                   STK_E_MALFORMED); /* more than ten bytes */
    expect_failure("\x0a\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01", 11, STK_E_TRUNCATED);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(every_wire_type, start),
        cmocka_unit_test_setup(messages_inside_messages, start),
        cmocka_unit_test_setup(failures, start),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
