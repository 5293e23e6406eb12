/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "common.h"
#include "oom.h"

#define STORAGE(class, key) "(S'storage'\nc" class "\nS'" key "'\nS'cpu'\nI6\ntQ"

#define EXPECT_TORCH(bytes, verdict, findings)                                           \
    expect_rated(STK_LOADER_TORCH, (bytes), sizeof(bytes) - 1, STK_VERDICT_##verdict,    \
                 (findings))

static void storages_are_reported(void **state)
{
    (void)state;
    struct rated r;
    static const char bytes[] = "ct\npersist\n(" STORAGE("c\nFloatStorage", "12") "tR.";
    rated_init(&r, STK_LOADER_TORCH);
    rated_run(&r, &stk_alloc_libc, bytes, sizeof bytes - 1);
    assert_string_equal(rated_text(&r), "");
    assert_int_equal(stk_policy_verdict(r.policy), STK_VERDICT_CLEAN);
    assert_int_equal(r.n_storages, 1);
    assert_string_equal(r.key, "12");
    assert_int_equal(r.items, 6);
    assert_int_equal(r.item_size, 4);
    rated_release(&r);
}

static void ids_that_are_no_storage(void **state)
{
    (void)state;
    EXPECT_TORCH(STORAGE("c\nPlain", "1") ".", REVIEW,
                 "STK304 37 asks the loader for ('storage', c.Plain, '1', 'cpu', 6)\n");
    EXPECT_TORCH("I1\nQ.", REVIEW, "STK304 3 asks the loader for 1\n");
    EXPECT_TORCH("Pabc\n.", REVIEW, "STK304 0 asks the loader for 'abc'\n");
    EXPECT_TORCH("(S'module'\ncc\nPlain\ntQ)R.", REVIEW,
                 "STK303 23 calls c.Plain(); its contract asks for ()\n");
}

static void other_loaders_vet_no_ids(void **state)
{
    (void)state;
    EXPECT(STORAGE("c\nFloatStorage", "1") ".", REVIEW,
           "STK304 44 asks the loader for ('storage', c.FloatStorage, '1', 'cpu', 6)\n");
    expect_rated(STK_LOADER_JOBLIB, "I1\nQ.", 5, STK_VERDICT_REVIEW,
                 "STK304 3 asks the loader for 1\n");
    /* What it gives is no persistent object to a contract, and is not reported again. */
    EXPECT("ct\npersist\n(I1\nQtR.", REVIEW, "STK304 15 asks the loader for 1\n");
}

static void extensions(void **state)
{
    (void)state;
    EXPECT("\x80\x02\x83\x00\x01.", REVIEW,
           "STK305 2 imports extension 256 of the registry\n");
    EXPECT("\x80\x02\x82\x01)R.", REVIEW,
           "STK305 2 imports extension 1 of the registry\n"
           "STK302 5 calls <extension object>()\n");
}

static void expect_nested(enum stk_verdict nested, enum stk_verdict verdict,
                          const char *findings)
{
    struct rated r;
    static const char bytes[] = "\x80\x03"
                                "ct\nload\n(C\x01NtR.";
    rated_init(&r, STK_LOADER_PICKLE);
    r.nested_verdict = nested;
    rated_run(&r, &stk_alloc_libc, bytes, sizeof bytes - 1);
    assert_string_equal(rated_text(&r), findings);
    assert_int_equal(stk_policy_verdict(r.policy), verdict);
    rated_release(&r);
}

static void nested_verdicts(void **state)
{
    (void)state;
    expect_nested(STK_VERDICT_CLEAN, STK_VERDICT_CLEAN, "");
    expect_nested(STK_VERDICT_REVIEW, STK_VERDICT_REVIEW,
                  "STK303 15 gives t.load a stream that is review\n");
    expect_nested(STK_VERDICT_UNDECIDED, STK_VERDICT_UNDECIDED,
                  "STK208 15 gives t.load a stream that is undecided\n");
    expect_nested(STK_VERDICT_DANGEROUS, STK_VERDICT_DANGEROUS,
                  "STK105 15 gives t.load a stream that is dangerous\n");
}

static void nobody_looks_inside(void **state)
{
    (void)state;
    struct rated r;
    static const char bytes[] = "\x80\x03"
                                "ct\nload\n(C\x01NtR.";
    rated_init(&r, STK_LOADER_PICKLE);
    r.options.nested = NULL;
    rated_run(&r, &stk_alloc_libc, bytes, sizeof bytes - 1);
    assert_int_equal(stk_policy_verdict(r.policy), STK_VERDICT_UNDECIDED);
    rated_release(&r);
}

/* A dangerous loader is dangerous; what it is given may add to that. */
static void dangerous_loaders(void **state)
{
    (void)state;
    struct rated r;
    static const char bytes[] = "\x80\x03"
                                "cpickle\nloads\n(C\x01NtR.";
    rated_init(&r, STK_LOADER_PICKLE);
    r.nested_verdict = STK_VERDICT_DANGEROUS;
    rated_run(&r, &stk_alloc_libc, bytes, sizeof bytes - 1);
    assert_string_equal(rated_text(&r),
                        "STK101 2 calls pickle.loads(b'N')\n"
                        "STK105 21 gives pickle.loads a stream that is dangerous\n");
    rated_release(&r);
    rated_init(&r, STK_LOADER_PICKLE);
    r.nested_verdict = STK_VERDICT_UNDECIDED;
    rated_run(&r, &stk_alloc_libc, bytes, sizeof bytes - 1);
    assert_string_equal(rated_text(&r), "STK101 2 calls pickle.loads(b'N')\n");
    rated_release(&r);
}

/* ---- bytes made of a text ---- */

struct encoded {
    enum stk_writing writing;
    uint64_t off;
    uint64_t len;
    unsigned n;
    enum stk_verdict verdict; /* the answer */
};

static enum stk_status note_encoded(void *ctx, const char *how, enum stk_writing writing,
                                    uint64_t off, uint64_t len,
                                    enum stk_verdict *ret_verdict)
{
    struct encoded *e = ctx;
    assert_string_equal(how, "torch.storage._load_from_bytes");
    e->writing = writing;
    e->off = off;
    e->len = len;
    e->n++;
    *ret_verdict = e->verdict;
    return STK_OK;
}

/* torch.storage._load_from_bytes(_codecs.encode(text, 'latin1')): the text at byte 50. */
#define LOAD_TEXT(text) "ctorch.storage\n_load_from_bytes\n(c_codecs\nencode\n(" text
#define AS_LATIN1 "Vlatin1\ntRtR."

/* Rates under the catalogue of the library, which has _codecs.encode. */
static void rate_encoded(struct encoded *e, const char *bytes, size_t len,
                         enum stk_verdict verdict)
{
    struct rated r;
    rated_init(&r, STK_LOADER_PICKLE);
    r.options.catalogue = NULL;
    r.options.nested = NULL;
    r.options.encoded = e == NULL ? NULL : note_encoded;
    r.options.ctx = e;
    rated_run(&r, &stk_alloc_libc, bytes, len);
    assert_int_equal(r.status, STK_OK);
    assert_int_equal(stk_policy_verdict(r.policy), verdict);
    rated_release(&r);
}

static void texts_and_how_they_are_written(void **state)
{
    static const struct {
        const char *bytes;
        size_t len;
        enum stk_writing writing;
        uint64_t text_off;
        uint64_t text_len;
        enum stk_verdict clean; /* what becomes of that verdict */
    } cases[] = {
#define TEXT(text) LOAD_TEXT(text) AS_LATIN1, sizeof(LOAD_TEXT(text) AS_LATIN1) - 1
        {TEXT("X\x03\x00\x00\x00"
              "abc"),
         STK_WRITTEN_UTF8, 55, 3, STK_VERDICT_CLEAN},
        {TEXT("\x8c\x02\xc2\x80"), STK_WRITTEN_UTF8, 52, 2, STK_VERDICT_CLEAN},
        {TEXT("Va\\u0062\n"), STK_WRITTEN_UNICODE, 51, 7, STK_VERDICT_CLEAN},
        {TEXT("S'ab'\n"), STK_WRITTEN_STRING, 51, 4, STK_VERDICT_UNDECIDED},
        {TEXT("U\x01N"), STK_WRITTEN_BYTES, 52, 1, STK_VERDICT_UNDECIDED},
        {TEXT("T\x01\x00\x00\x00N"), STK_WRITTEN_BYTES, 55, 1, STK_VERDICT_UNDECIDED},
#undef TEXT
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct encoded e = {.verdict = STK_VERDICT_CLEAN};
        rate_encoded(&e, cases[i].bytes, cases[i].len, cases[i].clean);
        assert_int_equal(e.n, 1);
        assert_int_equal(e.writing, cases[i].writing);
        assert_int_equal(e.off, cases[i].text_off);
        assert_int_equal(e.len, cases[i].text_len);
        e.verdict = STK_VERDICT_DANGEROUS;
        rate_encoded(&e, cases[i].bytes, cases[i].len, STK_VERDICT_DANGEROUS);
        rate_encoded(NULL, cases[i].bytes, cases[i].len, STK_VERDICT_UNDECIDED);
    }
}

/* Which text the bytes came from is not known: no text of the stream's is made up. */
static void bytes_of_another_origin(void **state)
{
    static const char joined[] = "ctorch.storage\n_load_from_bytes\n(cbuiltins\nbytes\n("
                                 "X\x01\x00\x00\x00NVlatin1\ntRtR.";
    struct encoded e = {.verdict = STK_VERDICT_CLEAN};
    (void)state;
    rate_encoded(&e, joined, sizeof joined - 1, STK_VERDICT_UNDECIDED);
    assert_int_equal(e.n, 0);
}

static enum stk_status rate_all(const struct stk_alloc *alloc, void *arg)
{
    static const char bytes[] =
        "ct\npersist\n(" STORAGE("c\nFloatStorage", "12") "tR0"
                                                          "I1\nQ0\x80\x02\x82\x07"
                                                          "0ct\nload\n(C\x01NtR.";
    struct rated r;
    (void)arg;
    rated_init(&r, STK_LOADER_TORCH);
    r.nested_verdict = STK_VERDICT_DANGEROUS;
    rated_run(&r, alloc, bytes, sizeof bytes - 1);
    enum stk_status status = r.status;
    rated_release(&r);
    return status;
}

static void memory_may_fail(void **state)
{
    (void)state;
    STK_OOM_LOOP(rate_all, NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(storages_are_reported),
        cmocka_unit_test(ids_that_are_no_storage),
        cmocka_unit_test(other_loaders_vet_no_ids),
        cmocka_unit_test(extensions),
        cmocka_unit_test(nested_verdicts),
        cmocka_unit_test(nobody_looks_inside),
        cmocka_unit_test(dangerous_loaders),
        cmocka_unit_test(texts_and_how_they_are_written),
        cmocka_unit_test(bytes_of_another_origin),
        cmocka_unit_test(memory_may_fail),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
