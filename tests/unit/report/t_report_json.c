/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "results.h"

static void json_has_all(void **state)
{
    (void)state;
    static const char *const parts[] = {
        "{\"stockade\": \"",
        "\"files\": [\n  {\"path\": \"a\\u001b[2J\\\\xff\", \"path_base64\": "
        "\"YRtbMkr/\", \"verdict\": \"dangerous\", \"format\": \"zip\", \"size\": 1234, "
        "\"sha256\": \"00\", \"streams\": [{\"member\": \"archive/data.pkl\", "
        "\"offset\": 4, \"length\": 40, \"protocol\": 2, \"verdict\": \"dangerous\", "
        "\"complete\": true, \"globals\": [{\"module\": \"__builtin__\", \"name\": "
        "\"eval\", \"rating\": \"dangerous\", \"offset\": 2, \"called\": true, "
        "\"mapped\": {\"module\": \"builtins\", \"name\": \"eval\"}}], \"findings\": "
        "[{\"rule\": \"STK301\", \"severity\": \"low\", \"offset\": 30, \"message\": "
        "\"imports a.b\"}, ",
        "\"findings\": [{\"rule\": \"STK205\", \"severity\": \"medium\", \"offset\": 7, "
        "\"message\": \"two members \\\\x1b\"}]},\n  {\"path\": \"b\", \"verdict\": "
        "\"clean\", \"format\": \"data\", \"size\": 3, \"streams\": [], \"findings\": "
        "[]}],\n",
        "\"errors\": [\n  {\"path\": \"c\", \"error\": \"Permission denied\"}],\n",
        "\"summary\": {\"files\": 2, \"streams\": 1, \"clean\": 1, \"review\": 0, "
        "\"dangerous\": 1, \"undecided\": 0, \"unreadable\": 1, \"skipped\": "
        "{\"special\": 0, \"symlinks\": 0, \"excluded\": 0}, \"bytes\": 1237, "
        "\"seconds\": 0.250}}\n",
        NULL,
    };
    check_document(&stk_format_json, (struct stk_report_options){0}, parts, NULL);
}

static void jsonl_has_a_line_a_file(void **state)
{
    (void)state;
    static const char *const parts[] = {
        "{\"path\": \"a\\u001b[2J\\\\xff\", ",
        "]}\n{\"path\": \"b\", \"verdict\": \"clean\", ",
        "]}\n{\"path\": \"c\", \"error\": \"Permission denied\"}\n",
        NULL,
    };
    check_document(&stk_format_jsonl, (struct stk_report_options){0}, parts, "summary");
}

static void survives_refusals(void **state)
{
    (void)state;
    struct document json = {.format = &stk_format_json};
    struct document jsonl = {.format = &stk_format_jsonl};
    STK_OOM_LOOP(write_and_drop, &json);
    STK_OOM_LOOP(write_and_drop, &jsonl);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(json_has_all),
        cmocka_unit_test(jsonl_has_a_line_a_file),
        cmocka_unit_test(survives_refusals),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
