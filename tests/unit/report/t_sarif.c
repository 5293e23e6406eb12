/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "results.h"

static void results_have_place_and_rule(void **state)
{
    (void)state;
    static const char *const parts[] = {
        "\"version\": \"2.1.0\"",
        "{\"id\": \"STK101\", \"name\": \"DangerousCall\", \"shortDescription\": "
        "{\"text\": \"calls what runs code, or reads, writes or connects\"}, "
        "\"defaultConfiguration\": {\"level\": \"error\"}, \"properties\": {\"tags\": "
        "[\"security\"], \"security-severity\": \"9.5\", \"verdict\": \"dangerous\"}}",
        "{\"ruleId\": \"STK301\", ",
        "\"level\": \"note\"",
        /* Braces doubled, no link, a path that a URI can hold. */
        "\"message\": {\"text\": \"calls builtins.eval('{{x}}\\\\[a\\\\](http://b)')\"}",
        "\"uri\": \"a%1B%5B2J%FF\"",
        /* An offset in a member is a property, one in the file a region. */
        "\"logicalLocations\": [{\"fullyQualifiedName\": \"archive/data.pkl\", "
        "\"kind\": \"member\"}]",
        "\"region\": {\"byteOffset\": 7, \"byteLength\": 1}",
        "\"partialFingerprints\": {\"stockade/v1\": \"",
        "\"executionSuccessful\": false, \"toolExecutionNotifications\": [\n  "
        "{\"level\": "
        "\"error\", \"message\": {\"text\": \"Permission denied\"}",
        NULL,
    };
    check_document(&stk_format_sarif, (struct stk_report_options){0}, parts,
                   "\"byteOffset\": 30");
}

/* What a code host compares from run to run: it must not change with the release. */
static void fingerprints_stay(void **state)
{
    (void)state;
    struct stk_file_result moved = sample_results[0];
    struct stk_outputs out[2];
    moved.path = SPAN("elsewhere");
    for (size_t i = 0; i < 2; i++) {
        stk_outputs_init(&out[i], &stk_alloc_libc, 1 << 16);
        stk_format_sarif.file(&out[i], &(struct stk_report_options){0},
                              i == 0 ? &sample_results[0] : &moved);
        stk_buf_byte(&out[i].results[0], 0);
    }
    const char *a = strstr((char *)out[0].results[0].data, "stockade/v1\": ");
    const char *b = strstr((char *)out[1].results[0].data, "stockade/v1\": ");
    assert_non_null(a);
    assert_non_null(b);
    assert_memory_equal(a, b, 32);
    stk_outputs_release(&out[0]);
    stk_outputs_release(&out[1]);
}

static void survives_refusals(void **state)
{
    (void)state;
    struct document d = {.format = &stk_format_sarif};
    STK_OOM_LOOP(write_and_drop, &d);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(results_have_place_and_rule),
        cmocka_unit_test(fingerprints_stay),
        cmocka_unit_test(survives_refusals),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
