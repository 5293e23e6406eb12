/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "common.h"

static void expect_shown(const void *bytes, size_t len, size_t max, const char *want)
{
    struct follow f;
    follow_init(&f);
    follow_open(&f);
    follow_bytes(&f, &stk_reading_reference, bytes, len);
    assert_true(f.run.stopped);
    /* The source is gone; run once more over one that is not. */
    struct stk_source source = stk_source_of(stk_span_of(bytes, len));
    follow_run(&f, &source, &stk_reading_reference);
    assert_string_equal(stk_slot_show(f.machine, f.run.value, max), want);
    follow_close(&f);
}

#define SHOWN(bytes, want) expect_shown((bytes), sizeof(bytes) - 1, 200, (want))
#define CUT(bytes, max, want) expect_shown((bytes), sizeof(bytes) - 1, (max), (want))

static void plain_values(void **state)
{
    (void)state;
    SHOWN("N.", "None");
    SHOWN("\x88.", "True");
    SHOWN("\x89.", "False");
    SHOWN("K\7.", "7");
    SHOWN("K\0.", "0");
    SHOWN("J\xff\xff\xff\xff.", "-1");
    SHOWN("\x8a\7\0\0\0\0\0\0\x80.", "-36028797018963968");
    SHOWN("\x8a\7\xff\xff\xff\xff\xff\xff\x7f.", "36028797018963967");
    SHOWN("\x8a\x09\1\1\1\1\1\1\1\1\1.", "<int>");
    SHOWN("F1.5\n.", "<float>");
    SHOWN("].", "[...]");
    SHOWN("\x8f.", "<set>");
    SHOWN("(\x91.", "<frozenset>");
    SHOWN("\x97.", "<buffer>");
    SHOWN("\x82\1.", "<extension object>");
    SHOWN("Px\n.", "<persistent object>");
}

static void text_is_escaped(void **state)
{
    (void)state;
    SHOWN("\x8c\2os.", "'os'");
    SHOWN("C\2os.", "b'os'");
    SHOWN("\x96\2\0\0\0\0\0\0\0os.", "bytearray(b'os')");
    SHOWN("\x8c\4a\nb'.", "'a\\nb\\''");
    SHOWN("\x8c\4\x1b[2J.", "'\\x1b[2J'");
    SHOWN("\x8c\3\\\x7f\r.", "'\\\\\\x7f\\r'");
    SHOWN("\x8c\2\xc3\xa9.", "'\\xe9'");
    SHOWN("C\2\xc3\xa9.", "b'\\xc3\\xa9'");
    SHOWN("\x8c\7\xe2\x80\xae\xf0\x9f\x98\x80.", "'\\u202e\\U0001f600'");
    SHOWN("\x8c\3\xed\xa0\x80.", "'\\ud800'");
    SHOWN("\x8c\1\t.", "'\\t'");
    SHOWN("V\\u000a\n.", "'\\n'");
    SHOWN("C\1\0.", "b'\\x00'");
    SHOWN("\x8c\0.", "''");
}

static void tuples_and_dicts(void **state)
{
    (void)state;
    SHOWN(").", "()");
    SHOWN("K\1\x85.", "(1,)");
    SHOWN("K\1N\x86.", "(1, None)");
    SHOWN("}.", "{}");
    SHOWN("}\x8c\1aK\1sNNs.", "{'a': 1, None: None}");
    SHOWN("}q\0h\0.", "{...}"); /* an alias: its entries are not known */
    SHOWN("K\1\x85\x85\x85.", "(((1,),),)");
    SHOWN("K\1\x85\x85\x85\x85.", "((((...),),),)"); /* outlines below three levels */
}

static void names(void **state)
{
    (void)state;
    SHOWN("cos\nsystem\n.", "os.system");
    SHOWN("c__builtin__\neval\n.", "builtins.eval");
    SHOWN("c\xc3\xa9\n\x1b[2J\n.", "\\xe9.\\x1b[2J");
    SHOWN("cos\nsystem\n)R.", "<result of os.system>");
    SHOWN("Px\n)R.", "<result of a call>");
    SHOWN("Px\n\x8c\1x\x93.", "<computed name>");
    SHOWN("Px\n\x8c\1x\x93)R.", "<result of <computed name>>");
}

static void long_values_are_cut(void **state)
{
    (void)state;
    CUT("\x8c\x0a"
        "abcdefghij.",
        12, "'abcdefghij'");
    CUT("\x8c\x0a"
        "abcdefghij.",
        11, "'abc...'");
    CUT("\x8c\x0a"
        "abcdefghij.",
        3, "'.....");
    CUT("(K\1K\2K\3K\4K\5t.", 8, "(1, 2, 3...");
    CUT("cos\nsystem\n.", 4, "os.s...");
    CUT("N.", 0, "...");
    CUT("J\xff\xff\xff\x7f.", 4, "2147...");
}

/* Never longer than what was asked for and the dots, and always printable. */
static void any_value_at_any_length(void **state)
{
    (void)state;
    static const char *const streams[] = {"}\x8c\1aK\1sNNs.", "cos\nsystem\n)R.",
                                          "V\xe9\\u000a\n.",
                                          "(NNNcos\nsystem\n\x8c\4\x1b[2Jt."};
    for (size_t i = 0; i < sizeof streams / sizeof streams[0]; i++) {
        struct follow f;
        struct stk_source source =
            stk_source_of(stk_span_of(streams[i], strlen(streams[i])));
        follow_init(&f);
        follow_open(&f);
        follow_run(&f, &source, &stk_reading_reference);
        assert_true(f.run.stopped);
        for (size_t max = 0; max < 60; max++) {
            const char *text = stk_slot_show(f.machine, f.run.value, max);
            assert_true(strlen(text) <= max + 3);
            for (const char *c = text; *c != '\0'; c++) {
                assert_true(*c >= ' ' && *c <= '~');
            }
        }
        follow_close(&f);
    }
}

/* A long argument must not push out of sight what it ends in, or what follows it. */
static void both_ends_are_shown(void **state)
{
    (void)state;
    CUT("X\x5a\0\0\0"
        "aaaaaaaaaabbbbbbbbbbccccccccccddddddddddeeeeeeeeee"
        "ffffffffffgggggggggghhhhhhhhhhiiiiiiii\nZ.",
        80, "'aaaaaaaaaabbbbbbbbbbccccccccccdddd'...(41 more)...'hhhhhiiiiiiii\\nZ'");
    CUT("(X\x3c\0\0\0aaaaaaaaaaaaaaaaaaaabbbbbbbbbbbbbbbbbbbbcccccccccccccccccccc"
        "\x8c\5| sh\nt.",
        60, "('aaaaaaaaaaaaaaaaaaaa...', '| sh\\n')");
    CUT("}X\x3c\0\0\0aaaaaaaaaaaaaaaaaaaabbbbbbbbbbbbbbbbbbbbcccccccccccccccccccc"
        "\x8c\5| sh\ns.",
        60, "{'aaaaaaaaaaaaaaaaaaaab...': '| sh\\n'}");
    /* Not inside a character: of é a half is no é. */
    CUT("X\x48\0\0\0"
        "\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9"
        "\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9"
        "\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9"
        "\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9.",
        64, "'\\xe9\\xe9\\xe9\\xe9\\xe9'...(58 more)...'\\xe9\\xe9'");
}

/* Too long to be read for a part of it: the ends are, of a payload and of a line. */
static void text_of_any_length(void **state)
{
    (void)state;
    for (int line = 0; line < 2; line++) {
        struct follow f;
        struct stk_buf stream;
        build_init(&stream);
        stk_buf_byte(&stream, line ? 'V' : 'X');
        if (!line) {
            put_u32(&stream, 100012);
        }
        PUT(&stream, "begin ");
        PUT_REPEAT(&stream, "x", 100000);
        PUT(&stream, "  | sh");
        stk_buf_str(&stream, line ? "\n." : ".");
        struct pieces pieces = {.data = stream.data, .len = stream.len};
        struct stk_source source = pieces_source(&pieces);
        follow_init(&f);
        follow_open(&f);
        follow_run(&f, &source, &stk_reading_reference);
        assert_string_equal(stk_slot_show(f.machine, f.run.value, 80),
                            "'begin xxxxxxxxxxxxxxxxxxxxxxxxxxxx'...(99962 more)..."
                            "'xxxxxxxxxx  | sh'");
        follow_close(&f);
        stk_buf_release(&stream);
    }
}

static void without_memory(void **state)
{
    (void)state;
    struct follow f;
    follow_init(&f);
    follow_open(&f);
    FOLLOW(&f, "N.");
    f.oom.fail_at = f.oom.requests + 1;
    f.oom.fail_after = true;
    assert_string_equal(stk_slot_show(f.machine, f.run.value, 1 << 20), "...");
    follow_close(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(plain_values),        cmocka_unit_test(text_is_escaped),
        cmocka_unit_test(tuples_and_dicts),    cmocka_unit_test(names),
        cmocka_unit_test(long_values_are_cut), cmocka_unit_test(any_value_at_any_length),
        cmocka_unit_test(both_ends_are_shown), cmocka_unit_test(text_of_any_length),
        cmocka_unit_test(without_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
