/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "msgpack_case.h"
#include "oom.h"

static enum stk_status write_plain(struct stk_value value, uint64_t again_max,
                                   struct stk_buf *out, struct stk_msgpack_losses *losses,
                                   struct stk_msgpack_error *error)
{
    struct stk_msgpack_writer writer;
    stk_msgpack_writer_init(&writer, out->alloc);
    enum stk_status status =
        stk_msgpack_write_plain(&writer, value, again_max, out, losses, error);
    stk_msgpack_writer_release(&writer);
    return status;
}

static struct stk_msgpack_losses losses;

static uint64_t all_losses(void)
{
    uint64_t n = 0;
    for (size_t i = 0; i < STK_MSGPACK_LOSSES; i++) {
        n += losses.count[i];
    }
    return n;
}

static struct stk_span plain(struct stk_value value)
{
    struct stk_buf out;
    struct stk_msgpack_error error = {0, ""};
    stk_buf_init(&out, &stk_alloc_libc, SIZE_MAX);
    enum stk_status status =
        write_plain(value, STK_MSGPACK_AGAIN_MAX, &out, &losses, &error);
    if (status != STK_OK) {
        print_error("status %d: %s\n", (int)status, error.reason);
        fail();
    }
    struct stk_span span = stk_span_of(block_of(out.data, out.len), out.len);
    stk_buf_release(&out);
    return span;
}

/* One loss, of this kind, unless there is none (STK_MSGPACK_LOSSES). */
static void plain_is(struct stk_value value, const char *bytes,
                     enum stk_msgpack_loss loss)
{
    bytes_are(plain(value), bytes);
    assert_true(all_losses() == (loss != STK_MSGPACK_LOSSES));
    assert_true(loss == STK_MSGPACK_LOSSES || losses.count[loss] == 1);
}

static void plain_of(const char *message, const char *bytes, enum stk_msgpack_loss loss)
{
    plain_is(decode_tagged(message), bytes, loss);
}

static void not_written(struct stk_value value, enum stk_status status, uint64_t off,
                        const char *reason)
{
    struct stk_buf out;
    struct stk_msgpack_error error = {UINT64_MAX, ""};
    struct stk_msgpack_losses kept = {{42}};
    stk_buf_init(&out, &stk_alloc_libc, 1000);
    stk_buf_byte(&out, 0xaa);
    enum stk_status got = write_plain(value, 1000, &out, &kept, &error);
    if (got != status || error.off != off || strstr(error.reason, reason) == NULL) {
        print_error("status %d: %s at %llu, not %s\n", (int)got, error.reason,
                    (unsigned long long)error.off, reason);
        fail();
    }
    assert_true(out.len == 1 && kept.count[0] == 42);
    stk_buf_release(&out);
}

static void what_msgpack_has(void **state)
{
    (void)state;
    static const char *const messages[] = {
        "c0",
        "c3",
        "05",
        "cb3ff0000000000000",
        "cfffffffffffffffff",
        "a3'abc'",
        "c40200ff",
        "93 01 92 02 90 c0",
        "82 a1'a' 01 02 80",
        "d6ff00000001",
        "82 c0 01 c40100 02",
    };
    for (size_t i = 0; i < sizeof messages / sizeof messages[0]; i++) {
        plain_of(messages[i], messages[i], STK_MSGPACK_LOSSES);
    }
}

#define CALLEE "d648 a1'm' a1'n'"

static void what_it_lacks(void **state)
{
    (void)state;
    plain_of("d542 01 02", "92 01 02", STK_MSGPACK_LOSS_TUPLE);
    plain_of("d543 01 02", "92 01 02", STK_MSGPACK_LOSS_SET);
    plain_of("d544 01 02", "92 01 02", STK_MSGPACK_LOSS_SET);
    plain_of("d445 01", "c401 01", STK_MSGPACK_LOSS_BYTEARRAY);
    plain_of("d648 a1'm' a1'n'", "a3'm.n'", STK_MSGPACK_LOSS_GLOBAL);
    plain_of("c70547 'a' eda080 'b'", "a5 'a' efbfbd 'b'", STK_MSGPACK_LOSS_SURROGATE);
    plain_of("c70647 eda080 edbfbf", "a6 efbfbd efbfbd", STK_MSGPACK_LOSS_SURROGATE);
    plain_of("c70549 00 c3 c401 ff", "c401 ff", STK_MSGPACK_LOSS_BUFFER);
    plain_of("d549 00 c3", "c0", STK_MSGPACK_LOSS_DATA);
    plain_of("d54f 03 05", "05", STK_MSGPACK_LOSS_PERSISTENT);
    plain_of("c70b4b 08 " CALLEE " d44207 07", "07", STK_MSGPACK_LOSS_ENUM);
}

static void two_losses(const char *message, const char *bytes)
{
    bytes_are(plain(decode_tagged(message)), bytes);
    assert_true(losses.count[STK_MSGPACK_LOSS_CLASS] == 1);
    assert_true(losses.count[STK_MSGPACK_LOSS_PART] == 1);
}

static void objects(void **state)
{
    (void)state;
    plain_of("c70e4a 0d " CALLEE " c70042 81 a1'x' 05", "81 a1'x' 05",
             STK_MSGPACK_LOSS_CLASS);
    two_losses("c70e4a 0d " CALLEE " d44201 81 a1'x' 05", "81 a1'x' 05");
    plain_of("c70a4a 08 " CALLEE " c70042", "80", STK_MSGPACK_LOSS_CLASS);
    /* Lists, sets and dicts by another name. */
    plain_of("c70c4a 18 " CALLEE " c70042 9101", "91 01", STK_MSGPACK_LOSS_CLASS);
    plain_of("c70d4a cc88 " CALLEE " c70042 9101", "91 01", STK_MSGPACK_LOSS_CLASS);
    plain_of("c70d4a 28 " CALLEE " c70042 810102", "81 01 02", STK_MSGPACK_LOSS_CLASS);
    two_losses("c70e4a 2c " CALLEE " c70042 05 810102", "81 01 02");
    /* Slots. */
    bytes_are(plain(decode_tagged("c7114a 0c " CALLEE " c70042 c70442 c0 810102")),
              "81 01 02");
    /* What it was made of. */
    bytes_are(plain(decode_tagged("c70a4a 08 " CALLEE " d44205")), "91 05");
    plain_of("c70b4a 0c " CALLEE " c70042 05", "05", STK_MSGPACK_LOSS_CLASS);
}

static void mapped_keys(void **state)
{
    (void)state;
    bytes_are(plain(decode_tagged("82 " CALLEE " 01 05 02")), "82 a3'm.n' 01 05 02");
    bytes_are(plain(decode_tagged("81 c70b4b 08 " CALLEE " d44207 07 01")), "81 07 01");
    not_written(decode_tagged("82 " CALLEE " 01 a3'm.n' 02"), STK_E_UNSUPPORTED, 8,
                "keys that are one");
    not_written(decode_tagged("82 c70b4b 08 " CALLEE " d44207 07 01 07 01"),
                STK_E_UNSUPPORTED, 16, "keys that are one");
    not_written(decode_tagged("81 d44201 01"), STK_E_UNSUPPORTED, 1, "other tools");
    not_written(decode_tagged("81 c70347 eda080 01"), STK_E_UNSUPPORTED, 1,
                "other tools");
    not_written(decode_tagged("81 c70946 010000000000000000 01"), STK_E_UNSUPPORTED, 1,
                "other tools");
}

static void refusals(void **state)
{
    (void)state;
    struct stk_value value = {.kind = STK_VALUE_REFUSED, .off = 7};
    not_written(value, STK_E_UNSUPPORTED, 7, "not vetted");
    not_written(decode_tagged("91 c70946 010000000000000000"), STK_E_UNSUPPORTED, 1,
                "more than 64 bits");
}

static void cycles(void **state)
{
    (void)state;
    not_written(decode_tagged("d640 91 d44100"), STK_E_UNSUPPORTED, 2, "contains itself");
    not_written(decode_tagged("c70640 81 a1'a' d44100"), STK_E_UNSUPPORTED, 3,
                "contains itself");
    not_written(decode_tagged("d840 c70d4a 0c " CALLEE " c70042 d44100"),
                STK_E_UNSUPPORTED, 2, "contains itself");
}

static void shared(void **state)
{
    (void)state;
    plain_of("92 d540 9105 d44100", "92 9105 9105", STK_MSGPACK_LOSS_SHARED);
    plain_of("92 c70340 c40105 d44100", "92 c40105 c40105", STK_MSGPACK_LOSSES);
    /* Each level is the one below twice: 2^40 values. */
    struct stk_value value = str("x");
    for (size_t i = 0; i < 40; i++) {
        struct stk_value pair[] = {value, value};
        value = items_of(STK_VALUE_LIST, pair, 2);
        ((struct stk_items *)(uintptr_t)value.items)->head.shared = true;
    }
    not_written(value, STK_E_LIMIT, 0, "too");
    struct stk_buf out;
    struct stk_msgpack_error error = {0, ""};
    stk_buf_init(&out, &stk_alloc_libc, SIZE_MAX);
    assert_int_equal(write_plain(value, 100000, &out, &losses, &error), STK_E_LIMIT);
    assert_string_equal(error.reason, "shared values written again take too much");
    assert_true(out.cap < 300000);
    /* So does a long text that is named again and again. */
    static char text[10000];
    static struct stk_value list[1000];
    memset(text, 'x', sizeof text - 1);
    list[0] = str(text);
    ((struct stk_text *)(uintptr_t)list[0].text)->head.shared = true;
    for (size_t i = 1; i < 1000; i++) {
        list[i] = list[0];
    }
    value = items_of(STK_VALUE_LIST, list, 1000);
    assert_int_equal(write_plain(value, 100000, &out, &losses, &error), STK_E_LIMIT);
    assert_int_equal(write_plain(value, 10000000, &out, &losses, &error), STK_OK);
    stk_buf_release(&out);
}

/* ---- tensors ---- */

static struct stk_value array_value(enum stk_value_kind kind,
                                    const struct stk_array *array)
{
    struct stk_object *object = object_new();
    object->array = array;
    return object_value(kind, object);
}

#define HEAD "83 a5'dtype' a5'int16' a5'shape' "

static const uint8_t eight[] = {1, 0, 2, 0, 3, 0, 4, 0, 5, 0, 6, 0, 7, 0, 8, 0};

/* 2 × 3 of the eight items of a storage. */
struct tensor {
    uint64_t shape[2];
    int64_t stride[2];
    struct stk_array storage;
    struct stk_array array;
    struct stk_value held;
    struct stk_value value;
};

static void tensor_init(struct tensor *t)
{
    *t = (struct tensor){.shape = {2, 3}, .stride = {1, 2}};
    t->storage = (struct stk_array){.dtype = STK_DTYPE_INT16,
                                    .item_size = 2,
                                    .n_items = 8,
                                    .present = true,
                                    .bytes = stk_span_of(eight, sizeof eight)};
    t->held = array_value(STK_VALUE_STORAGE, &t->storage);
    t->array = (struct stk_array){.dtype = STK_DTYPE_INT16,
                                  .item_size = 2,
                                  .rank = 2,
                                  .shape = t->shape,
                                  .stride = t->stride,
                                  .n_items = 6,
                                  .storage = t->held};
    t->value = array_value(STK_VALUE_TENSOR, &t->array);
}

static void arrays(void **state)
{
    (void)state;
    struct tensor t;
    tensor_init(&t);
    plain_is(t.held, HEAD "91 08 a4'data' c410 01000200030004000500060007000800",
             STK_MSGPACK_LOSS_ARRAY);
    t.array.offset = 1;
    plain_is(t.value, HEAD "92 02 03 a4'data' c40c 020004000600030005000700",
             STK_MSGPACK_LOSS_ARRAY);
    t.array.big_endian = true;
    plain_is(t.value, HEAD "92 02 03 a4'data' c40c 000200040006000300050007",
             STK_MSGPACK_LOSS_ARRAY);
    t.array.big_endian = false;
    t.array.stride = NULL;
    plain_is(t.value, HEAD "92 02 03 a4'data' c40c 020003000400050006000700",
             STK_MSGPACK_LOSS_ARRAY);
    t.array.stride = t.stride;
    t.stride[0] = 3;
    t.stride[1] = -1;
    t.array.offset = 2;
    plain_is(t.value, HEAD "92 02 03 a4'data' c40c 030002000100060005000400",
             STK_MSGPACK_LOSS_ARRAY);
    /* One item, repeated. */
    t.stride[0] = 0;
    t.stride[1] = 0;
    plain_is(t.value, HEAD "92 02 03 a4'data' c40c 030003000300030003000300",
             STK_MSGPACK_LOSS_ARRAY);
}

static void arrays_that_are_not_there(void **state)
{
    (void)state;
    struct tensor t;
    tensor_init(&t);
    t.array.offset = 3; /* the last item would be the ninth */
    t.stride[0] = 1;
    t.stride[1] = 2;
    not_written(t.value, STK_E_MALFORMED, 0, "outside its bytes");
    t.array.stride = NULL;
    not_written(t.value, STK_E_MALFORMED, 0, "outside its bytes");
    t.array.offset = UINT64_MAX;
    not_written(t.value, STK_E_MALFORMED, 0, "outside its bytes");
    t.array.offset = 0;
    t.storage.present = false;
    bytes_are(plain(t.value), "82 a5'dtype' a5'int16' a5'shape' 92 02 03");
    assert_true(losses.count[STK_MSGPACK_LOSS_DATA] == 1);
    t.storage.present = true;
    t.array.n_items = 5; /* not 2 × 3 */
    bytes_are(plain(t.value), "82 a5'dtype' a5'int16' a5'shape' 92 02 03");
    t.array.stride = t.stride;
    t.stride[0] = 0;
    t.stride[1] = 0;
    t.shape[0] = UINT64_C(1) << 30;
    t.shape[1] = UINT64_C(1) << 30;
    t.array.n_items = UINT64_C(1) << 60;
    not_written(t.value, STK_E_LIMIT, 0, "too much");
}

static void other_arrays(void **state)
{
    (void)state;
    static const uint8_t bytes[] = {1, 2, 3, 4, 5, 6, 7, 8};
    uint64_t shape[] = {0};
    struct stk_array array = {.dtype = STK_DTYPE_COMPLEX64,
                              .item_size = 8,
                              .n_items = 1,
                              .big_endian = true,
                              .present = true,
                              .bytes = stk_span_of(bytes, 8)};
    struct stk_value value = array_value(STK_VALUE_NDARRAY, &array);
    plain_is(value,
             "83 a5'dtype' a9'complex64' a5'shape' 90 a4'data' c408 0403020108070605",
             STK_MSGPACK_LOSS_ARRAY);
    array.dtype = STK_DTYPE_NONE; /* its name says the order */
    array.type = stk_span_of(">U2", 3);
    plain_is(value, "83 a5'dtype' a3'>U2' a5'shape' 90 a4'data' c408 0102030405060708",
             STK_MSGPACK_LOSS_ARRAY);
    array.item_size = 0;
    bytes_are(plain(value), "82 a5'dtype' a3'>U2' a5'shape' 90");
    array.item_size = 4;
    array.rank = 1;
    array.shape = shape;
    array.n_items = 0;
    plain_is(value, "83 a5'dtype' a3'>U2' a5'shape' 91 00 a4'data' c400",
             STK_MSGPACK_LOSS_ARRAY);
}

static void loss_texts(void **state)
{
    (void)state;
    for (size_t i = 0; i < STK_MSGPACK_LOSSES; i++) {
        assert_non_null(stk_msgpack_loss_text((enum stk_msgpack_loss)i));
    }
    assert_string_equal(stk_msgpack_loss_text(STK_MSGPACK_LOSS_SET),
                        "sets written as arrays");
}

static enum stk_status write_it(const struct stk_alloc *alloc, void *arg)
{
    struct stk_buf out;
    struct stk_msgpack_error error;
    stk_buf_init(&out, alloc, (size_t)1 << 20);
    enum stk_status status =
        write_plain(*(struct stk_value *)arg, 1000, &out, &losses, &error);
    stk_buf_release(&out);
    return status;
}

static void no_memory(void **state)
{
    (void)state;
    struct stk_value value =
        decode_tagged("95 d540 9105 d44100 82 " CALLEE " 01 05 02 d542 01 02"
                      " c70e4a 0d " CALLEE " c70042 81 a1'x' 05");
    STK_OOM_LOOP(write_it, &value);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(what_msgpack_has), TEST(what_it_lacks), TEST(objects),
        TEST(mapped_keys),      TEST(refusals),      TEST(cycles),
        TEST(shared),           TEST(arrays),        TEST(arrays_that_are_not_there),
        TEST(other_arrays),     TEST(loss_texts),    TEST(no_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
