/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "common.h"

static void imports(void **state)
{
    (void)state;
    EXPECT_CLEAN("ccollections\nOrderedDict\n.");
    EXPECT("cx\ny\n.", REVIEW, "STK301 0 imports x.y\n");
    EXPECT("cx\ny\n0cx\ny\n.", REVIEW, "STK301 0 imports x.y\n");
    EXPECT("cos\nsystem\n.", DANGEROUS, "STK102 0 imports os.system\n");
    EXPECT("\x80\x04"
           "S'torch'\nS'os.system'\n\x93.",
           DANGEROUS, "STK102 24 imports torch.os.system\n");
    EXPECT("\x80\x04"
           "S'c.nest'\nS'Outer.Inner'\n\x93.",
           CLEAN, "");
    EXPECT("\x80\x04"
           "S'os'\ncx\ny\n)R\x93.",
           DANGEROUS,
           "STK302 8 calls x.y()\nSTK103 15 imports a name that the stream computes\n");
}

/* fix_imports: the name that is imported is rated, under protocol 2 and below. */
static void names_of_python_2(void **state)
{
    (void)state;
    EXPECT("c__builtin__\neval\n.", DANGEROUS, "STK102 0 imports builtins.eval\n");
    EXPECT("\x80\x04"
           "c__builtin__\neval\n.",
           REVIEW, "STK301 2 imports __builtin__.eval\n");
    EXPECT_CLEAN("ccopy_reg\n_reconstructor\n(cc\nPlain\nc__builtin__\nobject\nNtR.");
}

static void ratings_are_kept(void **state)
{
    (void)state;
    struct rated r;
    static const char bytes[] = "cos\nsystem\n0cx\ny\n0cc\nPlain\n.";
    static const uint8_t ratings[] = {STK_RATING_DANGEROUS, STK_RATING_UNKNOWN,
                                      STK_RATING_VETTED};
    rated_init(&r, STK_LOADER_PICKLE);
    rated_run(&r, &stk_alloc_libc, bytes, sizeof bytes - 1);
    assert_int_equal(stk_machine_n_globals(r.machine), 3);
    for (size_t i = 0; i < 3; i++) {
        assert_int_equal(stk_machine_global(r.machine, i)->rating, ratings[i]);
    }
    rated_release(&r);
}

static void faults(void **state)
{
    (void)state;
    EXPECT("", UNDECIDED, "STK201 0 the bytes end before STOP\n");
    EXPECT("N", UNDECIDED, "STK201 1 the bytes end before STOP\n");
    EXPECT("cos\nsystem\n)R", DANGEROUS,
           "STK101 0 calls os.system()\nSTK201 13 the bytes end before STOP\n");
    EXPECT("cos\nsystem\n)R\xff", DANGEROUS,
           "STK101 0 calls os.system()\nSTK201 13 no such opcode\n");
}

static void limits_are_named(void **state)
{
    (void)state;
    struct rated r;
    rated_init(&r, STK_LOADER_PICKLE);
    r.limits.globals_max = 1;
    rated_run(&r, &stk_alloc_libc, "ca\nb\ncc\nd\n.", 11);
    assert_int_equal(stk_policy_verdict(r.policy), STK_VERDICT_UNDECIDED);
    assert_non_null(strstr(rated_text(&r), "STK203 5 "));
    rated_release(&r);
}

static void quirks_are_named(void **state)
{
    (void)state;
    EXPECT("cc\nBag\n]R.", UNDECIDED,
           "STK303 8 calls c.Bag(*[...]); its contract asks for ()\n"
           "STK202 8 call arguments that are not a tuple\n");
}

static void the_compiled_catalogue(void **state)
{
    (void)state;
    struct rated r;
    static const char bytes[] = "ccollections\nOrderedDict\n)R.";
    rated_init(&r, STK_LOADER_PICKLE);
    r.options.catalogue = NULL;
    rated_run(&r, &stk_alloc_libc, bytes, sizeof bytes - 1);
    assert_string_equal(rated_text(&r), "");
    assert_int_equal(stk_policy_verdict(r.policy), STK_VERDICT_CLEAN);
    rated_release(&r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(imports),
        cmocka_unit_test(names_of_python_2),
        cmocka_unit_test(ratings_are_kept),
        cmocka_unit_test(faults),
        cmocka_unit_test(limits_are_named),
        cmocka_unit_test(quirks_are_named),
        cmocka_unit_test(the_compiled_catalogue),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
