/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "boundary/boundary.h"
#include "boundary/hmac.h"
#include "profile/profiled.h"

struct guarded {
    struct profiled profile;
    struct stk_grants grants;
    struct stk_limits limits;
    struct stk_boundary *boundary;
    struct stk_judgement judgement;
};

static enum stk_status open_boundary(struct guarded *g, const struct stk_alloc *alloc,
                                     const char *key)
{
    struct stk_boundary_options options = {
        .schema = g->profile.schema,
        .grants = &g->grants,
        .limits = &g->limits,
        .hmac_key = stk_span_of(key, strlen(key)),
        .memory_max = (size_t)1 << 24,
        .violations_max = 5,
    };
    return stk_boundary_new(alloc, &options, &g->boundary);
}

static void open_profile(struct guarded *g, const char *members)
{
    size_t n = 0;
    memset(g, 0, sizeof *g);
    g->limits = (struct stk_limits)STK_LIMITS_DEFAULT;
    profiled_init(&g->profile, &stk_alloc_libc, members);
    if (g->profile.status != STK_OK) {
        fail_msg("%s: %s", members, g->profile.error.reason);
    }
    stk_grants_init(&g->grants, &stk_alloc_libc);
    const struct stk_schema_name *names = stk_schema_names(g->profile.schema, &n);
    for (size_t i = 0; i < n; i++) {
        const char *reason = NULL;
        assert_int_equal(stk_grants_add(&g->grants, names[i].module, names[i].qualified,
                                        names[i].named == STK_NAMED_ENUM
                                            ? STK_GRANT_ENUM
                                            : STK_GRANT_CLASS,
                                        &reason),
                         STK_OK);
    }
}

static void open(struct guarded *g, const char *members, const char *key)
{
    open_profile(g, members);
    assert_int_equal(open_boundary(g, &stk_alloc_libc, key), STK_OK);
}

static void release(struct guarded *g)
{
    stk_boundary_free(g->boundary);
    stk_grants_release(&g->grants);
    profiled_release(&g->profile);
}

#define F(literal) stk_span_of((literal), sizeof(literal) - 1)
#define N_OF(...) (sizeof((struct stk_span[]){__VA_ARGS__}) / sizeof(struct stk_span))
#define JUDGE(g, ...) judge((g), (struct stk_span[]){__VA_ARGS__}, N_OF(__VA_ARGS__))

static enum stk_validity judge(struct guarded *g, const struct stk_span *frames, size_t n)
{
    assert_int_equal(stk_boundary_judge(g->boundary, frames, n, &g->judgement), STK_OK);
    return g->judgement.validity;
}

#define EXPECT_REASON(g, at, text)                                                       \
    do {                                                                                 \
        assert_int_equal((g)->judgement.frame, (at));                                    \
        assert_non_null((g)->judgement.reason);                                          \
        assert_string_equal((g)->judgement.reason, (text));                              \
    } while (0)

static void one_frame_of_any_wire(void **state)
{
    struct guarded g;
    (void)state;
    open(&g, "'items':{'type':'integer'},'type':'array'", "");
    assert_int_equal(JUDGE(&g, F("](K\1K\2e.")), STK_VALID);
    assert_string_equal(show_value(*stk_boundary_value(g.boundary, 0)), "[1, 2]");
    assert_null(stk_boundary_value(g.boundary, 1));
    assert_int_equal(JUDGE(&g, F(" [1,2]")), STK_VALID);
    assert_int_equal(JUDGE(&g, F("\x92\1\2")), STK_VALID);
    assert_int_equal(JUDGE(&g, F("\x80\4]K\1a.")), STK_VALID);
    assert_int_equal(JUDGE(&g, F("[1,\"a\"]")), STK_INVALID);
    assert_int_equal(g.judgement.verdict, STK_VERDICT_CLEAN);
    assert_null(g.judgement.reason);
    assert_int_equal(g.judgement.n_violations, 1);
    assert_string_equal(g.judgement.violations[0].instance, "/1");
    assert_int_equal(JUDGE(&g, F("[1")), STK_VALIDITY_UNKNOWN);
    assert_int_equal(g.judgement.verdict, STK_VERDICT_UNDECIDED);
    assert_int_equal(JUDGE(&g, F("")), STK_VALIDITY_UNKNOWN);
    assert_int_equal(JUDGE(&g, F("[1]"), F("[1]")), STK_INVALID);
    EXPECT_REASON(&g, 0, "another number of frames than a message has");
    assert_int_equal(judge(&g, NULL, 0), STK_INVALID);
    EXPECT_REASON(&g, 0, "another number of frames than a message has");
    release(&g);
}

static void dangerous_stays_dangerous(void **state)
{
    struct guarded g;
    (void)state;
    open(&g,
         "'message':{'anyOf':[{'frames':[{'wire':'pickle'}]},"
         "{'frames':[{'wire':'json'}]},{'frames':[{'wire':'literal','text':'x'}]}]}",
         "");
    assert_int_equal(JUDGE(&g, F("cos\nsystem\nVid\n\x85R.")), STK_INVALID);
    assert_int_equal(g.judgement.verdict, STK_VERDICT_DANGEROUS);
    EXPECT_REASON(&g, 0, "calls os.system('id')");
    assert_int_equal(JUDGE(&g, F("cx\ny\n.")), STK_INVALID);
    assert_int_equal(g.judgement.verdict, STK_VERDICT_REVIEW);
    release(&g);
}

static void alternatives(void **state)
{
    struct guarded g;
    (void)state;
    open(&g,
         "'message':{'anyOf':[{'frames':[{'wire':'literal','text':'READY'}]},"
         "{'frames':[{'wire':'pickle','schema':{'kind':'int'}}]},"
         "{'frames':[{'wire':'literal','text':'GO'},{'wire':'delimiter'},"
         "{'wire':'json','schema':{'kind':'str'}}]}]}",
         "");
    assert_int_equal(JUDGE(&g, F("READY")), STK_VALID);
    assert_null(stk_boundary_value(g.boundary, 0));
    assert_int_equal(JUDGE(&g, F("K\1.")), STK_VALID);
    assert_int_equal(JUDGE(&g, F("GO"), F(""), F("\"a\"")), STK_VALID);
    assert_string_equal(show_value(*stk_boundary_value(g.boundary, 2)), "'a'");
    assert_int_equal(JUDGE(&g, F("N.")), STK_INVALID);
    assert_int_equal(g.judgement.n_violations, 1);
    assert_int_equal(JUDGE(&g, F("GO"), F(""), F("1")), STK_INVALID);
    assert_int_equal(g.judgement.frame, 2);
    assert_int_equal(g.judgement.n_violations, 1);
    assert_int_equal(JUDGE(&g, F("GO"), F("x"), F("\"a\"")), STK_INVALID);
    EXPECT_REASON(&g, 1, "a delimiter that is not empty");
    release(&g);
}

static void repeats_and_bounds(void **state)
{
    struct guarded g;
    (void)state;
    open(&g,
         "'message':{'frames':[{'wire':'raw','repeat':[1,3],'minBytes':1,'maxBytes':2},"
         "{'wire':'literal','text':'--'},{'wire':'json','repeat':[0,1]}]}",
         "");
    assert_int_equal(JUDGE(&g, F("a"), F("--")), STK_VALID);
    assert_int_equal(JUDGE(&g, F("a"), F("b"), F("cc"), F("--")), STK_VALID);
    assert_int_equal(JUDGE(&g, F("a"), F("b"), F("c"), F("--"), F("1")), STK_VALID);
    assert_int_equal(JUDGE(&g, F("--")), STK_INVALID);
    EXPECT_REASON(&g, 0, "another number of frames than a message has");
    assert_int_equal(JUDGE(&g, F("a"), F("b"), F("c"), F("--"), F("1"), F("1")),
                     STK_INVALID);
    assert_int_equal(JUDGE(&g, F("a"), F("b"), F(""), F("--")), STK_INVALID);
    EXPECT_REASON(&g, 2, "a frame that is too short");
    assert_int_equal(JUDGE(&g, F("abc"), F("--")), STK_INVALID);
    EXPECT_REASON(&g, 0, "a frame that is too long");
    assert_int_equal(JUDGE(&g, F("a"), F("-")), STK_INVALID);
    EXPECT_REASON(&g, 1, "another text than the frame must be");
    release(&g);
}

#define SIGNED "'message':{'frames':[{'wire':'pickle','hmac':'sha256'}]}"

/* The body with its HMAC behind it. */
static struct stk_span sign(struct stk_buf *buf, const char *key, struct stk_span body)
{
    uint8_t mac[STK_HMAC_SIZE];
    struct stk_hmac *hmac = stk_hmac_new(&stk_alloc_libc);
    assert_non_null(hmac);
    assert_true(stk_hmac_of(hmac, stk_span_of(key, strlen(key)), body, mac));
    stk_hmac_free(hmac);
    stk_buf_init(buf, &stk_alloc_libc, 1 << 16);
    stk_buf_put(buf, body.data, body.len);
    stk_buf_put(buf, mac, sizeof mac);
    assert_int_equal(buf->status, STK_OK);
    return stk_span_of(buf->data, buf->len);
}

static void hmacs(void **state)
{
    struct guarded g;
    struct stk_buf buf;
    struct stk_span frame = sign(&buf, "key", F("K\1."));
    (void)state;
    open(&g, SIGNED, "key");
    assert_int_equal(JUDGE(&g, frame), STK_VALID);
    for (size_t i = 0; i < buf.len; i++) {
        buf.data[i] ^= 1;
        assert_int_equal(JUDGE(&g, frame), STK_INVALID);
        EXPECT_REASON(&g, 0, "an HMAC that is not that of the frame");
        buf.data[i] ^= 1;
    }
    assert_int_equal(JUDGE(&g, F("K\1.")), STK_INVALID);
    EXPECT_REASON(&g, 0, "a frame that has no room for its HMAC");
    release(&g);
    open(&g, SIGNED, "other");
    assert_int_equal(JUDGE(&g, frame), STK_INVALID);
    EXPECT_REASON(&g, 0, "an HMAC that is not that of the frame");
    release(&g);
    open(&g, SIGNED, "");
    assert_int_equal(JUDGE(&g, frame), STK_INVALID);
    EXPECT_REASON(&g, 0, "a frame with an HMAC, and no key is given");
    release(&g);
    stk_buf_release(&buf);
}

static void relations(void **state)
{
    struct guarded g;
    (void)state;
    open(&g,
         "'message':{'frames':[{'wire':'json'},{'wire':'raw'}],'relations':"
         "[{'frame':1,'lengthOf':{'frame':0,'shape':'/s','dtype':'/d'}}]}",
         "");
    assert_int_equal(JUDGE(&g, F("{\"s\":[2,1],\"d\":\"torch.int16\"}"), F("abcd")),
                     STK_VALID);
    assert_int_equal(JUDGE(&g, F("{\"s\":[],\"d\":\"int8\"}"), F("a")), STK_VALID);
    assert_int_equal(JUDGE(&g, F("{\"s\":[0],\"d\":\"int8\"}"), F("")), STK_VALID);
    assert_int_equal(JUDGE(&g, F("{\"s\":[2,1],\"d\":\"int16\"}"), F("abc")),
                     STK_INVALID);
    EXPECT_REASON(&g, 1, "a frame that is not as long as the shape says");
    static const char *const without[] = {
        "{\"s\":[-1],\"d\":\"int8\"}",
        "{\"s\":[1.0],\"d\":\"int8\"}",
        "{\"s\":1,\"d\":\"int8\"}",
        "{\"s\":[1]}",
        "{\"s\":[1],\"d\":\"object\"}",
        "{\"s\":[1],\"d\":8}",
        "{\"s\":[9223372036854775807,9223372036854775807],\"d\":\"int8\"}",
        "{\"s\":[9223372036854775807],\"d\":\"int64\"}",
    };
    for (size_t i = 0; i < sizeof without / sizeof without[0]; i++) {
        assert_int_equal(JUDGE(&g, stk_span_of(without[i], strlen(without[i])), F("a")),
                         STK_INVALID);
        EXPECT_REASON(&g, 0, "a shape or dtype that says no length");
    }
    release(&g);
}

/* A dtype that is a global, a shape in the state of an object. */
static void relations_of_pickles(void **state)
{
    struct guarded g;
    (void)state;
    open(&g,
         "'message':{'frames':[{'wire':'pickle','schema':{'class':'g.C','state':{}}},"
         "{'wire':'raw'}],'relations':[{'frame':1,'lengthOf':{'frame':0,'shape':'/s',"
         "'dtype':'/d'}}]}",
         "");
    assert_int_equal(
        JUDGE(&g, F("cg\nC\n)\x81}(Vs\nK\2\x85Vd\nctorch\nfloat32\nub."), F("12345678")),
        STK_VALID);
    assert_int_equal(
        JUDGE(&g, F("cg\nC\n)\x81}(Vs\nK\2\x85Vd\nctorch\nfloat32\nub."), F("1234567")),
        STK_INVALID);
    release(&g);
}

#define MIXED                                                                            \
    "'message':{'frames':[{'wire':'pickle','hmac':'sha256'},{'wire':'raw'},"             \
    "{'wire':'json'},{'wire':'msgpack'},{'wire':'literal','text':'x'}]}"

/* What is written is good as well, and written the same way again. */
static void rebuilt(void **state)
{
    static const char raw[] = "cos\nsystem\n";
    const struct stk_span *out = NULL;
    struct stk_span once[5];
    struct stk_write_error error = {0};
    struct guarded g;
    struct guarded again;
    struct stk_buf buf;
    size_t frame = 0;
    struct stk_span first = sign(&buf, "key", F("(lp0\nI1\naVa\np1\nag1\na."));
    (void)state;
    open(&g, MIXED, "key");
    open(&again, MIXED, "key");
    assert_int_equal(JUDGE(&g, first, F(raw), F(" { \"a\" : 1 } "), F("\xd9\1a"), F("x")),
                     STK_VALID);
    assert_int_equal(stk_boundary_rebuild(g.boundary, 4, &out, &frame, &error), STK_OK);
    assert_ptr_equal(out[1].data, raw);
    assert_int_equal(out[1].len, sizeof raw - 1);
    assert_true(stk_span_is(out[4], "x"));
    assert_true(stk_span_is(out[3], "\xa1"
                                    "a"));
    assert_int_equal(out[0].data[0], 0x80);
    assert_int_equal(out[0].data[1], 4);
    memcpy(once, out, sizeof once);
    assert_int_equal(judge(&again, once, 5), STK_VALID);
    assert_string_equal(show_value(*stk_boundary_value(again.boundary, 0)),
                        show_value(*stk_boundary_value(g.boundary, 0)));
    assert_int_equal(stk_boundary_rebuild(again.boundary, 4, &out, &frame, &error),
                     STK_OK);
    for (size_t i = 0; i < 5; i++) {
        assert_int_equal(out[i].len, once[i].len);
        assert_memory_equal(out[i].data, once[i].data, once[i].len);
    }
    release(&again);
    release(&g);
    stk_buf_release(&buf);
}

static enum stk_status use_once(const struct stk_alloc *alloc, void *arg)
{
    struct guarded *g = arg;
    struct stk_buf buf;
    const struct stk_span *out = NULL;
    struct stk_write_error error = {0};
    size_t at = 0;
    struct stk_span first = sign(&buf, "key", F("](K\1Va\n}e."));
    const struct stk_span frames[] = {first, F("raw"), F("{\"a\":[1]}"), F("\x91\1"),
                                      F("x")};
    g->boundary = NULL;
    enum stk_status status = open_boundary(g, alloc, "key");
    if (status == STK_OK) {
        status = stk_boundary_judge(g->boundary, frames, 5, &g->judgement);
    }
    if (status == STK_OK && g->judgement.validity != STK_VALID) {
        /* Without memory there is no library for HMACs: refused. */
        EXPECT_REASON(g, 0, "an HMAC that is not that of the frame");
        status = STK_E_NOMEM;
    }
    if (status == STK_OK) {
        status = stk_boundary_rebuild(g->boundary, 5, &out, &at, &error);
    }
    stk_boundary_free(g->boundary);
    stk_buf_release(&buf);
    return status;
}

static void memory_may_lack(void **state)
{
    struct guarded g;
    (void)state;
    open_profile(&g, MIXED);
    STK_OOM_LOOP(use_once, &g);
    g.boundary = NULL;
    release(&g);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(one_frame_of_any_wire),
        cmocka_unit_test(dangerous_stays_dangerous),
        cmocka_unit_test(alternatives),
        cmocka_unit_test(repeats_and_bounds),
        cmocka_unit_test(hmacs),
        cmocka_unit_test(relations),
        cmocka_unit_test(relations_of_pickles),
        cmocka_unit_test(rebuilt),
        cmocka_unit_test(memory_may_lack),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
