/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "common.h"

static void names_are_mapped_below_protocol_3(void **state)
{
    (void)state;
    EXPECT("c__builtin__\neval\n.",
           "0 import __builtin__.eval as builtins.eval\nstop 19\n");
    EXPECT("\x80\2"
           "c__builtin__\nxrange\n.",
           "2 import __builtin__.xrange as builtins.range\nstop 23\n");
    EXPECT("\x80\3"
           "c__builtin__\neval\n.",
           "2 import __builtin__.eval\nstop 21\n");
    EXPECT("c__builtin__\nlong\n.",
           "0 import __builtin__.long as builtins.int\nstop 19\n");
    EXPECT("cUserDict\nUserDict\n.",
           "0 import UserDict.UserDict as collections.UserDict\nstop 20\n");
    EXPECT("curllib2\nurlopen\n.",
           "0 import urllib2.urlopen as urllib.request.urlopen\nstop 18\n");
    EXPECT("curllib2\nHTTPError\n.",
           "0 import urllib2.HTTPError as urllib.error.HTTPError\nstop 20\n");
    EXPECT("ccommands\ngetoutput\n.",
           "0 import commands.getoutput as subprocess.getoutput\nstop 21\n");
    EXPECT("ccommands.x\ny\n.",
           "0 import commands.x.y\nstop 15\n"); /* whole names only */
    EXPECT("\x8c\x0b__builtin__\x8c\4eval\x93.",
           "19 import __builtin__.eval as builtins.eval\nstop 21\n");
}

/* Both spellings count: the same names with and without the map are two globals. */
static void spellings_are_told_apart(void **state)
{
    (void)state;
    EXPECT_UNION("c__builtin__\neval\n\x80\4"
                 "c__builtin__\neval\n\x80\0c__builtin__\neval\n.",
                 "import __builtin__.eval as builtins.eval\nimport __builtin__.eval\n"
                 "stop 59\n");
}

/* Names that share one stk_hash where its seed is known: a chain of them must neither
 * cycle nor lose one. */
static void names_of_one_hash_are_told_apart(void **state)
{
    (void)state;
    EXPECT("\x80\4"
           "cmod\n000147244B7k9:lg\n0cmod\n00014828K(!:A!Ct\n0"
           "cmod\n00016586~NZ)dy+h\n0cmod\n000166183NS$be]r\n0N.",
           "2 import mod.000147244B7k9:lg\n25 import mod.00014828K(!:A!Ct\n"
           "48 import mod.00016586~NZ)dy+h\n71 import mod.000166183NS$be]r\nstop 96\n");
    EXPECT_UNION("\x80\2"
                 "c__builtin__\n000067024HzNl1XL\n0c__builtin__\n00013903T$gQO[$U\n0"
                 "\x80\4"
                 "c__builtin__\n000067024HzNl1XL\n0c__builtin__\n00013903T$gQO[$U\n0N.",
                 "import __builtin__.000067024HzNl1XL as builtins.000067024HzNl1XL\n"
                 "import __builtin__.00013903T$gQO[$U as builtins.00013903T$gQO[$U\n"
                 "import __builtin__.000067024HzNl1XL\n"
                 "import __builtin__.00013903T$gQO[$U\nstop 130\n");
}

static void a_global_is_listed_once(void **state)
{
    (void)state;
    struct follow f;
    follow_init(&f);
    follow_open(&f);
    FOLLOW(&f, "cos\nsystem\n\x8c\2os\x8c\6system\x93"
               "cos\npopen\n(ios\nsystem\n.");
    assert_string_equal(follow_text(&f),
                        "0 import os.system\n23 import os.system\n24 import os.popen\n"
                        "35 import os.system\n35 call os.system []\nstop 47\n");
    assert_int_equal(stk_machine_n_globals(f.machine), 2);
    const struct stk_global *g = stk_machine_global(f.machine, 0);
    assert_true(stk_span_is(g->module, "os") && stk_span_is(g->name, "system"));
    assert_true(g->off == 0 && g->order == 0 && g->called && !g->computed);
    g = stk_machine_global(f.machine, 1);
    assert_true(g->off == 24 && g->order == 1 && !g->called);
    assert_null(stk_machine_global(f.machine, 2));
    follow_close(&f);
}

/* a.b + c and a + b.c are two globals, and no byte of a name is dropped. */
static void names_are_bytes_apart(void **state)
{
    (void)state;
    static const char *const names[] = {"b.c", "c", "B.c", "b.c\r", "b.c ", "b. c"};
    struct follow f;
    follow_init(&f);
    follow_open(&f);
    follow_bytes(&f, &stk_reading_reference,
                 "ca\nb.c\nca.b\nc\nca\nB.c\nca\nb.c\r\nca\nb.c \nca\nb. c\nca\nb.c\0\n.",
                 54);
    assert_true(f.run.stopped);
    assert_int_equal(stk_machine_n_globals(f.machine), 7);
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        assert_true(stk_span_is(stk_machine_global(f.machine, i)->name, names[i]));
    }
    assert_int_equal(stk_machine_global(f.machine, 6)->name.len, 4);
    follow_close(&f);
}

static void computed_names(void **state)
{
    (void)state;
    struct follow f;
    follow_init(&f);
    follow_open(&f);
    FOLLOW(&f, "ca\nb\n)R\x8c\6system\x93)R.");
    assert_string_equal(follow_text(&f),
                        "0 import a.b\n6 call a.b ()\n15 import (computed)\n"
                        "17 call <computed name> ()\nstop 19\n");
    const struct stk_global *g = stk_machine_global(f.machine, 1);
    assert_true(g->computed && g->called);
    assert_int_equal(g->module.len, 0);
    assert_int_equal(g->name.len, 0);
    follow_close(&f);
    /* It is not the global of two empty names. */
    EXPECT_UNION("\x8c\0\x8c\0\x93Nca\nb\n\x8c\0\x93.",
                 "import .\nimport a.b\nimport (computed)\nstop 15\n");
}

static void limit_of_globals(void **state)
{
    (void)state;
    static const char stream[] = "ca\n1\nca\n2\nca\n2\nca\n3\nca\n4\n";
    for (size_t n = 2; n <= 4; n++) {
        struct follow f;
        char bytes[32];
        char want[200] = "0 import a.1\n5 import a.2\n10 import a.2\n";
        size_t len = 5 * (n + 1);
        follow_init(&f);
        f.limits.globals_max = 3;
        follow_open(&f);
        memcpy(bytes, stream, len);
        bytes[len] = '.';
        follow_bytes(&f, &stk_reading_reference, bytes, len + 1);
        strcat(want, n >= 3 ? "15 import a.3\n" : "");
        strcat(want, n == 2   ? "stop 16\n"
                     : n == 3 ? "stop 21\n"
                              : "fault \"more imports than globals-max\" at 20\n");
        assert_string_equal(follow_text(&f), want);
        follow_close(&f);
    }
}

static void limit_of_names(void **state)
{
    (void)state;
    struct follow f;
    follow_init(&f);
    f.limits.name_max = 3;
    follow_open(&f);
#define NAMES(bytes, text)                                                               \
    FOLLOW(&f, bytes);                                                                   \
    assert_string_equal(follow_text(&f), (text))
    const char *at_0 = "fault \"a name longer than name-max\" at 0\n";
    NAMES("cab\nab\n.", "0 import ab.ab\nstop 8\n");
    NAMES("cabc\nabc\n.", "0 import abc.abc\nstop 10\n");
    NAMES("cabcd\nab\n.", at_0);
    NAMES("cab\nabcd\n.", at_0);
    NAMES("cab\nabcd", "0 import ab.abc\nquirk LINE_END at 0\n"
                       "fault \"the bytes end before STOP\" at 8\n");
    NAMES("cab\nabcde", at_0);
    NAMES("\x8c\3abc\x8c\3"
          "abc\x93.",
          "10 import abc.abc\nstop 12\n");
    NAMES("\x8c\3abc\x8c\4"
          "abcd\x93.",
          "fault \"a name longer than name-max\" at 11\n");
    NAMES("Pabc\n.", "0 persistent 'abc'\nstop 6\n");
    NAMES("Pabcd\n.", at_0);
    follow_close(&f);
}

/* Many names: each is found again, whatever its hash. */
static void many_globals(void **state)
{
    (void)state;
    struct follow f;
    struct stk_buf stream;
    build_init(&stream);
    for (unsigned round = 0; round < 2; round++) {
        for (unsigned i = 0; i < 20000; i++) {
            stk_buf_printf(&stream, "cm\nn%u\n0", i);
        }
    }
    PUT(&stream, "N.");
    follow_init(&f);
    follow_open(&f);
    struct stk_source source = stk_source_of(stk_buf_span(&stream));
    struct stk_judge judge = {.effect = ignore_effect};
    assert_int_equal(
        stk_machine_run(f.machine, &source, 0, &stk_reading_reference, &judge, &f.run),
        STK_OK);
    assert_true(f.run.stopped);
    assert_int_equal(stk_machine_n_globals(f.machine), 20000);
    for (unsigned i = 0; i < 20000; i++) {
        char name[16];
        snprintf(name, sizeof name, "n%u", i);
        assert_true(stk_span_is(stk_machine_global(f.machine, i)->name, name));
    }
    follow_close(&f);
    stk_buf_release(&stream);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(names_are_mapped_below_protocol_3),
        cmocka_unit_test(spellings_are_told_apart),
        cmocka_unit_test(names_of_one_hash_are_told_apart),
        cmocka_unit_test(a_global_is_listed_once),
        cmocka_unit_test(names_are_bytes_apart),
        cmocka_unit_test(computed_names),
        cmocka_unit_test(limit_of_globals),
        cmocka_unit_test(limit_of_names),
        cmocka_unit_test(many_globals),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
