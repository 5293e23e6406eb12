/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "decoded.h"
#include "pickle/write.h"

static void clean_streams(void **state)
{
    (void)state;
    DECODES("N.", "None");
    DECODES("\x80\4}X\1\0\0\0a](K\1K\2es.", "{'a': [1, 2]}");
    DECODES("ccollections\nOrderedDict\n)RK\1K\2s.",
            "collections.OrderedDict().pairs{1: 2}");
    DECODES("cbuiltins\nint\n.", "builtins.int");
    DECODES("c__builtin__\nint\n.", "builtins.int");
}

static void refused_with_reason_offset_and_path(void **state)
{
    (void)state;
    DECODES("cos\nsystem\nX\2\0\0\0id\x85R.",
            "dangerous: calls os.system('id'), at $, byte 0");
    DECODES("\x80\2}X\1\0\0\0a]}X\1\0\0\0bcx\ny\n)Rsas.",
            "review: calls x.y(), at $.a[0].b, byte 17");
    DECODES("cx\ny\n.", "review: imports x.y, at , byte 0");
    DECODES("](cx\ny\n)RN}e.", "review: calls x.y(), at $[0], byte 2");
    DECODES("ccollections\nOrderedDict\n)Rcx\ny\n)Rb.",
            "review: calls x.y(), at $, byte 27");
    DECODES("X\1\0\0\0aX\1\0\0\0bcx\ny\n)R\x93.",
            "dangerous: imports a name that the stream computes, at $, byte 19");
}

static void damaged_streams(void **state)
{
    (void)state;
    DECODES("", "undecided: the bytes end before STOP, at , byte 0");
    DECODES("N", "undecided: the bytes end before STOP, at , byte 1");
    DECODES("X\5\0\0\0a", "undecided: the bytes end inside an argument, at , byte 0");
    DECODES("K\1a.", "undecided: too few values on the stack, at , byte 2");
    DECODES("N.N", "undecided: 1 bytes behind the stream, at , byte 2");
    DECODES("\xff.", "undecided: no such opcode, at , byte 0");
    DECODES("U\1\xe9.", "undecided: an 8-bit string, whose characters depend on the "
                        "loader's encoding, at , byte 0");
    DECODES("]K\0K\1s.",
            "undecided: items given to a value by another kind's opcode, at , byte 5");
}

static void bytes_behind_the_stream(void **state)
{
    (void)state;
    struct decoded d;
    decoded_init(&d, &stk_alloc_libc);
    d.options.trailing = true;
    assert_string_equal(decoded_text(&d, "K\1.rest", 7), "1");
    assert_int_equal(d.end, 3);
    decoded_release(&d);
}

/* The judge's values and the machine's own do not get mixed up. */
static void confusion(void **state)
{
    (void)state;
    static const char *const streams[] = {
        "chttp\nHTTPStatus\nK\x64\x85RK\1a.",
        "chttp\nHTTPStatus\nK\x64\x85R(K\1K\2K\3K\4K\5e.",
        "chttp\nHTTPStatus\nK\x64\x85R(K\1\x90.",
        "chttp\nHTTPStatus\nK\x64\x85RK\1K\2s.",
        "chttp\nHTTPStatus\nK\x64\x85R}b.",
        "(K\x64ihttp\nHTTPStatus\nK\1a.",
        "cbuiltins\nset\n](K\1e\x85RK\1a.",
        "cbuiltins\nset\n](K\1e\x85R}b.",
        "cbuiltins\nbytearray\n)RK\1a.",
        "c_codecs\nencode\n(X\1\0\0\0aX\6\0\0\0latin1tR(K\1\x90.",
        "cbuiltins\nint\n(K\1e.",
        "cbuiltins\nint\nNb.",
        "(c_codecs\nencode\nl.",
        "(c_codecs\nencode\n\x91.",
        "(Nc_codecs\nencode\nd.",
    };
    struct decoded d;
    decoded_init(&d, &stk_alloc_libc);
    for (size_t i = 0; i < sizeof streams / sizeof streams[0]; i++) {
        for (int loader = STK_LOADER_PICKLE; loader <= STK_LOADER_TORCH; loader++) {
            d.options.loader = (enum stk_loader)loader;
            decoded_run(&d, streams[i], strlen(streams[i]));
            assert_int_equal(d.status, STK_E_MALFORMED);
            assert_true(d.error.reason[0] != '\0');
        }
    }
    decoded_release(&d);
}

/* A loader sees what it is given then, not what becomes of it. */
static void changed_behind_the_back(void **state)
{
    (void)state;
    DECODES("cg\nC\n)\x81}q\0X\1\0\0\0aK\1sb0h\0X\1\0\0\0aK\2s.",
            "undecided: a container that grows after a call or object got it, at , "
            "byte 31");
    DECODES("ccollections\ndeque\n](K\1eq\0\x85R0h\0K\2a.",
            "undecided: a container that grows after a call or object got it, at , "
            "byte 33");
}

static enum stk_status write_text(struct decoded *d, const void *bytes, size_t len,
                                  struct stk_buf *out)
{
    struct stk_pickle_writer writer;
    struct stk_write_error error;
    stk_pickle_writer_init(&writer, d->arena.alloc);
    decoded_run(d, bytes, len);
    enum stk_status status = d->status;
    stk_buf_clear(out);
    if (status == STK_OK) {
        status = stk_pickle_write(&writer, d->value, 5, out, &error);
    }
    stk_pickle_writer_release(&writer);
    return status;
}

static void put_rich(struct stk_buf *s)
{
    struct parts parts = PARTS_GOOD;
    stk_buf_init(s, &stk_alloc_libc, 1 << 20);
    PUT(s, "\x80\2(]q\0h\0a}(X\1\0\0\0aK\1X\1\0\0\0bN\x88\x89u"
           "c__builtin__\nset\n](K\1K\2e\x85R"
           "c_codecs\nencode\n(X\4\0\0\0a\xc3\xbf"
           "bX\6\0\0\0latin1tR"
           "chttp\nHTTPStatus\nK\xc8\x85Rcg\nC\nK\1\x85Rq\2}b"
           "ccollections\nOrderedDict\n)RK\1K\2s"
           "cbuiltins\ngetattr\n(cg\nE\nX\1\0\0\0AtR"
           "\x8a\x09\1\2\3\4\5\6\7\x08\x09L12345678901234567890L\nF1.5\nS'a'\nVb\n"
           "r\0\0\0\x80"
           "ctorch._utils\n_rebuild_tensor_v2\n(");
    put_storage_call(s, &parts);
    PUT(s, "K\0K\2K\2\x86K\2K\1\x86\x89"
           "ccollections\nOrderedDict\n)RtRt.");
}

static void truncated_at_every_byte(void **state)
{
    (void)state;
    struct stk_buf s;
    struct decoded d;
    put_rich(&s);
    decoded_init(&d, &stk_alloc_libc);
    for (size_t len = 0; len <= s.len; len++) {
        uint8_t *exact = malloc(len > 0 ? len : 1);
        assert_non_null(exact);
        memcpy(exact, s.data, len);
        decoded_run(&d, exact, len);
        assert_int_equal(d.status, len == s.len ? STK_OK : STK_E_MALFORMED);
        free(exact);
    }
    decoded_release(&d);
    stk_buf_release(&s);
}

/* What is written is a fixed point, whatever byte of the input is another. */
static void mangled_at_every_byte(void **state)
{
    (void)state;
    static const uint8_t bytes[] = {0, 'N', 'K', 'h', 'a', 'b', 'R', 0x81, '0', '.'};
    struct stk_buf s;
    struct stk_buf once;
    struct stk_buf twice;
    struct decoded d;
    size_t n_clean = 0;
    put_rich(&s);
    stk_buf_init(&once, &stk_alloc_libc, 1 << 20);
    stk_buf_init(&twice, &stk_alloc_libc, 1 << 20);
    decoded_init(&d, &stk_alloc_libc);
    for (size_t at = 2; at < s.len; at++) {
        uint8_t was = s.data[at];
        for (size_t i = 0; i < sizeof bytes; i++) {
            s.data[at] = bytes[i];
            if (write_text(&d, s.data, s.len, &once) == STK_OK) {
                n_clean++;
                assert_int_equal(write_text(&d, once.data, once.len, &twice), STK_OK);
                assert_int_equal(once.len, twice.len);
                assert_memory_equal(once.data, twice.data, once.len);
            }
        }
        s.data[at] = was;
    }
    assert_true(n_clean > 200);
    decoded_release(&d);
    stk_buf_release(&s);
    stk_buf_release(&once);
    stk_buf_release(&twice);
}

/* Keys of one hash, too long to be told apart by it: bounded work, then a refusal. */
static void keys_too_alike(void **state)
{
    (void)state;
    struct stk_buf s;
    struct decoded d;
    stk_buf_init(&s, &stk_alloc_libc, 1 << 22);
    PUT(&s, "}(");
    for (unsigned i = 0; i < 3000; i++) {
        PUT(&s, "(");
        put_n(&s, "N", 70);
        PUT(&s, "M");
        put_le(&s, i, 2);
        PUT(&s, "tN");
    }
    PUT(&s, "u.");
    decoded_init(&d, &stk_alloc_libc);
    assert_string_equal(decoded_text(&d, s.data, s.len),
                        "undecided: keys or members too many and too alike to be told "
                        "apart, at , byte 0");
    decoded_release(&d);
    stk_buf_release(&s);
}

static void limits(void **state)
{
    (void)state;
    struct decoded d;
    decoded_init(&d, &stk_alloc_libc);
    d.limits.stack_max = 4;
    assert_string_equal(
        decoded_text(&d, "NNNNN.", 6),
        "undecided: more values on the stack than stack-max, at , byte 4");
    d.limits.mark_max = 2;
    assert_string_equal(decoded_text(&d, "(((t.", 5),
                        "undecided: more open marks than mark-max, at , byte 2");
    decoded_release(&d);
}

static void deep(void **state)
{
    (void)state;
    const size_t n = 1000000;
    struct stk_buf s;
    struct decoded d;
    stk_buf_init(&s, &stk_alloc_libc, 8 * n);
    put_n(&s, "]", n);
    put_n(&s, "a", n - 1);
    PUT(&s, ".");
    decoded_init(&d, &stk_alloc_libc);
    decoded_run(&d, s.data, s.len);
    assert_int_equal(d.status, STK_OK);
    /* And the way down to what is refused. */
    s.len = 0;
    put_n(&s, "]", n);
    PUT(&s, "cx\ny\n)R");
    put_n(&s, "a", n);
    PUT(&s, ".");
    decoded_run(&d, s.data, s.len);
    assert_int_equal(d.status, STK_E_MALFORMED);
    assert_int_equal(strncmp(d.error.path, "$...[0][0]", 10), 0);
    decoded_release(&d);
    stk_buf_release(&s);
}

static enum stk_status decode_rich(const struct stk_alloc *alloc, void *arg)
{
    const struct stk_buf *s = arg;
    struct decoded d;
    struct stk_buf out;
    decoded_init(&d, alloc);
    stk_buf_init(&out, alloc, 1 << 20);
    enum stk_status status =
        d.status == STK_OK ? write_text(&d, s->data, s->len, &out) : d.status;
    stk_buf_release(&out);
    decoded_release(&d);
    return status;
}

static void without_memory(void **state)
{
    (void)state;
    struct stk_buf s;
    put_rich(&s);
    STK_OOM_LOOP(decode_rich, &s);
    stk_buf_release(&s);
}

/* A refusal and the way to it also need memory; without, the way is left out. */
static enum stk_status refuse_one(const struct stk_alloc *alloc, void *arg)
{
    static const char s[] = "\x80\2}X\1\0\0\0a]}X\1\0\0\0bcx\ny\n)Rsas.";
    struct decoded d;
    (void)arg;
    decoded_init(&d, alloc);
    enum stk_status status = d.status;
    if (status == STK_OK) {
        decoded_run(&d, s, sizeof s - 1);
        status = d.status == STK_E_MALFORMED ? STK_OK : d.status;
        assert_int_not_equal(d.status, STK_OK);
    }
    decoded_release(&d);
    return status;
}

static void refusing_without_memory(void **state)
{
    (void)state;
    STK_OOM_LOOP(refuse_one, NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(clean_streams),
        cmocka_unit_test(refused_with_reason_offset_and_path),
        cmocka_unit_test(damaged_streams),
        cmocka_unit_test(bytes_behind_the_stream),
        cmocka_unit_test(confusion),
        cmocka_unit_test(changed_behind_the_back),
        cmocka_unit_test(truncated_at_every_byte),
        cmocka_unit_test(mangled_at_every_byte),
        cmocka_unit_test(keys_too_alike),
        cmocka_unit_test(limits),
        cmocka_unit_test(deep),
        cmocka_unit_test(without_memory),
        cmocka_unit_test(refusing_without_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
