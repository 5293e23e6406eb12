/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "common.h"

/* A stored zip with one member, two.pkl, of two streams: None, and 1. CRC and sizes as
 * they must be. */
#define STREAMS "N.K\x01."
static const uint8_t zip[] =
    "PK\x03\x04\x14\0\0\0\0\0\0\0\x21\0\x97\x97\x0e\xd8\x05\0\0\0\x05\0\0\0\x07\0\0\0"
    "two.pkl" STREAMS
    "PK\x01\x02\x14\0\x14\0\0\0\0\0\0\0\x21\0\x97\x97\x0e\xd8\x05\0\0\0\x05\0\0\0\x07\0"
    "\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0two.pkl"
    "PK\x05\x06\0\0\0\0\x01\0\x01\0\x35\0\0\0\x2a\0\0\0\0\0";

static void check_found(struct stk_span bytes, size_t index, const char *want)
{
    struct list_job job = {.bytes = bytes, .trace = true, .index = index};
    (void)list_text(&job);
    check_holds(&job, want);
    stk_buf_release(&job.out);
}

static void streams_in_a_row(void **state)
{
    (void)state;
    check_found(BYTES("N.K\x01.N."), 0,
                "# byte 0: 2 bytes, no PROTO, clean\n       1  "
                "return None\n");
    check_found(BYTES("N.K\x01.N."), 1,
                "# byte 2: 3 bytes, no PROTO, clean\n       4  "
                "return 1\n");
    check_found(BYTES("N.K\x01.N."), 2, "# byte 5: 2 bytes");
}

static void streams_of_a_member(void **state)
{
    (void)state;
    struct stk_span bytes = stk_span_of(zip, sizeof(zip) - 1);
    check_found(bytes, 0, "# two.pkl, byte 0: 2 bytes");
    check_found(bytes, 1, "# two.pkl, byte 2: 3 bytes");
}

/* The report escapes what is no plain ASCII, and the way back must not do it again. */
static void members_whose_names_are_escaped(void **state)
{
    (void)state;
    static const uint8_t names[][4] = {"t\\o", "t\no", "\xc3\xa9o"};
    static const char *const shown[] = {"t\\\\o.pkl", "t\\no.pkl", "\\xc3\\xa9o.pkl"};
    const size_t at[] = {30, sizeof(zip) - 1 - 22 - 7};
    for (size_t i = 0; i < sizeof(shown) / sizeof(shown[0]); i++) {
        uint8_t bytes[sizeof(zip) - 1];
        char want[64];
        stk_copy(bytes, zip, sizeof(bytes));
        stk_copy(bytes + at[0], names[i], 3);
        stk_copy(bytes + at[1], names[i], 3);
        (void)snprintf(want, sizeof(want), "# %s, byte 2: 3 bytes", shown[i]);
        check_found(stk_span_of(bytes, sizeof(bytes)), 1, want);
    }
}

/* pickle.loads of bytes: what they carry is reported first. */
static void what_a_call_loads(void **state)
{
    (void)state;
    struct stk_span bytes = BYTES("\x80\x04"
                                  "cpickle\nloads\nC\x06\x80\x02K\x07\x85.\x85R.");
    check_found(bytes, 0,
                "# pickle.loads@18, byte 0: 6 bytes, protocol 2, clean\n"
                "       5  return (7,)\n");
    check_found(bytes, 1, "# byte 0: 27 bytes, protocol 4");
    struct list_job job = {.bytes = bytes, .index = 1};
    (void)list_text(&job);
    check_holds(&job, "> loads another stream: --stream 1\n");
    stk_buf_release(&job.out);
}

static const struct stk_reading *reading_named(const char *name)
{
    for (size_t i = 0; i < stk_n_readings; i++) {
        if (strcmp(stk_readings[i].name, name) == 0) {
            return &stk_readings[i];
        }
    }
    return NULL;
}

static void a_reading_can_be_chosen(void **state)
{
    (void)state;
    struct list_job job = {
        .bytes = BYTES("\x80\x04\x95\x03\0\0\0\0\0\0\0\x8c\x02hi."),
        .reading = reading_named("Python"),
    };
    (void)list_text(&job);
    check_holds(&job, ", as Python reads it, ");
    check_holds(&job, "# stops at byte 11: ");
    check_holds(&job, "#   any reads to byte 16\n");
    stk_buf_release(&job.out);
}

static void survives_refusals(void **state)
{
    (void)state;
    struct list_job job = {
        .bytes = stk_span_of(zip, sizeof(zip) - 1), .trace = true, .index = 1};
    STK_OOM_LOOP(list_and_drop, &job);
    job.bytes = BYTES("\x80\x04"
                      "cpickle\nloads\nC\x06\x80\x02K\x07\x85.\x85R.");
    job.index = 0;
    STK_OOM_LOOP(list_and_drop, &job);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(streams_in_a_row),
        cmocka_unit_test(streams_of_a_member),
        cmocka_unit_test(members_whose_names_are_escaped),
        cmocka_unit_test(what_a_call_loads),
        cmocka_unit_test(a_reading_can_be_chosen),
        cmocka_unit_test(survives_refusals),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
