/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/checked.h"
#include "samples.h"
#include "scan/state.h"
#include "scan_check.h"

#define EVIL "cos\nsystem\n(S'id'\ntR."

static const struct stk_limits defaults = STK_LIMITS_DEFAULT;

/* ---- stances ---- */

/* Whether bytes are taken for a stream. */
static bool found_as(const void *data, size_t len, enum stk_stance stance)
{
    const struct stk_report *report = NULL;
    struct stk_source nothing = stk_source_of(stk_span_of("", 0));
    struct stk_place place = {.source = stk_source_of(stk_span_of(data, len))};
    struct stk_run run;
    bool found = false;
    struct stk_scanner *s = stk_scanner_new(&stk_alloc_libc, &defaults);
    assert_non_null(s);
    assert_int_equal(stk_scan(s, &nothing, &report), STK_OK);
    assert_int_equal(
        stk_scan_stream(s, &place, 0, STK_LOADER_PICKLE, stance, &run, &found), STK_OK);
    assert_int_equal(s->n_streams, found);
    assert_true(!found || s->streams[0].complete == run.stopped);
    stk_scanner_free(s);
    return found;
}

static void what_a_loader_might_take(void **state)
{
    static const struct {
        const char *bytes;
        size_t len;
        bool found;
    } cases[] = {
        {LIT("N."), true},
        {LIT("(lp0\n."), true},
        {LIT("\x80\x04]"), true},          /* PROTO and an opcode behind it */
        {LIT("\x80\x04hello"), true},      /* one that faults */
        {LIT("\x80\x04\xff"), false},      /* no opcode */
        {LIT("\x80\x04"), false},          /* nothing */
        {LIT("hello"), false},             /* text */
        {LIT("(lp0\n(dp1\n"), false},      /* no end, no import */
        {LIT("cos\nsystem\n"), true},      /* no end, but an import */
        {LIT("c\x01\x02\n\x03\n"), false}, /* of what can be no module */
        {LIT("(cos\nsystem\nS'x"), true},  /* cut behind the import */
        {LIT("\x8c\x02os\x8c\x01x\x93"), true},
        {LIT("\x82\x05)R"), true}, /* no import, but a call */
        {LIT(""), false},
    };
    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        bool found = found_as(cases[i].bytes, cases[i].len, STK_STANCE_LOADER);
        if (found != cases[i].found) {
            fail_msg("case %zu", i);
        }
        assert_true(found_as(cases[i].bytes, cases[i].len, STK_STANCE_DECLARED));
        assert_true(found_as(cases[i].bytes, cases[i].len, STK_STANCE_FOUND));
    }
}

static void names_of_modules(void **state)
{
    static const char *const good[] = {"os",  "a.b", "_x", "A1", "\xc3\xa9t\xc3\xa9",
                                       "a..b"};
    static const char *const bad[] = {"",    "1a",    ".a",  "a b",
                                      "a-b", "a\x01", "a\n", "a/b"};
    (void)state;
    for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
        assert_true(stk_is_module_name(stk_span_of(good[i], strlen(good[i]))));
    }
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        assert_false(stk_is_module_name(stk_span_of(bad[i], strlen(bad[i]))));
    }
}

/* ---- several streams ---- */

static void one_after_another(void **state)
{
    (void)state;
    CHECK("N.I1\n.", 6, "pickle clean\n- 0+2 p- clean\n- 2+4 p- clean\n");
    CHECK("\x80\x04N.\x80\x02N." EVIL, 8 + 21,
          "pickle dangerous\n"
          "- 0+4 p4 clean\n"
          "- 4+4 p2 clean\n"
          "- 8+21 p- dangerous os.system\n"
          "  STK101 8\n");
}

static void junk_between(void **state)
{
    (void)state;
    CHECK("N.\n\njunk here\n" EVIL, 14 + 21,
          "pickle dangerous\n"
          "- 0+2 p- clean\n"
          "- 14+21 p- dangerous os.system\n"
          "  STK101 14\n");
    CHECK("N.\0\0\0" EVIL "\0\0\0" EVIL, 5 + 21 + 3 + 21,
          "pickle dangerous\n"
          "- 0+2 p- clean\n"
          "- 5+21 p- dangerous os.system\n"
          "  STK101 5\n"
          "- 29+21 p- dangerous os.system\n"
          "  STK101 29\n");
}

/* The first stream breaks; the second is found behind the fault. */
static void behind_a_fault(void **state)
{
    (void)state;
    CHECK("\x80\x04]]]\xff" EVIL, 6 + 21,
          "pickle dangerous\n"
          "- 0+5 p4 undecided cut\n"
          "  STK201 5\n"
          "- 6+21 p- dangerous os.system\n"
          "  STK101 6\n");
}

/* A memo does not outlive its stream. */
static void a_stream_starts_anew(void **state)
{
    (void)state;
    CHECK("\x80\x02Nq\x05.\x80\x02Nq\x06h\x05.", 6 + 8,
          "pickle undecided\n"
          "- 0+6 p2 clean\n"
          "- 6+5 p2 undecided cut\n"
          "  STK201 11\n");
}

static void more_than_are_reported(void **state)
{
    struct stk_limits limits = defaults;
    (void)state;
    limits.streams_max = 2;
    CHECK_WITH(&limits, "N.N.N." EVIL, 6 + 21,
               "pickle dangerous\n"
               "- 0+2 p- clean\n"
               "- 2+2 p- clean\n"
               "! - STK203 4 more streams than streams-max\n"
               "! - STK203 6 more streams than streams-max\n");
    CHECK_WITH(&limits, "N.N.N.", 6,
               "pickle undecided\n"
               "- 0+2 p- clean\n"
               "- 2+2 p- clean\n"
               "! - STK203 4 more streams than streams-max\n");
}

/* ---- nested loads ---- */

/* torch.storage._load_from_bytes(bytes), the bytes of length n written as \x<n>. */
#define LOAD(n, bytes) "ctorch.storage\n_load_from_bytes\n(C" n bytes "tR."

static void a_nested_stream(void **state)
{
    (void)state;
    CHECK("cpickle\nloads\n(C\x15" EVIL "tR.", 41,
          "pickle dangerous\n"
          "pickle.loads@17 0+21 p- dangerous os.system\n"
          "  STK101 0\n"
          "- 0+41 p- dangerous pickle.loads\n"
          "  STK101 0\n"
          "  STK105 39\n");
    CHECK(LOAD("\x15", EVIL), 35 + 21 + 3,
          "pickle dangerous\n"
          "torch.storage._load_from_bytes@35 0+21 p- dangerous os.system\n"
          "  STK101 0\n"
          "- 0+59 p- dangerous torch.storage._load_from_bytes\n"
          "  STK105 57\n");
}

/* Finding no stream is no proof that the loader finds none. */
static void nothing_in_nested_bytes(void **state)
{
    (void)state;
    assert_string_equal(check_verdict(NULL, LIT(LOAD("\x05", "hello"))), "undecided");
    assert_string_equal(check_verdict(NULL, LIT(LOAD("\x00", ""))), "undecided");
}

/* Members name the way: outermost first. */
static void nested_twice(void **state)
{
    (void)state;
    CHECK("cpickle\nloads\n(C\x29"
          "cpickle\nloads\n(C\x15" EVIL "tR.tR.",
          61,
          "pickle dangerous\n"
          "pickle.loads@17!pickle.loads@17 0+21 p- dangerous os.system\n"
          "  STK101 0\n"
          "pickle.loads@17 0+41 p- dangerous pickle.loads\n"
          "  STK101 0\n"
          "  STK105 39\n"
          "- 0+61 p- dangerous pickle.loads\n"
          "  STK101 0\n"
          "  STK105 59\n");
}

/* Levels of torch.storage._load_from_bytes around N. */
static size_t nest(uint8_t *out, size_t levels)
{
    static const char head[] = "ctorch.storage\n_load_from_bytes\n(B";
    static uint8_t inner[1 << 14];
    size_t len = 2;
    memcpy(out, "N.", 2);
    for (size_t i = 0; i < levels; i++) {
        memcpy(inner, out, len);
        memcpy(out, head, sizeof(head) - 1);
        size_t at = sizeof(head) - 1;
        for (size_t b = 0; b < 4; b++) {
            out[at++] = (uint8_t)(len >> (8 * b));
        }
        memcpy(out + at, inner, len);
        memcpy(out + at + len, "tR.", 3);
        len += at + 3;
    }
    return len;
}

static void nested_to_the_limit(void **state)
{
    static uint8_t bytes[1 << 14];
    (void)state;
    size_t len = nest(bytes, (size_t)defaults.depth_max);
    const char *report = check_report(NULL, bytes, len);
    assert_null(strstr(report, "STK203"));
    len = nest(bytes, (size_t)defaults.depth_max + 1);
    report = check_report(NULL, bytes, len);
    assert_non_null(strstr(report, "STK203 0 containers and streams nested deeper"));
    assert_memory_equal(report, "pickle undecided\n", 17);
}

/* The same bytes loaded again and again are looked into once: what that costs must not
 * be the product of their length and the number of calls. */
static void the_same_bytes_loaded_again(void **state)
{
    (void)state;
    CHECK("C\x15" EVIL "q\x00"
          "0ctorch.storage\n_load_from_bytes\nq\x01"
          "0h\x01h\x00\x85R0h\x01h\x00\x85R0h\x01h\x00\x85R0N.",
          84,
          "pickle dangerous\n"
          "torch.storage._load_from_bytes@2 0+21 p- dangerous os.system\n"
          "  STK101 0\n"
          "- 0+84 p- dangerous torch.storage._load_from_bytes\n"
          "  STK105 66\n"
          "  STK105 73\n"
          "  STK105 80\n");
}

/* Each level is read in several ways; the nested stream is looked into once, and not
 * once a reading, which would double with each level. */
static void nested_in_ambiguous_streams(void **state)
{
    static uint8_t bytes[1 << 14];
    static uint8_t inner[1 << 14];
    static const char tail[] = "tR0I0x1\n0I 1\n0F1_0\n0N.";
    (void)state;
    size_t len = 2;
    memcpy(bytes, "N.", 2);
    for (size_t i = 0; i < 12; i++) {
        memcpy(inner, bytes, len);
        memcpy(bytes, "cpickle\nloads\n(B", 16);
        bytes[16] = (uint8_t)len;
        bytes[17] = (uint8_t)(len >> 8);
        bytes[18] = 0;
        bytes[19] = 0;
        memcpy(bytes + 20, inner, len);
        memcpy(bytes + 20 + len, tail, sizeof(tail) - 1);
        len += 20 + sizeof(tail) - 1;
    }
    const char *report = check_report(NULL, bytes, len);
    size_t n_streams = 0;
    for (const char *p = report; (p = strstr(p, " p- ")) != NULL; p++) {
        n_streams++;
    }
    assert_int_equal(n_streams, 13);
}

/* base64 and hex that decode to a stream. */
static void text_that_decodes(void **state)
{
    (void)state;
    const char *report =
        check_report(NULL, LIT(LOAD("\x1c", "Y29zCnN5c3RlbQooUydpZCcKdFIu")));
    assert_non_null(strstr(report, "dangerous os.system"));
    report = check_report(NULL, LIT(LOAD("\x2a", "636f730a73797374656d0a285327696427"
                                                 "0a74522e")));
    assert_non_null(strstr(report, "dangerous os.system"));
}

/* ---- nested loads of text ---- */

/* torch.storage._load_from_bytes(_codecs.encode(text, 'latin1')): the opcode of the text
 * at byte 50. */
#define LOAD_TEXT(text)                                                                  \
    "ctorch.storage\n_load_from_bytes\n(c_codecs\nencode\n(" text "Vlatin1\ntRtR."

static void a_nested_stream_in_text(void **state)
{
    (void)state;
    CHECK(LOAD_TEXT("X\x18\x00\x00\x00\xc2\x80\x02" EVIL), 55 + 24 + 13,
          "pickle dangerous\n"
          "torch.storage._load_from_bytes@55 0+23 p2 dangerous os.system\n"
          "  STK101 2\n"
          "- 0+92 p- dangerous torch.storage._load_from_bytes _codecs.encode\n"
          "  STK105 90\n");
}

/* Every way to write the text gives the same bytes: 80 02 and EVIL, of which "R" is an
 * escape where there are any. */
static void every_writing(void **state)
{
#define CALL "cos\\nsystem\\n(S\"id\"\\nt\\x52."
    static const struct {
        const char *bytes;
        size_t len;
    } cases[] = {
        {LIT(LOAD_TEXT("V\x80\x02"
                       "cos\\u000asystem\\u000a(S'id'\\u000at\\U00000052.\n"))},
        {LIT(LOAD_TEXT("S'\\x80\\x02" CALL "'\n"))},
        {LIT(LOAD_TEXT("U\x17\x80\x02" EVIL))},
        {LIT(LOAD_TEXT("\x8c\x18\xc2\x80\x02" EVIL))},
    };
#undef CALL
    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        const char *report = check_report(NULL, cases[i].bytes, cases[i].len);
        assert_memory_equal(report, "pickle dangerous\n", 17);
        assert_non_null(strstr(report, " 0+23 p2 dangerous os.system\n"));
    }
}

/* All 256 bytes arrive as they are. */
static void every_byte_of_a_text(void **state)
{
    static const char head[] = "cpickle\nloads\n(c_codecs\nencode\n(X";
    static const char tail[] = "Vlatin1\ntRtR.";
    static const char end[] = "0" EVIL;
    uint8_t bytes[1024];
    size_t at = sizeof(head) - 1;
    (void)state;
    memcpy(bytes, head, at);
    size_t len = at + 4;
    bytes[len++] = 'B'; /* BINBYTES of 256 bytes */
    memcpy(bytes + len, "\0\1\0\0", 4);
    len += 4;
    for (unsigned c = 0; c < 256; c++) {
        if (c >= 0x80) {
            bytes[len++] = (uint8_t)(0xc0 | c >> 6);
        }
        bytes[len++] = (uint8_t)(c >= 0x80 ? 0x80 | (c & 0x3f) : c);
    }
    memcpy(bytes + len, end, sizeof(end) - 1);
    len += sizeof(end) - 1;
    size_t text = len - at - 4;
    memcpy(bytes + at, (uint8_t[4]){(uint8_t)text, (uint8_t)(text >> 8), 0, 0}, 4);
    memcpy(bytes + len, tail, sizeof(tail) - 1);
    const char *report = check_report(NULL, bytes, len + sizeof(tail) - 1);
    assert_non_null(strstr(report, "pickle.loads@37 0+283 p- dangerous os.system\n"));
}

/* No loader gets anything from these: what they carry is not known. */
static void texts_without_bytes(void **state)
{
    (void)state;
    assert_string_equal(
        check_verdict(NULL, LIT(LOAD_TEXT("X\x04\x00\x00\x00\xc4\x80N."))), "undecided");
    assert_string_equal(
        check_verdict(NULL, LIT(LOAD_TEXT("X\x05\x00\x00\x00\xe2\x82\xacN."))),
        "undecided");
    assert_string_equal(check_verdict(NULL, LIT(LOAD_TEXT("V\\u0100N.\n"))), "undecided");
    assert_string_equal(check_verdict(NULL, LIT(LOAD_TEXT("V\\ud880N.\n"))), "undecided");
    assert_string_equal(check_verdict(NULL, LIT(LOAD_TEXT("X\x00\x00\x00\x00"))),
                        "undecided");
    assert_string_equal(check_verdict(NULL, LIT(LOAD_TEXT("X\x02\x00\x00\x00N."))),
                        "clean");
}

/* Looked into once, as bytes are. */
static void a_text_loaded_again(void **state)
{
    (void)state;
    CHECK("X\x15\x00\x00\x00" EVIL "q\x00"
          "0c_codecs\nencode\n(h\x00Vlatin1\ntRq\x01"
          "0ctorch.storage\n_load_from_bytes\nq\x02"
          "0h\x02h\x01\x85R0h\x02h\x01\x85R.",
          110,
          "pickle dangerous\n"
          "torch.storage._load_from_bytes@5 0+21 p- dangerous os.system\n"
          "  STK101 0\n"
          "- 0+110 p- dangerous _codecs.encode torch.storage._load_from_bytes\n"
          "  STK105 101\n"
          "  STK105 108\n");
}

/* Texts count as what is expanded. */
static void texts_and_the_limit_of_expansion(void **state)
{
    struct stk_limits limits = defaults;
    (void)state;
    limits.expand_max = 2;
    assert_string_equal(check_verdict(&limits, LIT(LOAD_TEXT("X\x02\x00\x00\x00N."))),
                        "clean");
    const char *report = check_report(&limits, LIT(LOAD_TEXT("X\x03\x00\x00\x00NN.")));
    assert_memory_equal(report, "pickle undecided\n", 17);
    assert_non_null(strstr(report, "@55 STK203 0 nested streams written as text expand"));
}

static enum stk_status scan_texts(const struct stk_alloc *alloc, void *arg)
{
    static const char unicode[] = LOAD_TEXT("V\x80\x02\\u004e.\n");
    static const char utf8[] = LOAD_TEXT("X\x05\x00\x00\x00\xc2\x80\x02N.");
    const struct stk_report *report = NULL;
    (void)arg;
    struct stk_scanner *s = stk_scanner_new(alloc, &defaults);
    if (s == NULL) {
        return STK_E_NOMEM;
    }
    struct stk_source source = stk_source_of(stk_span_of(unicode, sizeof(unicode) - 1));
    enum stk_status status = stk_scan(s, &source, &report);
    if (status == STK_OK) {
        source = stk_source_of(stk_span_of(utf8, sizeof(utf8) - 1));
        status = stk_scan(s, &source, &report);
    }
    assert_true(status != STK_OK || report->verdict == STK_VERDICT_CLEAN);
    stk_scanner_free(s);
    return status;
}

static void memory_may_fail_at_texts(void **state)
{
    (void)state;
    STK_OOM_LOOP(scan_texts, NULL);
}

/* ---- joblib and torch ---- */

static void a_joblib_file_is_counted_once(void **state)
{
    (void)state;
    const char *report = check_report(NULL, joblib_array, sizeof(joblib_array));
    assert_memory_equal(report, "joblib clean\n- 0+", 17);
    assert_null(strstr(report + 13, "\n- "));
}

/* joblib.load skips the array; pickle.load runs it. */
static void opcodes_in_a_joblib_array(void **state)
{
    (void)state;
    const char *report = check_report(NULL, joblib_opcodes, sizeof(joblib_opcodes));
    assert_memory_equal(report, "joblib dangerous\n", 17);
    assert_non_null(strstr(report, "os.system"));
}

static void a_joblib_file_and_no_room_for_reports(void **state)
{
    struct stk_limits limits = defaults;
    (void)state;
    limits.streams_max = 0;
    assert_string_equal(check_verdict(&limits, joblib_array, sizeof(joblib_array)),
                        "undecided");
}

static void a_legacy_torch_file_is_counted_once(void **state)
{
    (void)state;
    const char *report = check_report(NULL, torch_legacy, sizeof(torch_legacy));
    size_t n_streams = 0;
    assert_memory_equal(report, "torch-legacy clean\n", 19);
    for (const char *p = report; (p = strstr(p, "\n- ")) != NULL; p++) {
        n_streams++;
    }
    assert_int_equal(n_streams, 5);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_a_loader_might_take),
        cmocka_unit_test(names_of_modules),
        cmocka_unit_test(one_after_another),
        cmocka_unit_test(junk_between),
        cmocka_unit_test(behind_a_fault),
        cmocka_unit_test(a_stream_starts_anew),
        cmocka_unit_test(more_than_are_reported),
        cmocka_unit_test(a_nested_stream),
        cmocka_unit_test(nothing_in_nested_bytes),
        cmocka_unit_test(nested_twice),
        cmocka_unit_test(nested_to_the_limit),
        cmocka_unit_test(the_same_bytes_loaded_again),
        cmocka_unit_test(nested_in_ambiguous_streams),
        cmocka_unit_test(text_that_decodes),
        cmocka_unit_test(a_nested_stream_in_text),
        cmocka_unit_test(every_writing),
        cmocka_unit_test(every_byte_of_a_text),
        cmocka_unit_test(texts_without_bytes),
        cmocka_unit_test(a_text_loaded_again),
        cmocka_unit_test(texts_and_the_limit_of_expansion),
        cmocka_unit_test(memory_may_fail_at_texts),
        cmocka_unit_test(a_joblib_file_is_counted_once),
        cmocka_unit_test(opcodes_in_a_joblib_array),
        cmocka_unit_test(a_joblib_file_and_no_room_for_reports),
        cmocka_unit_test(a_legacy_torch_file_is_counted_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
