/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "common.h"
#include "oom.h"

#define WRAPPER "cc\nArray\n)\x81}"
#define SIZED_4 "cc\nSized\n(I1\ntR" /* tag one, 4 bytes */
#define SIZED_2 "cc\nSized\n(I2\ntR" /* tag two: objects */
#define STATE(dtype) "S'subclass'\ncc\nPlain\nsS'shape'\n(I2\nI3\ntsS'dtype'\n" dtype "s"
#define ALIGNED "S'numpy_array_alignment_bytes'\nI16\ns"
#define ITEMS "cos\nsystem\n)R.cos\nsystem" /* 24 bytes that are no opcodes */

#define EXPECT_JOBLIB(bytes, verdict, findings)                                          \
    expect_rated(STK_LOADER_JOBLIB, (bytes), sizeof(bytes) - 1, STK_VERDICT_##verdict,   \
                 (findings))

static void items_are_skipped(void **state)
{
    (void)state;
    assert_int_equal(sizeof ITEMS - 1, 24);
    EXPECT_JOBLIB("\x80\x02" WRAPPER STATE(SIZED_4) "b" ITEMS ".", CLEAN, "");
    EXPECT_JOBLIB("\x80\x02" WRAPPER STATE(SIZED_4) ALIGNED "b\x03xxx" ITEMS ".", CLEAN,
                  "");
    EXPECT_JOBLIB("\x80\x02" WRAPPER STATE(SIZED_4) ALIGNED "b\x00" ITEMS ".", CLEAN, "");
    EXPECT_JOBLIB("\x80\x02" WRAPPER STATE(SIZED_4) "b" ITEMS "0cx\ny\n.", REVIEW,
                  "STK301 105 imports x.y\n");
}

/* What is left is an array of the subclass, no wrapper. */
static void the_array_takes_the_wrappers_place(void **state)
{
    (void)state;
    EXPECT_JOBLIB("\x80\x02" WRAPPER STATE(SIZED_4) "b" ITEMS "}b.", CLEAN, "");
    EXPECT_JOBLIB("\x80\x02" WRAPPER STATE(SIZED_4) "b" ITEMS "I1\nb.", REVIEW,
                  "STK303 107 gives <c.Plain> the state 1; its contract asks for "
                  "none|attrs\n");
}

/* pickle.load takes the items for opcodes. */
static void other_loaders_know_no_arrays(void **state)
{
    (void)state;
    EXPECT("\x80\x02" WRAPPER STATE(SIZED_4) "b" ITEMS, DANGEROUS,
           "STK101 80 calls os.system()\n");
    EXPECT_CLEAN("\x80\x02" WRAPPER STATE(SIZED_4) "b.");
}

static void objects_follow_as_a_stream(void **state)
{
    (void)state;
    EXPECT_JOBLIB("\x80\x02" WRAPPER STATE(SIZED_2) "b]N.I1\n\x85.", CLEAN, "");
    EXPECT_JOBLIB("\x80\x02" WRAPPER STATE(SIZED_2) "b]cos\nsystem\n.I1\n\x85.",
                  DANGEROUS, "STK102 81 imports os.system\n");
}

/* Inside that stream the loader is pickle.load: a wrapper skips nothing. */
static void no_arrays_inside_objects(void **state)
{
    (void)state;
    EXPECT_JOBLIB("\x80\x02" WRAPPER STATE(SIZED_2) "b\x80\x02" WRAPPER STATE(
                      SIZED_4) "b" ITEMS "\n.",
                  DANGEROUS, "STK101 160 calls os.system()\n");
}

static void sizes_that_are_not_known(void **state)
{
    (void)state;
    EXPECT_JOBLIB("\x80\x02" WRAPPER STATE("cc\nSized\n(S'what'\ntR") "b" ITEMS ".",
                  UNDECIDED,
                  "STK208 84 an array follows, and where it ends is not known\n");
    EXPECT_JOBLIB(
        "\x80\x02" WRAPPER "S'subclass'\ncc\nPlain\nsS'shape'\n(I-2\ntsS'dtype'\n" SIZED_4
        "sb" ITEMS ".",
        UNDECIDED, "STK208 77 an array follows, and where it ends is not known\n");
    EXPECT_JOBLIB("\x80\x02" WRAPPER "S'subclass'\ncc\nPlain\nsS'shape'\n("
                  "I4294967296\nI4294967296\ntsS'dtype'\n" SIZED_4 "sb" ITEMS ".",
                  UNDECIDED,
                  "STK208 97 an array follows, and where it ends is not known\n");
    EXPECT_JOBLIB(
        "\x80\x02" WRAPPER "b" ITEMS ".", UNDECIDED,
        "STK303 14 gives <c.Array> the state {}; the missing key 'subclass' breaks its "
        "contract, which asks for "
        "{\"subclass\": &c.Plain, \"shape\": tuple<int>, \"dtype\": #c.Sized:two} "
        "or {\"subclass\": &c.Plain, \"shape\": tuple<int>, \"dtype\": #c.Sized, "
        "\"numpy_array_alignment_bytes\"?: none|int}\n"
        "STK208 14 an array follows, and where it ends is not known\n");
}

static void arrays_past_the_end(void **state)
{
    (void)state;
    EXPECT_JOBLIB("\x80\x02" WRAPPER STATE(SIZED_4) "b12345.", UNDECIDED,
                  "STK201 79 the bytes end inside an argument\n");
    EXPECT_JOBLIB("\x80\x02" WRAPPER STATE(SIZED_4) ALIGNED "b", UNDECIDED,
                  "STK208 115 an array follows, and where it ends is not known\n");
}

static enum stk_status rate_all(const struct stk_alloc *alloc, void *arg)
{
    static const char bytes[] =
        "\x80\x02" WRAPPER STATE(SIZED_4) "b" ITEMS "0" WRAPPER "b.";
    struct rated r;
    (void)arg;
    rated_init(&r, STK_LOADER_JOBLIB);
    rated_run(&r, alloc, bytes, sizeof bytes - 1);
    enum stk_status status = r.status;
    rated_release(&r);
    return status;
}

static void memory_may_fail(void **state)
{
    (void)state;
    STK_OOM_LOOP(rate_all, NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(items_are_skipped),
        cmocka_unit_test(the_array_takes_the_wrappers_place),
        cmocka_unit_test(other_loaders_know_no_arrays),
        cmocka_unit_test(objects_follow_as_a_stream),
        cmocka_unit_test(no_arrays_inside_objects),
        cmocka_unit_test(sizes_that_are_not_known),
        cmocka_unit_test(arrays_past_the_end),
        cmocka_unit_test(memory_may_fail),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
