/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "results.h"

static void the_worst_stands_first(void **state)
{
    (void)state;
    static const char *const parts[] = {
        "dangerous  a\\x1b[2J\\xff (zip, 1.2 kB)\n  sha256 00\n"
        "  calls builtins.eval('{x}[a](http://b)')\n    in archive/data.pkl at byte 2: ",
        "  two members \\x1b\n    at byte 7: ",
        "2 files, 1 stream: 1 dangerous, 0 undecided, 0 review, 1 clean, 1 unreadable",
        NULL,
    };
    check_document(&stk_format_text, (struct stk_report_options){0}, parts, "clean  ");
}

static void more_and_less_can_be_asked_for(void **state)
{
    (void)state;
    static const char *const verbose[] = {"clean      b (data, 3 bytes)\n", NULL};
    static const char *const none[] = {"", NULL};
    static const char *const color[] = {"\033[1;31mdangerous\033[0m  a\\x1b", NULL};
    check_document(&stk_format_text, (struct stk_report_options){.verbose = true},
                   verbose, NULL);
    check_document(&stk_format_text, (struct stk_report_options){.quiet = true}, none,
                   "file");
    check_document(&stk_format_text, (struct stk_report_options){.color = true}, color,
                   NULL);
}

static void survives_refusals(void **state)
{
    (void)state;
    struct document d = {.format = &stk_format_text, .options = {.verbose = true}};
    STK_OOM_LOOP(write_and_drop, &d);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_worst_stands_first),
        cmocka_unit_test(more_and_less_can_be_asked_for),
        cmocka_unit_test(survives_refusals),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
