/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "profile/format.h"

/* The texts of a table, each with its length, up to one that is NULL. */
struct text {
    const char *data;
    size_t len;
};

#define T(text)                                                                          \
    {                                                                                    \
        (text), sizeof(text) - 1                                                         \
    }
#define END                                                                              \
    {                                                                                    \
        NULL, 0                                                                          \
    }

static stk_format_check find(const char *name)
{
    stk_format_check check = stk_format_find(stk_span_of(name, strlen(name)));
    if (check == NULL) {
        fail_msg("no format %s", name);
    }
    return check;
}

/* In a block of its exact size, so that ASan sees reads past it. */
static bool holds(stk_format_check check, const char *data, size_t len)
{
    char *copy = malloc(len + 1);
    assert_non_null(copy);
    memcpy(copy + 1, data, len);
    bool good = check(stk_span_of(copy + 1, len));
    free(copy);
    return good;
}

static void check_texts(const char *name, const struct text *good, const struct text *bad)
{
    stk_format_check check = find(name);
    for (; good->data != NULL; good++) {
        if (!holds(check, good->data, good->len)) {
            fail_msg("%s refuses %s", name, good->data);
        }
        /* What follows a text that is complete is seen. */
        char more[512];
        memcpy(more, good->data, good->len);
        more[good->len] = '\n';
        bool pointer = strcmp(name, "json-pointer") == 0; /* may have any character */
        if (!pointer && holds(check, more, good->len + 1)) {
            fail_msg("%s takes %s with a newline", name, good->data);
        }
    }
    for (; bad->data != NULL; bad++) {
        if (holds(check, bad->data, bad->len)) {
            fail_msg("%s takes %s", name, bad->data);
        }
    }
}

static void names(void **state)
{
    (void)state;
    static const char *const unknown[] = {"regex", "", "Date", "date-", "dat", "color"};
    for (size_t i = 0; i < sizeof(unknown) / sizeof(unknown[0]); i++) {
        assert_null(stk_format_find(stk_span_of(unknown[i], strlen(unknown[i]))));
    }
    assert_null(stk_format_find(stk_span_of(NULL, 0)));
}

static void nothing_and_anything(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        bool empty;
    } formats[] = {
        {"date-time", false}, {"date", false},         {"time", false},
        {"duration", false},  {"email", false},        {"idn-email", false},
        {"hostname", false},  {"idn-hostname", false}, {"ipv4", false},
        {"ipv6", false},      {"uri", false},          {"uri-reference", true},
        {"iri", false},       {"iri-reference", true}, {"uri-template", true},
        {"uuid", false},      {"json-pointer", true},  {"relative-json-pointer", false},
    };
    for (size_t i = 0; i < sizeof(formats) / sizeof(formats[0]); i++) {
        stk_format_check check = find(formats[i].name);
        assert_int_equal(check(stk_span_of(NULL, 0)), formats[i].empty);
        assert_int_equal(holds(check, "", 0), formats[i].empty);
        for (unsigned c = 0; c < 0x10000; c++) {
            const char text[2] = {(char)(c >> 8), (char)c};
            (void)holds(check, text, 2);
        }
        bool pointer = strcmp(formats[i].name, "json-pointer") == 0;
        assert_false(!pointer && holds(check, "\xed\xa0\x80", 3));
    }
}

static void dates(void **state)
{
    (void)state;
    static const struct text good[] = {T("2024-02-29"), T("2000-02-29"), T("1999-12-31"),
                                       T("0000-01-01"), END};
    static const struct text bad[] = {
        T("2023-02-29"),  T("1900-02-29"), T("2024-04-31"),
        T("2024-13-01"),  T("2024-00-01"), T("2024-01-00"),
        T("24-01-01"),    T("2024-1-01"),  T("2024/01/01"),
        T("2024-01-011"), T("2024-01-0"),  T("2024-01-01\0"),
        T("-024-01-01"),  T("2024-01"),    END};
    check_texts("date", good, bad);
}

static void times(void **state)
{
    (void)state;
    static const struct text good[] = {T("00:00:00Z"),      T("23:59:59.999999999999z"),
                                       T("12:00:00+23:59"), T("12:00:00-00:00"),
                                       T("23:59:60Z"),      T("23:59:60.5Z"),
                                       T("00:59:60+01:00"), T("18:59:60-05:00"),
                                       T("05:29:60+05:30"), END};
    static const struct text bad[] = {
        T("24:00:00Z"),      T("23:60:00Z"),      T("23:59:61Z"),  T("12:00:60Z"),
        T("23:59:60+01:00"), T("12:00:00"),       T("12:00Z"),     T("12:00:00.Z"),
        T("12:00:00+24:00"), T("12:00:00+01:60"), T("12:00:00+1"), T("12:00:00+0100"),
        T("12:00:00 Z"),     T("1:00:00Z"),       T("12-00-00Z"),  END};
    check_texts("time", good, bad);
    static const struct text good_both[] = {T("2024-02-29T23:59:60Z"),
                                            T("2024-02-29t01:02:03.4+05:00"), END};
    static const struct text bad_both[] = {T("2023-02-29T00:00:00Z"),
                                           T("2024-02-29 00:00:00Z"),
                                           T("2024-02-29"),
                                           T("00:00:00Z"),
                                           T("2024-02-29T"),
                                           T("2024-02-29T00:00:00"),
                                           END};
    check_texts("date-time", good_both, bad_both);
}

static void durations(void **state)
{
    (void)state;
    static const struct text good[] = {T("P1Y"),
                                       T("P1Y2M3D"),
                                       T("P2M3D"),
                                       T("P3D"),
                                       T("PT1H"),
                                       T("PT1H2M3S"),
                                       T("PT2M3S"),
                                       T("PT3S"),
                                       T("P1YT1H"),
                                       T("P1W"),
                                       T("P0D"),
                                       T("P1MT1S"),
                                       T("P00000000000000000000000000000000000001D"),
                                       END};
    static const struct text bad[] = {
        T("P"),     T("PT"),    T("P1"),  T("1Y"),   T("P1Y3D"),  T("PT1H3S"),
        T("P1D1D"), T("P1M1Y"), T("P1H"), T("PT1D"), T("P1W1D"),  T("P1WT1H"),
        T("P1.5D"), T("P-1D"),  T("p1d"), T("P1DT"), T("PT1M1M"), T("P1D2T3H"),
        T("PYT1H"), T("P 1D"),  END};
    check_texts("duration", good, bad);
}

static void addresses(void **state)
{
    (void)state;
    static const struct text good4[] = {T("0.0.0.0"), T("255.255.255.255"),
                                        T("10.20.1.9"), END};
    static const struct text bad4[] = {T("256.0.0.1"),
                                       T("1.2.3"),
                                       T("1.2.3.4.5"),
                                       T("01.2.3.4"),
                                       T("1.2.3.04"),
                                       T("1..2.3"),
                                       T("1.2.3."),
                                       T(".1.2.3"),
                                       T("1.2.3.a"),
                                       T("1.2.3.4000"),
                                       T("1,2,3,4"),
                                       T("0x1.2.3.4"),
                                       END};
    check_texts("ipv4", good4, bad4);
    static const struct text good6[] = {T("::"),
                                        T("::1"),
                                        T("1::"),
                                        T("a:B:c:D:e:F:0:1234"),
                                        T("1:2:3:4:5:6:7::"),
                                        T("::2:3:4:5:6:7:8"),
                                        T("1::8"),
                                        T("::1.2.3.4"),
                                        T("1:2:3:4:5:6:1.2.3.4"),
                                        T("64:ff9b::1.2.3.4"),
                                        END};
    static const struct text bad6[] = {T(":"),
                                       T(":::"),
                                       T("1:2:3:4:5:6:7"),
                                       T("1:2:3:4:5:6:7:8:9"),
                                       T("1::2::3"),
                                       T("1:2:3:4::5:6:7:8"),
                                       T(":1:2:3:4:5:6:7"),
                                       T("1:2:3:4:5:6:7:"),
                                       T("12345::"),
                                       T("g::"),
                                       T("1:2:3:4:5:6:7:1.2.3.4"),
                                       T("::1.2.3"),
                                       T("::1.2.3.4:5"),
                                       T("1.2.3.4"),
                                       T("::01.2.3.4"),
                                       T("fe80::1%eth0"),
                                       T("::/0"),
                                       T("1.2.3.4::"),
                                       T("1::."),
                                       END};
    check_texts("ipv6", good6, bad6);
}

#define L63 "abcdefghijklmnopqrstuvwxyzabcdefghijklmnopqrstuvwxyzabcdefghijk"

static void host_names(void **state)
{
    (void)state;
    static const struct text good[] = {
        T("a"),
        T("a-b.C-1.example"),
        T("1.2.3.4"),
        T(L63 ".x"),
        T("ab--cd"),
        T("3com.com"),
        T("xn--mnchen-3ya.de"),
        T("XN--MNCHEN-3YA.DE"),
        T("xn--4dbcagdahymbxekheh6e0a7fei0b"), /* Hebrew, RFC 3492, 7.1 (D) */
        T(L63 "." L63 "." L63
              ".abcdefghijklmnopqrstuvwxyzabcdefghijklmnopqrstuvwxyzabcdefghi"),
        END};
    static const struct text bad[] = {
        T("."),
        T("a."),
        T(".a"),
        T("a..b"),
        T("-a"),
        T("a-"),
        T("a_b"),
        T("a b"),
        T(L63 "x"),
        T("m\xc3\xbcnchen"),
        T("xn--"),
        T("xn---"),
        T("xn--a"),
        T("xn--abc-"),
        T("xn--999999999"),
        T("xn--zzzzzzzzzzzzzzzzzz"),
        T("xn--mnchen-"),
        T("a\0b"),
        T(L63 "." L63 "." L63
              ".abcdefghijklmnopqrstuvwxyzabcdefghijklmnopqrstuvwxyzabcdefghij"),
        END};
    check_texts("hostname", good, bad);
}

static void international_host_names(void **state)
{
    (void)state;
    static const struct text good[] = {T("münchen.de"),
                                       T("example.COM"),
                                       T("日本語。jp"),
                                       T("xn--mnchen-3ya.de"),
                                       T("straße"),
                                       T("col·lecció"),
                                       T("ελλάδα"),
                                       T("фото.рф"),
                                       T("ישראל.com"),
                                       T("مثال"),
                                       T("क्\u200dष"),
                                       T("ア・イ"),
                                       T("א׳"),
                                       T("ab1.x2"),
                                       END};
    static const struct text bad[] = {
        T("München"), T("a\u00a0b"), T("\u0301a"),      T("日本語."),    T("。jp"),
        T("col·x"),   T("·ll"),      T("a\u200db"),     T("\u200c"),     T("a・b"),
        T("a׳"),      T("\u0375a"),  T("٠۰"),           T("1א"),         T("aא"),
        T("אa"),      T("1a.א"),     T("ü-"),           T("-ü"),         T("üü--ü"),
        T("☃"),       T("ａ"),       T("\xed\xa0\x80"), T("\U000e0001"), END};
    check_texts("idn-hostname", good, bad);
    /* The ASCII form of this many is 63 bytes long. */
    char label[2 * 64];
    for (size_t n = 1; n <= 64; n++) {
        memcpy(label + 2 * n - 2, "ü", 2);
        bool fits = holds(find("idn-hostname"), label, 2 * n);
        assert_int_equal(fits, n <= 57);
    }
}

static void mail(void **state)
{
    (void)state;
    static const struct text good[] = {
        T("a@b"),
        T("a.b+c@example.com"),
        T("!#$%&'*+-/=?^_`{|}~@x"),
        T("\"\"@x"),
        T("\"a b\"@x"),
        T("\"a\\\"@\\\\\"@x"),
        T("a@[1.2.3.4]"),
        T("a@[IPv6:::1]"),
        T("a@[ipv6:1::2]"),
        T("a@[tag:what]"),
        T("abcdefghijklmnopqrstuvwxyzabcdefghijklmnopqrstuvwxyzabcdefghijkl@x"),
        END};
    static const struct text bad[] = {
        T("a"),
        T("@x"),
        T("a@"),
        T("a@b@c"),
        T(".a@x"),
        T("a.@x"),
        T("a..b@x"),
        T("a b@x"),
        T("\"a@x"),
        T("\"a\"b@x"),
        T("\"a\n\"@x"),
        T("\"a\\"),
        T("a@-x"),
        T("a@x."),
        T("a@[1.2.3]"),
        T("a@[IPv6:1]"),
        T("a@[]"),
        T("a@[tag:]"),
        T("a@[:x]"),
        T("a@[t:[]"),
        T("a@[1.2.3.4"),
        T("é@x"),
        T("a@é"),
        T("a,b@x"),
        T("abcdefghijklmnopqrstuvwxyzabcdefghijklmnopqrstuvwxyzabcdefghijklm@x"),
        END};
    check_texts("email", good, bad);
    static const struct text good_idn[] = {T("é@x"), T("a@é.com"), T("\"é é\"@x"),
                                           T("用户@例え。jp"), END};
    static const struct text bad_idn[] = {
        T("é"), T("é@☃"), T("é..é@x"), T("\xed\xa0\x80@x"), T("\xff@x"), T("é @x"), END};
    check_texts("idn-email", good_idn, bad_idn);
}

static void uris(void **state)
{
    (void)state;
    static const struct text good[] = {T("a:"),
                                       T("http://x"),
                                       T("http://u:p@x:80/p;a?q#f"),
                                       T("http://[::1]:8/"),
                                       T("http://[v1.a:b]/"),
                                       T("http://x:/"),
                                       T("file:///a/b"),
                                       T("a:b:c@d"),
                                       T("urn:a:%20"),
                                       T("a+b-c.1:x"),
                                       T("http://%41/"),
                                       T("http:///"),
                                       END};
    static const struct text bad[] = {T("1a:b"),
                                      T("a"),
                                      T("//x"),
                                      T("http://x y"),
                                      T("http://[::1"),
                                      T("http://[::1]x"),
                                      T("http://[1]"),
                                      T("http://[v.a]"),
                                      T("http://[vg.a]"),
                                      T("http://[v1.]"),
                                      T("http://[v1.%41]"),
                                      T("http://x:8a"),
                                      T("http://a@b@c"),
                                      T("http://a:b:c"),
                                      T("a:%4"),
                                      T("a:%g0"),
                                      T("a:[x]"),
                                      T("a:?["),
                                      T("a:#a#b"),
                                      T("a:é"),
                                      T("a:b\0c"),
                                      T("a:\\"),
                                      T("a:<b>"),
                                      T("ab"),
                                      END};
    check_texts("uri", good, bad);
    static const struct text good_ref[] = {
        T(""),   T("a/b:c"), T("./a:b"), T("//x/y"),    T("?q"),
        T("#f"), T("/"),     T("a"),     T("../x?y#z"), END};
    static const struct text bad_ref[] = {T("1:b"),   T(":"), T("a b"), T("é"),
                                          T("//[x]"), T("^"), T("[a]"), END};
    check_texts("uri-reference", good_ref, bad_ref);
}

static void iris(void **state)
{
    (void)state;
    static const struct text good_iri[] = {T("http://é.x/é?é#é"), T("a:\U00010000"),
                                           T("a:?\ue000"),        T("a:?\U0010fffd"),
                                           T("http://é@x"),       END};
    static const struct text bad_iri[] = {T("é:x"),
                                          T("a:\ue000"),
                                          T("a:#\ue000"),
                                          T("a:\ufdd0"),
                                          T("a:\ufffe"),
                                          T("a:\xc2\x80"),
                                          T("a:\U0001fffe"),
                                          T("a:\U000e0001"),
                                          T("a:\xed\xa0\x80"),
                                          T("http://x:٣"),
                                          END};
    check_texts("iri", good_iri, bad_iri);
    static const struct text good_iri_ref[] = {T("é"), T("//é"), T("é/a:b"), END};
    static const struct text bad_iri_ref[] = {T("é:a"), T("é é"), T("\xc2\x80"), END};
    check_texts("iri-reference", good_iri_ref, bad_iri_ref);
}

static void templates(void **state)
{
    (void)state;
    static const struct text good[] = {
        T("a/{b}"),      T("{b,c*,d:12}"), T("{+a}{#a}{.a}{/a}{;a}{?a}{&a}"),
        T("{=a}{!a}"),   T("{a.b_1}"),     T("{%41b}"),
        T("é\ue000%C3"), T("{a:9999}"),    END};
    static const struct text bad[] = {
        T("{"),      T("}"),    T("{}"),       T("{a"),        T("{a,}"),
        T("{,a}x{"), T("{a:}"), T("{a:0}"),    T("{a:12345}"), T("{a*:1}"),
        T("{.}"),    T("{a.}"), T("{.a..b}"),  T("{a-b}"),     T("{é}"),
        T("{%4}"),   T("%4"),   T("%"),        T("a b"),       T("<"),
        T("\\"),     T("\x7f"), T("\xc2\x80"), T("{{a}}"),     T("\xed\xa0\x80"),
        T("a\0"),    END};
    check_texts("uri-template", good, bad);
}

static void identifiers_and_pointers(void **state)
{
    (void)state;
    static const struct text good_uuid[] = {T("01234567-89ab-CDEF-0123-456789abcdef"),
                                            END};
    static const struct text bad_uuid[] = {T("01234567-89ab-CDEF-0123-456789abcde"),
                                           T("0123456789abCDEF0123456789abcdef"),
                                           T("01234567-89ab-CDEF-0123-456789abcdeg"),
                                           T("0123456-789ab-CDEF-0123-456789abcdef"),
                                           T("{01234567-89ab-CDEF-0123-456789abcd}"),
                                           END};
    check_texts("uuid", good_uuid, bad_uuid);
    static const struct text good[] = {T(""), T("/"), T("/a~0b~1/\0"), T("/é/%"), END};
    static const struct text bad[] = {T("a"),    T("/~"),  T("/~2"),
                                      T("/a~/"), T("#/a"), END};
    check_texts("json-pointer", good, bad);
    static const struct text good_rel[] = {T("0"), T("10"), T("2#"), END};
    static const struct text bad_rel[] = {T("00"),  T("01/a"), T("/a"),  T("1a"),
                                          T("1##"), T("1#/"),  T("1/~"), T("0/~2"),
                                          T("-1"),  END};
    check_texts("relative-json-pointer", good_rel, bad_rel);
    assert_true(holds(find("relative-json-pointer"), "10/a~1/", 7));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(names),
        cmocka_unit_test(nothing_and_anything),
        cmocka_unit_test(dates),
        cmocka_unit_test(times),
        cmocka_unit_test(durations),
        cmocka_unit_test(addresses),
        cmocka_unit_test(host_names),
        cmocka_unit_test(international_host_names),
        cmocka_unit_test(mail),
        cmocka_unit_test(uris),
        cmocka_unit_test(iris),
        cmocka_unit_test(templates),
        cmocka_unit_test(identifiers_and_pointers),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
