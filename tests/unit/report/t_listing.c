/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "common.h"

static void padding_counts_characters(void **state)
{
    (void)state;
    struct stk_buf out;
    stk_buf_init(&out, &stk_alloc_libc, 1 << 10);
    stk_buf_str(&out, "#\xc3\xa9");
    stk_listing_pad(&out, 1, 4);
    stk_buf_str(&out, "|");
    stk_listing_pad(&out, 0, 2);
    stk_buf_byte(&out, 0);
    assert_string_equal((const char *)out.data, "#\xc3\xa9   | ");
    stk_buf_release(&out);
}

static void a_reason_that_all_readings_share_is_said(void **state)
{
    (void)state;
    struct stk_run run = {.fault = {.code = STK_FAULT_MARK}};
    assert_string_equal(stk_listing_why(&run), stk_fault_text(STK_FAULT_MARK));
    run.fault.code = STK_FAULT_READINGS;
    run.quirks = 1u << STK_QUIRK_MEMO_KEY;
    assert_string_equal(stk_listing_why(&run), stk_quirk_text(STK_QUIRK_MEMO_KEY));
    run.quirks |= 1u << STK_QUIRK_INT_TEXT;
    assert_string_equal(stk_listing_why(&run), "");
}

/* 20,000 opcodes are written in pieces, and what they take does not grow. */
static void what_is_written_is_handed_on(void **state)
{
    (void)state;
    static uint8_t bytes[40004] = {0x80, 4};
    struct list_job job = {.bytes = stk_span_of(bytes, sizeof(bytes))};
    for (size_t i = 2; i < 40002; i += 2) {
        bytes[i] = 'N';
        bytes[i + 1] = '0';
    }
    memcpy(bytes + 40002, "N.", 2);
    struct stk_oom oom;
    stk_oom_init(&oom, 0, false);
    job.options.lines_max = 10;
    assert_int_equal(list_and_drop(&oom.alloc, &job), STK_OK);
    uint64_t few = oom.peak;
    job.options.lines_max = 20000;
    assert_int_equal(list_and_drop(&oom.alloc, &job), STK_OK);
    assert_in_range(oom.peak, few, few + 131072);
    assert_int_equal(oom.blocks, 0);
}

static void colours_only_where_asked_for(void **state)
{
    (void)state;
    struct list_job job = {.bytes = BYTES(EVIL)};
    assert_null(strchr(list_text(&job), '\033'));
    stk_buf_release(&job.out);
    job.options.color = true;
    (void)list_text(&job);
    check_holds(&job, ", \033[1;31mdangerous\033[0m\n");
    stk_buf_release(&job.out);
}

static void json_names_the_fault(void **state)
{
    (void)state;
    struct list_job job = {
        .bytes = BYTES("\x80\x04t"), .raw = true, .options = {.json = true}};
    (void)list_text(&job);
    check_holds(&job, "\"complete\": false, ");
    check_holds(&job, "\"fault\": {\"offset\": 2, \"byte\": 116, \"opcode\": \"TUPLE\", "
                      "\"reason\": \"no mark on the stack\"}");
    stk_buf_release(&job.out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(padding_counts_characters),
        cmocka_unit_test(a_reason_that_all_readings_share_is_said),
        cmocka_unit_test(what_is_written_is_handed_on),
        cmocka_unit_test(colours_only_where_asked_for),
        cmocka_unit_test(json_names_the_fault),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
