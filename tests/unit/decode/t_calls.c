/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "decoded.h"

#define LATIN1 "X\6\0\0\0latin1"

static void bytes_as_text(void **state)
{
    (void)state;
    DECODES("c_codecs\nencode\n(X\4\0\0\0a\xc3\xbf"
            "b" LATIN1 "tR.",
            "b'a\\xffb'");
    DECODES("c_codecs\nencode\n(X\0\0\0\0X\7\0\0\0latin-1tR.", "b''");
    DECODES("c_codecs\nencode\n(X\2\0\0\0\xc2\x80" LATIN1 "tR.", "b'\\x80'");
    /* Written as a call again, since it fails. */
    DECODES("c_codecs\nencode\n(X\3\0\0\0\xe2\x82\xac" LATIN1 "tR.",
            "_codecs.encode('\\xe2\\x82\\xac', 'latin1')");
    DECODES("(c_codecs\nencode\nX\1\0\0\0a" LATIN1 "o.", "b'a'");
    DECODES("(X\1\0\0\0a" LATIN1 "i_codecs\nencode\n.", "b'a'");
}

/* However they are called, with what they are given. */
static void sets_and_bytearrays(void **state)
{
    (void)state;
    DECODES("cbuiltins\nset\n)R.", "set()");
    DECODES("cbuiltins\nset\n](K\1K\2K\1e\x85R.", "set(1, 2)");
    DECODES("cbuiltins\nset\nK\1K\2\x86\x85R.", "set(1, 2)");
    DECODES("cbuiltins\nfrozenset\n](K\1e\x85R.", "frozenset(1)");
    DECODES("(](K\1eibuiltins\nset\n.", "set(1)");
    DECODES("(cbuiltins\nset\n](K\1eo.", "set(1)");
    DECODES("cbuiltins\nset\n](K\1e\x85R(K\2\x90.", "set(1, 2)");
    DECODES("cbuiltins\nbytearray\n)R.", "bytearray ''");
    DECODES("\x80\3"
            "cbuiltins\nbytearray\nC\1a\x85R.",
            "bytearray 'a'");
    DECODES("\x80\3(C\1aibuiltins\nbytearray\n.", "bytearray 'a'");
}

/* No set of lists can be made: the call stays what it is. */
static void unhashable_members(void **state)
{
    (void)state;
    struct decoded d;
    static const char s[] = "cbuiltins\nset\n]]a\x85R.";
    decoded_init(&d, &stk_alloc_libc);
    decoded_run(&d, s, sizeof s - 1);
    assert_true(d.status == STK_E_MALFORMED || d.value.kind == STK_VALUE_OBJECT);
    decoded_release(&d);
}

/* Members are in the list and in the set: sharing is kept, and walks stay linear. */
static void members_are_shared(void **state)
{
    (void)state;
    DECODES("](K\1\x85"
            "eq\0cbuiltins\nset\nh\0\x85R\x86.",
            "(#1=[#2=(1,)], set(#2))");
    struct stk_buf s;
    struct decoded d;
    struct stk_shares shares;
    stk_buf_init(&s, &stk_alloc_libc, 1 << 20);
    PUT(&s, "cbuiltins\nfrozenset\nr\0\1\0\0K\1");
    for (int i = 0; i < 64; i++) { /* t = (x,); x = (frozenset(t), frozenset(t)) */
        PUT(&s, "\x85q\0"
                "0j\0\1\0\0h\0\x85Rj\0\1\0\0h\0\x85R\x86");
    }
    PUT(&s, ".");
    decoded_init(&d, &stk_alloc_libc);
    decoded_run(&d, s.data, s.len);
    assert_int_equal(d.status, STK_OK);
    stk_shares_init(&shares, &stk_alloc_libc);
    assert_int_equal(stk_shares_find(&shares, d.value), STK_OK);
    assert_true(shares.met.n_entries < 1000);
    stk_shares_release(&shares);
    decoded_release(&d);
    stk_buf_release(&s);
}

/* One list, one text to many calls: memory follows the stream. */
static void copies_are_bounded(void **state)
{
    (void)state;
    static const char *const calls[] = {"h\0h\1\x85R0", "h\2h\3h\4\x86R0"};
    for (size_t way = 0; way < 2; way++) {
        struct stk_buf s;
        struct decoded d;
        stk_buf_init(&s, &stk_alloc_libc, 1 << 24);
        PUT(&s, "(cbuiltins\nset\nq\0](");
        for (unsigned i = 0; i < 20000; i++) {
            PUT(&s, "M");
            put_le(&s, i, 2);
        }
        PUT(&s, "eq\1c_codecs\nencode\nq\2X\x40\x9c\0\0");
        put_n(&s, "a", 40000);
        PUT(&s, "q\3" LATIN1 "q\4"
                "0");
        for (unsigned i = 0; i < 20000; i++) {
            stk_buf_put(&s, calls[way], way == 0 ? 7 : 9);
        }
        PUT(&s, "Nt.");
        decoded_init(&d, &stk_alloc_libc);
        decoded_run(&d, s.data, s.len);
        assert_true(d.arena.taken < 64 * s.len);
        decoded_release(&d);
        stk_buf_release(&s);
    }
}

static void members_of_enums(void **state)
{
    (void)state;
    DECODES("chttp\nHTTPStatus\nK\xc8\x85R.", "enum<http.HTTPStatus 200>");
    DECODES("(K\xc8ihttp\nHTTPStatus\n.", "enum<http.HTTPStatus 200>");
    DECODES("(chttp\nHTTPStatus\nK\xc8o.", "enum<http.HTTPStatus 200>");
    DECODES("cbuiltins\ngetattr\nchttp\nHTTPStatus\nX\2\0\0\0OK\x86R.",
            "enum<http.HTTPStatus by name 'OK'>");
    DECODES("chttp\nHTTPStatus\nK\1\x85R.",
            "review: calls http.HTTPStatus(1), at $, byte 20");
}

static void grants(void **state)
{
    (void)state;
    DECODES("cg\nV\n.", "g.V");
    DECODES("cg\nC\n.", "g.C");
    DECODES("cg\nC\n)\x81}X\1\0\0\0aK\1sb.", "new g.C().state({'a': 1})");
    DECODES("cg\nC\n(K\1K\2tRK\1aK\1K\2s.", "g.C(1, 2).items[1].pairs{1: 2}");
    DECODES("\x80\4\x8c\1g\x8c\x0bOuter.Inner\x93)\x81.", "new g.Outer.Inner()");
    DECODES("cg\nC\n)}X\1\0\0\0aK\1s\x92.", "newex g.C() ** {'a': 1}");
    DECODES("ccopyreg\n__newobj__\ncg\nC\n\x85R.", "copyreg.__newobj__(g.C,)");
    DECODES("cg\nE\nK\1\x85R.", "enum<g.E 1>");
    DECODES("cg\nE\nX\1\0\0\0a\x85R.", "enum<g.E 'a'>");
    DECODES("cbuiltins\ngetattr\ncg\nE\nX\3\0\0\0RED\x86R.", "enum<g.E by name 'RED'>");
}

static const struct stk_name *type_of(const void *bytes, size_t len)
{
    static struct stk_name copy;
    static char text[64];
    struct decoded d;
    decoded_init(&d, &stk_alloc_libc);
    decoded_run(&d, bytes, len);
    assert_int_equal(d.status, STK_OK);
    const struct stk_name *type = d.value.object->type;
    assert_non_null(type);
    (void)snprintf(text, sizeof text, "%.*s", (int)type->qualified.len,
                   (const char *)type->qualified.data);
    copy = (struct stk_name){.qualified = stk_span_of(text, strlen(text))};
    decoded_release(&d);
    return &copy;
}

#define TYPE(bytes, want)                                                                \
    assert_true(stk_span_is(type_of((bytes), sizeof(bytes) - 1)->qualified, (want)))

static void classes_of_objects(void **state)
{
    (void)state;
    TYPE("cg\nC\n)\x81.", "C");
    TYPE("cg\nC\n)R.", "C");
    TYPE("ccopyreg\n__newobj__\ncg\nC\n\x85R.", "C");
    TYPE("ccollections\nOrderedDict\n)R.", "OrderedDict");
    TYPE("cg\nE\nK\1\x85R.", "E");
}

static void not_granted(void **state)
{
    (void)state;
    static const struct {
        const char *stream;
        const char *path;
    } cases[] = {
        {"]cg\nV\n)Ra.", "$[0]"},                              /* not to be called */
        {"]cg\nX\n)Ra.", "$[0]"},                              /* another name */
        {"]cgg\nC\n)Ra.", "$[0]"},                             /* another module */
        {"]cg\nE\n)Ra.", "$[0]"},                              /* no value */
        {"]cg\nE\nK\1K\2\x86Ra.", "$[0]"},                     /* two */
        {"]cbuiltins\ngetattr\ncg\nC\nX\1\0\0\0a\x86Ra.", ""}, /* no enum */
        {"]cbuiltins\ngetattr\ncg\nE\nX\x09\0\0\0__class__\x86Ra.", ""},
        {"]cbuiltins\ngetattr\ncg\nV\nX\1\0\0\0a\x86Ra.", ""},
    };
    static const size_t lens[] = {10, 10, 11, 10, 14, 31, 39, 31};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct decoded d;
        decoded_init(&d, &stk_alloc_libc);
        decoded_run(&d, cases[i].stream, lens[i]);
        assert_int_equal(d.status, STK_E_MALFORMED);
        assert_true(strcmp(d.error.path, cases[i].path) == 0 ||
                    strcmp(d.error.path, "$[0]") == 0);
        decoded_release(&d);
    }
}

static void persistent_ids(void **state)
{
    (void)state;
    DECODES_TORCH("(S'storage'\nctorch\nFloatStorage\nS'0'\nS'cpu'\nK\4tQ.",
                  "storage<float32 FloatStorage 4 '0' 'cpu'>");
    DECODES_TORCH("(S'storage'\nctorch\nHalfStorage\nS'0'\nS'cuda:1'\nK\4NtQ.",
                  "storage<float16 HalfStorage 4 '0' 'cuda:1'>");
    struct decoded d;
    decoded_init(&d, &stk_alloc_libc);
    for (int loader = STK_LOADER_PICKLE; loader <= STK_LOADER_TORCH; loader++) {
        static const char other[] = "(S'x'\nctorch\nFloatStorage\nS'0'\nS'cpu'\nK\4tQ.";
        static const char *const ids[] = {"K\1Q.", "Pid\n.", "(S'storage'\ntQ.", other};
        d.options.loader = (enum stk_loader)loader;
        for (size_t i = 0; i < 4; i++) {
            decoded_run(&d, ids[i], strlen(ids[i]));
            assert_int_equal(d.status, STK_E_MALFORMED);
        }
    }
    decoded_release(&d);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(bytes_as_text),
        cmocka_unit_test(sets_and_bytearrays),
        cmocka_unit_test(unhashable_members),
        cmocka_unit_test(members_are_shared),
        cmocka_unit_test(copies_are_bounded),
        cmocka_unit_test(members_of_enums),
        cmocka_unit_test(grants),
        cmocka_unit_test(classes_of_objects),
        cmocka_unit_test(not_granted),
        cmocka_unit_test(persistent_ids),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
