/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "common.h"

static void each_opcode_has_its_line(void **state)
{
    (void)state;
    check_list(
        BYTES(EVIL), false,
        "# byte 0: 22 bytes, protocol 4, dangerous\n"
        "       0  PROTO               4\n"
        "       2  SHORT_BINUNICODE    'os'\n"
        "       6  SHORT_BINUNICODE    'system'\n"
        "      14  STACK_GLOBAL                                  'os', 'system' -> "
        "os.system\n"
        "          > from os import system  [dangerous]\n"
        "          ^ STK101 critical: calls os.system('id') (starts programs)\n"
        "      15  SHORT_BINUNICODE    'id'\n"
        "      19  TUPLE1                                        'id' -> ('id',)\n"
        "      20  REDUCE                                        os.system, ('id',) -> "
        "x0\n"
        "          > x0 = os.system('id')  [dangerous]\n"
        "      21  STOP                                          returns x0\n");
}

static void marks_and_memo_are_followed(void **state)
{
    (void)state;
    check_list(BYTES("(K\x01K\x02tq\x00h\x00\x32"
                     "0(00."),
               false,
               "# byte 0: 16 bytes, no PROTO, clean\n"
               "       0  MARK\n"
               "       1  . BININT1           1\n"
               "       3  . BININT1           2\n"
               "       5  TUPLE                                         2 values from "
               "the mark at 0 -> (1, 2)\n"
               "       6  BINPUT              0                         memo[0] = (1, "
               "2)\n"
               "       8  BINGET              0                         memo[0] from 6 "
               "-> (1, 2)\n"
               "      10  DUP                                           (1, 2) -> (1, "
               "2)\n"
               "      11  POP                                           drops (1, 2)\n"
               "      12  MARK\n"
               "      13  POP                                           drops 0 values "
               "from the mark at 12\n"
               "      14  POP                                           drops (1, 2)\n"
               "      15  STOP                                          returns (1, "
               "2)\n");
}

static void faults_have_place_and_reason(void **state)
{
    (void)state;
    struct list_job job = {.bytes = BYTES("\x80\x04K\x01\xff"), .raw = true};
    (void)list_text(&job);
    check_holds(&job, "       4  0xff\n");
    check_holds(&job, "# stops at byte 4: no such opcode (0xff)\n");
    stk_buf_release(&job.out);
    job.bytes = BYTES("h\x05.");
    (void)list_text(&job);
    check_holds(&job, "memo[5], which was never made\n");
    check_holds(&job, "# stops at byte 0: a memo entry that was never made\n");
    stk_buf_release(&job.out);
    job.bytes = BYTES("");
    (void)list_text(&job);
    check_holds(&job, "# stops at byte 0: the bytes end before STOP\n");
    stk_buf_release(&job.out);
}

static void differences_are_marked(void **state)
{
    (void)state;
    /* A frame of three bytes ends inside the text. */
    struct list_job job = {.bytes = BYTES("\x80\x04\x95\x03\0\0\0\0\0\0\0\x8c\x02hi."),
                           .raw = true};
    (void)list_text(&job);
    check_holds(&job, "^ Python stops here: an element crosses the end of its frame\n");
    check_holds(&job, "# unpicklers differ, first at byte 11:\n");
    stk_buf_release(&job.out);
}

static void lines_can_be_limited(void **state)
{
    (void)state;
    struct list_job job = {.bytes = BYTES(EVIL), .options = {.lines_max = 2}};
    assert_null(strstr(list_text(&job), "system"));
    check_holds(&job, "       2  SHORT_BINUNICODE    'os'\n");
    check_holds(&job, "# cut here by --limit; the stream has 8 opcodes\n");
    stk_buf_release(&job.out);
}

static void json_says_the_same(void **state)
{
    (void)state;
    struct list_job job = {.bytes = BYTES(EVIL), .options = {.json = true}};
    (void)list_text(&job);
    check_holds(&job, "{\"offset\": 20, \"opcode\": \"REDUCE\", \"marks\": 0, "
                      "\"note\": \"os.system, ('id',) -> x0\", \"effects\": [{\"kind\": "
                      "\"call\", \"text\": \"x0 = os.system('id')\", \"rating\": "
                      "\"dangerous\"}]}");
    check_holds(&job, "\"cut\": false, \"fault\": null, \"differences\": [], "
                      "\"readings\": []}");
    stk_buf_release(&job.out);
}

static void a_writer_that_fails_ends_it(void **state)
{
    (void)state;
    struct list_job job = {.bytes = BYTES(EVIL), .write_status = STK_E_IO};
    assert_int_equal(list_and_drop(&stk_alloc_libc, &job), STK_E_IO);
}

static void survives_refusals(void **state)
{
    (void)state;
    struct list_job job = {.bytes = BYTES(EVIL)};
    STK_OOM_LOOP(list_and_drop, &job);
    job.options.json = true;
    STK_OOM_LOOP(list_and_drop, &job);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_opcode_has_its_line),
        cmocka_unit_test(marks_and_memo_are_followed),
        cmocka_unit_test(faults_have_place_and_reason),
        cmocka_unit_test(differences_are_marked),
        cmocka_unit_test(lines_can_be_limited),
        cmocka_unit_test(json_says_the_same),
        cmocka_unit_test(a_writer_that_fails_ends_it),
        cmocka_unit_test(survives_refusals),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
