/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "decoded.h"

/* _rebuild_tensor_v2 over a storage of 4 float32: offset, shape, stride as opcodes. */
static const char *tensor(const char *offset, const char *shape, const char *stride)
{
    static char text[2048];
    char s[1024];
    struct decoded d;
    int n = snprintf(s, sizeof s,
                     "ctorch._utils\n_rebuild_tensor_v2\n((S'storage'\nctorch\n"
                     "FloatStorage\nS'0'\nS'cpu'\nI4\ntQ%s%s%sI00\n"
                     "ccollections\nOrderedDict\n)RtR.",
                     offset, shape, stride);
    assert_true(n > 0 && (size_t)n < sizeof s);
    decoded_init(&d, &stk_alloc_libc);
    d.options.loader = STK_LOADER_TORCH;
    (void)snprintf(text, sizeof text, "%.1000s", decoded_text(&d, s, (size_t)n));
    decoded_release(&d);
    char *end = strchr(text, '>');
    if (strncmp(text, "tensor<", 7) == 0 && end != NULL) {
        end[1] = '\0';
    }
    return text;
}

#define PAST "a tensor that reaches past the end of its storage"

static void tensors(void **state)
{
    (void)state;
    assert_string_equal(tensor("I0\n", "(I2\nI2\nt", "(I2\nI1\nt"),
                        "tensor<float32 2x2 by 2,1 = 4 +0>");
    assert_string_equal(tensor("I3\n", "(t", "(t"), "tensor<float32  = 1 +3>");
    assert_string_equal(tensor("I0\n", "(I9\nt", "(I0\nt"), /* expanded */
                        "tensor<float32 9 by 0 = 9 +0>");
    assert_string_equal(tensor("I0\n", "(I0\nI5\nt", "(I5\nI1\nt"),
                        "tensor<float32 0x5 by 5,1 = 0 +0>");
}

static void tensors_out_of_bounds(void **state)
{
    (void)state;
    static const char *const cases[][3] = {
        {"I4\n", "(t", "(t"},
        {"I0\n", "(I5\nt", "(I1\nt"},
        {"I1\n", "(I4\nt", "(I1\nt"},
        {"I0\n", "(I2\nI2\nt", "(I3\nI1\nt"},
        {"I0\n", "(I4503599627370496\nI2\nt", "(I0\nI4\nt"},
        {"I0\n", "(I3\nt", "(I4503599627370496\nt"},
        {"I4503599627370496\n", "(I1\nt", "(I1\nt"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        assert_non_null(strstr(tensor(cases[i][0], cases[i][1], cases[i][2]), PAST));
    }
}

static void impossible_tensors(void **state)
{
    (void)state;
    static const char *const cases[][3] = {
        {"I-1\n", "(I1\nt", "(I1\nt"},
        {"I0\n", "(I-1\nt", "(I1\nt"},
        {"I0\n", "(I1\nt", "(I-1\nt"},
        {"I0\n", "(I1\nI1\nt", "(I1\nt"},
        {"I0\n", "(I1\nt", "(t"},
        {"I0\n", "I1\n", "I1\n"},
        {"I0\n", "(S'a'\nt", "(I1\nt"},
        {"N", "(I1\nt", "(I1\nt"},
        {"I0\n", "(L99999999999999999999999L\nt", "(I1\nt"},
        {"I0\n", "(I4503599627370496\nI4503599627370496\nI4503599627370496\nt",
         "(I0\nI0\nI0\nt"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        assert_int_not_equal(
            strncmp(tensor(cases[i][0], cases[i][1], cases[i][2]), "tensor<", 7), 0);
    }
}

#define DTYPE(text)                                                                      \
    "cnumpy\ndtype\n(S'" text "'\nI00\nI01\ntR(I3\nS'<'\nNNNI-1\nI-1\nI0\ntb"
#define ARRAY(shape, dtype, fortran, bytes)                                              \
    "\x80\3cnumpy.core.multiarray\n_reconstruct\n(cnumpy\nndarray\nI0\n\x85"             \
    "C\1btR"                                                                             \
    "(I1\n" shape dtype fortran bytes "tb."

static void expect_array(const char *file, int line, const void *bytes, size_t len,
                         const char *want)
{
    struct decoded d;
    decoded_init(&d, &stk_alloc_libc);
    const char *text = decoded_text(&d, bytes, len);
    if (strncmp(text, want, strlen(want)) != 0) {
        print_error("got  %s\nwant %s\n", text, want);
        _fail(file, line);
    }
    decoded_release(&d);
}

#define GIVES(bytes, want)                                                               \
    expect_array(__FILE__, __LINE__, (bytes), sizeof(bytes) - 1, (want))

static void arrays(void **state)
{
    (void)state;
    GIVES(ARRAY("(I2\nt", DTYPE("i4"), "I00\n",
                "C\x08"
                "abcdefgh"),
          "array<int32 2 = 2, 8 bytes>");
    GIVES(ARRAY("(I2\nI3\nt", DTYPE("u1"), "I01\n", "C\6abcdef"),
          "array<uint8 2x3 by 1,2 = 6, 6 bytes>");
    GIVES(ARRAY("(t", DTYPE("f8"), "I00\n",
                "C\x08"
                "abcdefgh"),
          "array<float64  = 1, 8 bytes>");
    GIVES(ARRAY("(I0\nt", DTYPE("f8"), "I00\n", "C\0"), "array<float64 0 = 0, 0 bytes>");
    /* Not filled yet. */
    GIVES("\x80\3cnumpy.core.multiarray\n_reconstruct\n(cnumpy\nndarray\nI0\n\x85"
          "C\1btR.",
          "array<other 0 = 0>");
}

#define DISAGREE "undecided: an array whose shape and bytes do not agree"

static void arrays_that_do_not_add_up(void **state)
{
    (void)state;
    GIVES(ARRAY("(I3\nt", DTYPE("i4"), "I00\n",
                "C\x08"
                "abcdefgh"),
          DISAGREE);
    GIVES(ARRAY("(I1\nt", DTYPE("i4"), "I00\n",
                "C\x08"
                "abcdefgh"),
          DISAGREE);
    GIVES(ARRAY("(I2\nt", DTYPE("i8"), "I00\n",
                "C\x08"
                "abcdefgh"),
          DISAGREE);
    GIVES(ARRAY("(I4503599627370496\nt", DTYPE("i8"), "I00\n", "C\0"), DISAGREE);
    GIVES(ARRAY("(I4503599627370496\nI4503599627370496\nt", DTYPE("i8"), "I00\n", "C\0"),
          "undecided: an array with an impossible shape");
}

static void buffers(void **state)
{
    (void)state;
    GIVES("\x80\5cnumpy.core.numeric\n_frombuffer\n(\x96\x08\0\0\0\0\0\0\0abcdefgh" DTYPE(
              "i4") "(I2\nt\x8c\1CtR.",
          "array<int32 2 = 2, 8 bytes>");
    GIVES("\x80\5cnumpy.core.numeric\n_frombuffer\n(\x97" DTYPE("i4") "(I2\nt\x8c\1FtR.",
          "array<int32 2 by 1 = 2>");
    GIVES("\x80\5cnumpy.core.numeric\n_frombuffer\n(\x96\x07\0\0\0\0\0\0\0abcdefg" DTYPE(
              "i4") "(I2\nt\x8c\1CtR.",
          DISAGREE);
}

/* From another wire an object may have anything for arguments. */
static void objects_of_other_wires(void **state)
{
    (void)state;
    static const enum stk_value_kind kinds[] = {STK_VALUE_NONE, STK_VALUE_STR,
                                                STK_VALUE_DICT};
    static const char *const names[][2] = {
        {"torch._utils", "_rebuild_tensor_v2"},
        {"torch._utils", "_rebuild_parameter"},
        {"torch._tensor", "_rebuild_from_type_v2"},
        {"numpy.core.multiarray", "_reconstruct"},
        {"numpy._core.numeric", "_frombuffer"},
    };
    struct decoded d;
    struct stk_text text = {.bytes = stk_span_of("x", 1)};
    struct stk_pairs pairs = {.n = 0};
    decoded_init(&d, &stk_alloc_libc);
    for (size_t i = 0; i < 15; i++) {
        struct stk_name name = {
            .module = stk_span_of(names[i % 5][0], strlen(names[i % 5][0])),
            .qualified = stk_span_of(names[i % 5][1], strlen(names[i % 5][1]))};
        struct stk_value args = {.kind = kinds[i / 5] & 0xff};
        struct stk_object object = {.call = STK_CALL_REDUCE,
                                    .callee = {.kind = STK_VALUE_GLOBAL, .name = &name}};
        struct stk_value value = {.kind = STK_VALUE_OBJECT, .object = &object};
        const char *reason = NULL;
        args.items = NULL;
        if (args.kind == STK_VALUE_STR) {
            args.text = &text;
        } else if (args.kind == STK_VALUE_DICT) {
            args.pairs = &pairs;
        }
        object.args = args;
        object.state = args;
        object.has_state = i % 2 == 0;
        assert_int_equal(stk_object_mean(d.decoder, &d.arena, &object, &value, &reason),
                         STK_OK);
        assert_true(reason == NULL || value.kind == STK_VALUE_REFUSED);
    }
    decoded_release(&d);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(tensors),
        cmocka_unit_test(tensors_out_of_bounds),
        cmocka_unit_test(impossible_tensors),
        cmocka_unit_test(arrays),
        cmocka_unit_test(arrays_that_do_not_add_up),
        cmocka_unit_test(buffers),
        cmocka_unit_test(objects_of_other_wires),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
