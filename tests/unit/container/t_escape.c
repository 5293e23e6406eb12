/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "container/container.h"

static const char *escaped(const char *text, size_t len, size_t size)
{
    static char out[64];
    memset(out, '#', sizeof(out));
    assert_ptr_equal(stk_escape(out, size, stk_span_of(text, len)), out);
    assert_int_equal(out[size], '#');
    return out;
}

static void as_repr_writes_it(void **state)
{
    (void)state;
    assert_string_equal(escaped("a'b\"c d~", 8, 60), "a'b\"c d~");
    assert_string_equal(escaped("\n\r\t\\", 4, 60), "\\n\\r\\t\\\\");
    assert_string_equal(escaped("\0\x1b\x7f\xff\xc3\xa9", 6, 60),
                        "\\x00\\x1b\\x7f\\xff\\xc3\\xa9");
    assert_string_equal(escaped(NULL, 0, 60), "");
}

static void cut_between_whole_characters(void **state)
{
    (void)state;
    assert_string_equal(escaped("abcdefg", 7, 8), "abcdefg");
    assert_string_equal(escaped("abcdefgh", 8, 8), "abcd...");
    assert_string_equal(escaped("ab\n\n\n\n", 6, 8), "ab\\n...");
    assert_string_equal(escaped("abc\xff\xff", 5, 8), "abc...");
    assert_string_equal(escaped("\xff\xff", 2, 8), "\\xff...");
    assert_string_equal(escaped("\xff", 1, 4), "...");
}

struct seen {
    enum stk_note_kind kind;
    uint64_t off;
    char message[600];
};

static enum stk_status see(void *ctx, enum stk_note_kind kind, uint64_t off,
                           const char *message)
{
    struct seen *seen = ctx;
    seen->kind = kind;
    seen->off = off;
    (void)strncpy(seen->message, message, sizeof(seen->message) - 1);
    return STK_E_LIMIT;
}

static void notes_are_formatted_and_answered(void **state)
{
    (void)state;
    struct seen seen = {0};
    struct stk_visitor visitor = {.ctx = &seen, .note = see};
    assert_int_equal(stk_visitor_note(&visitor, STK_NOTE_CODE, 7, "%s %d", "x", 3),
                     STK_E_LIMIT);
    assert_int_equal(seen.kind, STK_NOTE_CODE);
    assert_int_equal(seen.off, 7);
    assert_string_equal(seen.message, "x 3");
    assert_int_equal(stk_visitor_note(&visitor, STK_NOTE_CODE, 7, "%01000d", 3),
                     STK_E_LIMIT);
    assert_int_equal(strlen(seen.message), 511); /* cut, not overrun */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(as_repr_writes_it),
        cmocka_unit_test(cut_between_whole_characters),
        cmocka_unit_test(notes_are_formatted_and_answered),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
