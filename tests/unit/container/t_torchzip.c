/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "zip_build.h"

static struct zb zb;
static struct recorder recorder;

static int start(void **state)
{
    (void)state;
    zb_clear(&zb);
    recorder_init(&recorder, &stk_alloc_libc);
    return 0;
}

static void data_pkl_first_storages_never(void **state)
{
    (void)state;
    zb_add(&zb, "p/version", "3");
    zb_add(&zb, "p/data/0", "numbers");
    zb_add(&zb, "p/data/1", "numbers too");
    zb_add(&zb, "p/data.pkl", "pickle");
    zb_finish(&zb);
    recorder.storages = " 0 ";
    zb_expect_with(&zb, &recorder,
                   "format torch-zip\n"
                   "p/data.pkl 174+6 torch: pickle\n"
                   "p/version 39+1 any: 3\n"
                   "p/data/1 123+11 any: numbers too\n");
}

/* A storage about which loaders differ, or of another prefix, is looked at. */
static void odd_storages_are_handed_out(void **state)
{
    (void)state;
    zb_add(&zb, "p/data.pkl", "pickle");
    const struct zb_member *m = zb_add(&zb, "p/data/0", "numbers");
    zb_add(&zb, "q/data/0", "other");
    zb_add(&zb, "p/DATA/0", "upper");
    zb_add(&zb, "p/data/00", "1st");
    zb_add(&zb, "p/data/00", "2nd");
    zb_finish(&zb);
    zb_poke(&zb, m->local + 30, 'x', 1);
    recorder.storages = " 0 00 ";
    zb_expect_with(&zb, &recorder,
                   "! ambiguous 534 two members of one name: 'p/data/00'\n"
                   "! ambiguous 46 the local header has another name than the directory: "
                   "'p/data/0'\n"
                   "format torch-zip\n"
                   "p/data.pkl 40+6 torch: pickle\n"
                   "p/data/0 84+7 any: numbers\n"
                   "q/data/0 129+5 any: other\n"
                   "p/DATA/0 172+5 any: upper\n"
                   "p/data/00 216+3 any: 1st\n"
                   "p/data/00 258+3 any: 2nd\n");
}

/* miniz ignores case; without a prefix torch.load finds nothing. */
static void names_as_torch_takes_them(void **state)
{
    (void)state;
    zb_add(&zb, "p/DATA.PKL", "upper");
    zb_add(&zb, "data.pkl", "no prefix");
    zb_add(&zb, "p/x/data.pkl", "deeper");
    zb_finish(&zb);
    zb_expect(&zb, "format torch-zip\n"
                   "p/DATA.PKL 40+5 torch: upper\n"
                   "data.pkl 83+9 any: no prefix\n"
                   "p/x/data.pkl 134+6 any: deeper\n");
}

static void torchscript(void **state)
{
    (void)state;
    zb_add(&zb, "p/code/__torch__.py", "def f(): pass");
    zb_add(&zb, "p/constants.pkl", "constants");
    zb_add(&zb, "p/data.pkl", "pickle");
    zb_finish(&zb);
    zb_expect(&zb, "format torchscript\n"
                   "! code 0 TorchScript code\n"
                   "p/constants.pkl 107+9 torch: constants\n"
                   "p/data.pkl 156+6 torch: pickle\n"
                   "p/code/__torch__.py 49+13 any: def f(): pass\n");
}

static void torchscript_by_constants_alone(void **state)
{
    (void)state;
    zb_add(&zb, "p/constants.pkl", "constants");
    zb_finish(&zb);
    zb_expect(&zb, "format torchscript\n"
                   "! code 0 TorchScript code\n"
                   "p/constants.pkl 45+9 torch: constants\n");
}

static void torch_package(void **state)
{
    (void)state;
    zb_add(&zb, "p/.data/extern_modules", "sys");
    zb_add(&zb, "p/m/model.pkl", "pickle");
    zb_finish(&zb);
    zb_expect(&zb, "format torch-package\n"
                   "! code 0 torch.package code\n"
                   "p/.data/extern_modules 52+3 any: sys\n"
                   "p/m/model.pkl 98+6 any: pickle\n");
}

static void npz(void **state)
{
    (void)state;
    zb_add(&zb, "a.npy", "array");
    zb_add(&zb, "b.npy", "array");
    zb_finish(&zb);
    zb_expect(&zb, "format npz\n"
                   "a.npy 35+5 any: array\n"
                   "b.npy 75+5 any: array\n");
    zb_clear(&zb);
    zb_add(&zb, "a.npy", "array");
    zb_add(&zb, "b.txt", "text");
    zb_finish(&zb);
    zb_expect(&zb, "a.npy 35+5 any: array\n"
                   "b.txt 75+4 any: text\n");
}

static enum stk_status walk_with(const struct stk_alloc *alloc, void *arg)
{
    (void)arg;
    struct stk_source file = zb_file(&zb);
    recorder_init(&recorder, alloc);
    recorder.storages = " 0 ";
    return stk_format_zip.walk(&file, &recorder.visitor);
}

static void survives_refused_memory(void **state)
{
    (void)state;
    zb_add(&zb, "p/data/0", "numbers");
    zb_add_deflated(&zb, "p/data.pkl", "pickle", 6);
    zb_finish(&zb);
    STK_OOM_LOOP(walk_with, NULL);
    assert_string_equal(recorder.log, "format torch-zip\n"
                                      "p/data.pkl 0+6 torch expanded: pickle\n");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(data_pkl_first_storages_never, start),
        cmocka_unit_test_setup(odd_storages_are_handed_out, start),
        cmocka_unit_test_setup(names_as_torch_takes_them, start),
        cmocka_unit_test_setup(torchscript, start),
        cmocka_unit_test_setup(torchscript_by_constants_alone, start),
        cmocka_unit_test_setup(torch_package, start),
        cmocka_unit_test_setup(npz, start),
        cmocka_unit_test_setup(survives_refused_memory, start),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
