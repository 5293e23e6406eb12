/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "built.h"

struct written {
    struct built built;
    struct stk_pickle_writer writer;
    struct stk_buf out;
    struct stk_write_error error;
    enum stk_status status;
};

static void open_with(struct written *w, const struct stk_alloc *alloc)
{
    built_init(&w->built, alloc);
    stk_pickle_writer_init(&w->writer, alloc);
    stk_buf_init(&w->out, alloc, SIZE_MAX / 2);
}

static void close_all(struct written *w)
{
    stk_buf_release(&w->out);
    stk_pickle_writer_release(&w->writer);
    built_release(&w->built);
}

static void write_again(struct written *w, const void *bytes, size_t len, int protocol)
{
    built_run(&w->built, bytes, len);
    assert_int_equal(w->built.status, STK_OK);
    assert_true(w->built.run.stopped);
    stk_buf_clear(&w->out);
    w->status = stk_pickle_write(&w->writer, w->built.root, protocol, &w->out, &w->error);
}

/* What is written, and again when that is read. */
static void expect_written(const char *file, int line, int protocol, const void *bytes,
                           size_t len, const void *want, size_t want_len)
{
    struct written w;
    open_with(&w, &stk_alloc_libc);
    for (int pass = 0; pass < 2; pass++) {
        write_again(&w, pass == 0 ? bytes : want, pass == 0 ? len : want_len, protocol);
        if (w.status != STK_OK || w.out.len != want_len ||
            memcmp(w.out.data, want, want_len) != 0) {
            print_error("pass %d, status %d (%s):", pass, (int)w.status, w.error.reason);
            for (size_t i = 0; i < w.out.len; i++) {
                print_error(" %02x", w.out.data[i]);
            }
            print_error("\n");
            _fail(file, line);
        }
    }
    close_all(&w);
}

#define WRITES(protocol, bytes, want)                                                    \
    expect_written(__FILE__, __LINE__, (protocol), (bytes), sizeof(bytes) - 1, (want),   \
                   sizeof(want) - 1)

/* The same bytes behind PROTO. */
#define WRITES_4(bytes, want) WRITES(4, bytes, "\x80\4" want ".")

#define REFUSES(protocol, bytes, at, why)                                                \
    do {                                                                                 \
        struct written w_;                                                               \
        open_with(&w_, &stk_alloc_libc);                                                 \
        write_again(&w_, (bytes), sizeof(bytes) - 1, (protocol));                        \
        assert_int_equal(w_.status, STK_E_UNSUPPORTED);                                  \
        assert_string_equal(w_.error.reason, (why));                                     \
        assert_int_equal(w_.error.off, (at));                                            \
        close_all(&w_);                                                                  \
    } while (0)

static void numbers(void **state)
{
    (void)state;
    WRITES_4("N.", "N");
    WRITES_4("I01\n.", "\x88");
    WRITES_4("\x89.", "\x89");
    WRITES_4("I0\n.", "K\0");
    WRITES_4("J\xff\0\0\0.", "K\xff");
    WRITES_4("J\0\1\0\0.", "M\0\1");
    WRITES_4("J\xff\xff\0\0.", "M\xff\xff");
    WRITES_4("J\0\0\1\0.", "J\0\0\1\0");
    WRITES_4("I-1\n.", "J\xff\xff\xff\xff");
    WRITES_4("\x8a\4\xff\xff\xff\x7f.", "J\xff\xff\xff\x7f");
    WRITES_4("\x8a\4\0\0\0\x80.", "J\0\0\0\x80");
    WRITES_4("\x8a\5\0\0\0\x80\0.", "\x8a\5\0\0\0\x80\0");
    WRITES_4("\x8a\6\xff\xff\xff\x7f\xff\xff.", "\x8a\5\xff\xff\xff\x7f\xff");
    WRITES_4("\x8a\x08\xff\xff\xff\xff\xff\xff\xff\x7f.",
             "\x8a\x08\xff\xff\xff\xff\xff\xff\xff\x7f");
    WRITES_4("\x8a\x0a\0\0\0\0\0\0\0\x80\xff\xff.", "\x8a\x08\0\0\0\0\0\0\0\x80");
    WRITES_4("\x8a\x0a\0\0\0\0\0\0\0\x80\0\0.", "\x8a\x09\0\0\0\0\0\0\0\x80\0");
    WRITES_4("\x8a\x0b\xff\xff\xff\xff\xff\xff\xff\x7f\xff\xff\xff.",
             "\x8a\x09\xff\xff\xff\xff\xff\xff\xff\x7f\xff");
    WRITES_4("\x8a\x11\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\x80\xff.",
             "\x8a\x10\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\x80");
    WRITES_4("F1.5\n.", "G\x3f\xf8\0\0\0\0\0\0");
    WRITES_4("F-0.0\n.", "G\x80\0\0\0\0\0\0\0");
    WRITES_4("G\x7f\xf8\0\0\0\0\0\7.", "G\x7f\xf8\0\0\0\0\0\7");
}

/* One byte and four bytes of length. */
static void longest_short_integer(void **state)
{
    (void)state;
    struct stk_buf s;
    struct written w;
    stk_buf_init(&s, &stk_alloc_libc, 4096);
    open_with(&w, &stk_alloc_libc);
    for (size_t len = 254; len <= 257; len++) {
        stk_buf_clear(&s);
        PUT(&s, "\x80\4");
        if (len < 256) {
            stk_buf_byte(&s, 0x8a);
            stk_buf_byte(&s, (uint8_t)len);
        } else {
            stk_buf_byte(&s, 0x8b);
            put_u32(&s, (uint32_t)len);
        }
        put_n(&s, "\x7f", len);
        PUT(&s, ".");
        write_again(&w, s.data, s.len, 4);
        assert_int_equal(w.out.len, s.len);
        assert_memory_equal(w.out.data, s.data, s.len);
    }
    close_all(&w);
    stk_buf_release(&s);
}

static void containers(void **state)
{
    (void)state;
    WRITES_4("(l.", "]");
    WRITES_4("(K\1l.", "]K\1a");
    WRITES_4("](K\1e(K\2K\3e.", "](K\1K\2K\3e");
    WRITES_4("]](K\1K\2ea](K\3K\4ea.", "](](K\1K\2e](K\3K\4ee");
    WRITES_4("]]]K\1aaa.", "]]]K\1aaa");
    WRITES_4("(t.", ")");
    WRITES_4("(K\1t.", "K\1\x85");
    WRITES_4("(K\1K\2t.", "K\1K\2\x86");
    WRITES_4("(K\1K\2K\3t.", "K\1K\2K\3\x87");
    WRITES_4("K\0(K\1K\2K\3K\4t0(K\1K\2K\3K\4t.", "(K\1K\2K\3K\4t");
    WRITES_4("(d.", "}");
    WRITES_4("(K\1K\2d.", "}K\1K\2s");
    WRITES_4("(K\1K\2K\3K\4d.", "}(K\1K\2K\3K\4u");
    WRITES_4("}(K\1K\2\x88K\3u.", "}K\1K\3s");
    WRITES_4("\x8f.", "\x8f");
    WRITES_4("\x8f(K\1\x90.", "\x8f(K\1\x90");
    WRITES_4("(\x91.", "(\x91");
    WRITES_4("(K\1\x91.", "(K\1\x91");
}

static void sharing(void **state)
{
    (void)state;
    WRITES_4("]q\7h\7\x86.", "]\x94h\0\x86");
    WRITES(2, "]q\7h\7\x86.", "\x80\2]q\0h\0\x86.");
    WRITES_4("X\1\0\0\0a2\x86.", "\x8c\1a\x94h\0\x86");
    WRITES_4("]q\1p2\nX\1\0\0\0aq\3\x86.", "]\x8c\1a\x86"); /* met once */
    WRITES_4("]q\1]q\2h\2h\1\x87\x86.", "]\x94]\x94h\1h\0\x87\x86");
    WRITES_4("cm\nC\n2\x86.", "\x8c\1m\x8c\1C\x93\x94h\0\x86");
    WRITES_4("cm\nC\n)Rq\0h\0\x86.", "\x8c\1m\x8c\1C\x93)R\x94h\0\x86");
    WRITES_4("cm\nC\n)R)cm\nC\n)R\x87.", "\x8c\1m\x8c\1C\x93\x94)R)h\0)R\x87");
    WRITES_4("\x8a\x09\0\0\0\0\0\0\0\0\1"
             "2\x86.",
             "\x8a\x09\0\0\0\0\0\0\0\0\1\x94h\0\x86");
    WRITES_4(")2\x86.", "))\x86");
    WRITES_4("\x8f(K\1\x90"
             "2\x86.",
             "\x8f\x94(K\1\x90h\0\x86");
    WRITES_4("(K\1\x91"
             "2\x86.",
             "(K\1\x91\x94h\0\x86");
}

static void many_shared(void **state)
{
    (void)state;
    struct stk_buf s;
    struct written w;
    stk_buf_init(&s, &stk_alloc_libc, 1 << 20);
    PUT(&s, "(");
    for (uint32_t i = 0; i < 300; i++) {
        PUT(&s, "]2");
    }
    PUT(&s, "t.");
    open_with(&w, &stk_alloc_libc);
    for (int protocol = 2; protocol <= 5; protocol++) {
        write_again(&w, s.data, s.len, protocol);
        assert_int_equal(w.status, STK_OK);
        size_t put = protocol >= 4 ? 300 : 256 * 2 + 44 * 5;
        assert_int_equal(w.out.len, 2 + 1 + 300 + put + 256 * 2 + 44 * 5 + 2);
    }
    close_all(&w);
    stk_buf_release(&s);
}

/* Batches of a thousand; one that is left over has an opcode of its own. */
static void batches(void **state)
{
    (void)state;
    static const size_t sizes[] = {999, 1000, 1001, 1002, 2000, 2001};
    struct stk_buf s;
    struct written w;
    stk_buf_init(&s, &stk_alloc_libc, 1 << 20);
    open_with(&w, &stk_alloc_libc);
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        size_t n = sizes[i];
        size_t rest = n % 1000;
        size_t groups = n / 1000 + (rest > 1);
        stk_buf_clear(&s);
        PUT(&s, "](");
        put_n(&s, "N", n);
        PUT(&s, "e.");
        write_again(&w, s.data, s.len, 4);
        assert_int_equal(w.out.len, 2 + 1 + n + 2 * groups + (rest == 1) + 1);
        stk_buf_clear(&s);
        PUT(&s, "}(");
        for (size_t k = 0; k < n; k++) {
            uint8_t pair[] = {'M', (uint8_t)k, (uint8_t)(k >> 8), 'N'};
            stk_buf_put(&s, pair, sizeof pair);
        }
        PUT(&s, "u.");
        write_again(&w, s.data, s.len, 4);
        size_t small = n < 256 ? n : 256;
        assert_int_equal(w.out.len, 2 + 1 + 4 * n - small + 2 * groups + (rest == 1) + 1);
        s.data[0] = 0x8f;
        s.len -= 2;
        PUT(&s, "\x90.");
        for (size_t k = 0; k < n; k++) {
            s.data[2 + 4 * k + 3] = '2';
        }
        groups = n / 1000 + (rest > 0);
        write_again(&w, s.data, s.len, 4);
        assert_int_equal(w.out.len, 2 + 1 + 3 * n - small + 2 * groups + 1);
    }
    close_all(&w);
    stk_buf_release(&s);
}

static void objects(void **state)
{
    (void)state;
    WRITES_4("cm\nC\n.", "\x8c\1m\x8c\1C\x93");
    WRITES_4("cm\nC\nK\1\x85R.", "\x8c\1m\x8c\1C\x93K\1\x85R");
    WRITES_4("(K\1im\nC\n.", "\x8c\1m\x8c\1C\x93K\1\x85R");
    WRITES_4("(im\nC\n.", "\x8c\1m\x8c\1C\x93)\x81");
    WRITES_4("cm\nC\n)}\x92.", "\x8c\1m\x8c\1C\x93)}\x92");
    WRITES_4("cm\nC\n)\x81(K\1K\2e}b.", "\x8c\1m\x8c\1C\x93)\x81(K\1K\2e}b");
    WRITES_4("cm\nC\n)\x81}bK\1a.", "\x8c\1m\x8c\1C\x93)\x81}bK\1a");
    WRITES_4("cm\nC\n)\x81K\1K\2sNb.", "\x8c\1m\x8c\1C\x93)\x81K\1K\2sNb");
    WRITES_4("cm\nC\n)\x81K\1a(K\2\x90K\3K\4s.",
             "\x8c\1m\x8c\1C\x93)\x81K\1a(K\2\x90K\3K\4s");
    REFUSES(3, "cm\nC\n)}\x92.", 7, "keyword arguments need protocol 4");
    REFUSES(3, "cm\nC\n)\x81(K\2\x90.", 0, "an object with members needs protocol 4");
}

static void cycles(void **state)
{
    (void)state;
    WRITES_4("]q\0h\0a.", "]\x94h\0a");
    WRITES_4("}q\0K\1h\0s.", "}\x94K\1h\0s");
    WRITES_4("cm\nC\n)\x81q\0}K\1h\0sb.", "\x8c\1m\x8c\1C\x93)\x81\x94}K\1h\0sb");
    WRITES_4("\x8fq\0(cm\nC\n)\x81}K\1h\0sb\x90.",
             "\x8f\x94(\x8c\1m\x8c\1C\x93)\x81}K\1h\0sb\x90");
}

/* A tuple that contains itself stands only after it was written inside itself. */
static void recursive_tuples(void **state)
{
    (void)state;
    WRITES_4("]q\1(h\1tq\2a0h\2.", "]\x94h\0\x85\x94"
                                   "a0h\1");
}

/* The same through objects whose arguments lead to them: one object, made once. */
static void recursive_objects(void **state)
{
    (void)state;
    struct written w;
    static const char s[] = "]q\0cm\nC\nh\0\x85\x85Rq\1a0h\1.";
    open_with(&w, &stk_alloc_libc);
    for (int protocol = 2; protocol <= 5; protocol++) {
        char first[256];
        write_again(&w, s, sizeof s - 1, protocol);
        assert_int_equal(w.status, STK_OK);
        assert_string_equal(show_value(w.built.root), "#1=m.C((#2=[#1],),)");
        size_t len = w.out.len;
        assert_true(len < sizeof first);
        memcpy(first, w.out.data, len);
        write_again(&w, first, len, protocol);
        assert_int_equal(w.status, STK_OK);
        assert_int_equal(w.out.len, len);
        assert_memory_equal(w.out.data, first, len);
        /* The same graph, but for what is only named for the writer. */
        assert_ptr_equal(
            w.built.root.object->args.items->list[0].items->list[0].items->list[0].object,
            w.built.root.object);
    }
    close_all(&w);
}

/* n lists in one tuple, each of which holds the tuple, and a tail of m items: what is
 * written inside itself is bounded. */
static void reentries_are_bounded(void **state)
{
    (void)state;
    struct stk_buf s;
    struct written w;
    stk_buf_init(&s, &stk_alloc_libc, 1 << 22);
    PUT(&s, "(");
    for (uint32_t i = 0; i < 500; i++) {
        PUT(&s, "]r");
        put_u32(&s, i);
    }
    put_n(&s, "N", 500000);
    PUT(&s, "tr");
    put_u32(&s, 500);
    for (uint32_t i = 0; i < 500; i++) {
        PUT(&s, "0j");
        put_u32(&s, i);
        PUT(&s, "j");
        put_u32(&s, 500);
        PUT(&s, "a");
    }
    PUT(&s, "0j");
    put_u32(&s, 500);
    PUT(&s, ".");
    open_with(&w, &stk_alloc_libc);
    write_again(&w, s.data, s.len, 4);
    assert_int_equal(w.status, STK_E_UNSUPPORTED);
    assert_string_equal(w.error.reason, "a value that contains itself too often");
    assert_true(w.writer.cap_tasks < 4000000);
    close_all(&w);
    stk_buf_release(&s);
}

static void what_was_refused(void **state)
{
    (void)state;
    struct written w;
    open_with(&w, &stk_alloc_libc);
    w.built.refuses = true;
    write_again(&w, "(NNcm\nC\n)Rt.", 12, 4);
    assert_int_equal(w.status, STK_E_UNSUPPORTED);
    assert_string_equal(w.error.reason, "a value that was refused");
    assert_int_equal(w.error.off, 9);
    close_all(&w);
}

static void buffers(void **state)
{
    (void)state;
    WRITES(5, "\x97\x97\x98\x86.", "\x80\5\x97\x97\x98\x86.");
    WRITES(5,
           "\x97"
           "2\x86.",
           "\x80\5\x97\x94h\0\x86.");
    REFUSES(4, "N\x97\x86.", 1, "an out-of-band buffer needs protocol 5");
    REFUSES(5,
            "\x97"
            "0\x97.",
            2, "out-of-band buffers in another order");
    REFUSES(5, "\x97q\0\x97h\0\x86.", 3, "out-of-band buffers in another order");
}

static void old_protocols(void **state)
{
    (void)state;
    struct written w;
    static const char want[] =
        "\x80\2(cbuiltins\nset\n]K\1a\x85Rq\0cbuiltins\nfrozenset\n"
        "](K\1K\2e\x85Rcbuiltins\nset\n]\x85Rh\0t.";
    open_with(&w, &stk_alloc_libc);
    write_again(&w, "(\x8f(K\1\x90q\1(K\1K\2\x91\x8fh\1t.", 20, 2);
    assert_int_equal(w.status, STK_OK);
    assert_int_equal(w.out.len, sizeof want - 1);
    assert_memory_equal(w.out.data, want, w.out.len);
    close_all(&w);
}

/* What is in the buffer before stays. */
static void appends(void **state)
{
    (void)state;
    struct written w;
    open_with(&w, &stk_alloc_libc);
    write_again(&w, "N.", 2, 4);
    assert_int_equal(stk_pickle_write(&w.writer, w.built.root, 3, &w.out, &w.error),
                     STK_OK);
    assert_int_equal(w.out.len, 8);
    assert_memory_equal(w.out.data, "\x80\4N.\x80\3N.", 8);
    write_again(&w, "]q\1(h\1tq\2a0h\2.", 15, 4);
    size_t len = w.out.len;
    assert_int_equal(stk_pickle_write(&w.writer, w.built.root, 4, &w.out, &w.error),
                     STK_OK);
    assert_int_equal(w.out.len, 2 * len);
    assert_memory_equal(w.out.data, w.out.data + len, len);
    close_all(&w);
}

static void a_full_buffer(void **state)
{
    (void)state;
    struct written w;
    open_with(&w, &stk_alloc_libc);
    w.out.max = 8;
    write_again(&w, "(NNNNNNNNt.", 11, 4);
    assert_int_equal(w.status, STK_E_LIMIT);
    close_all(&w);
}

/* ---- size and time ---- */

static void deep(void **state)
{
    (void)state;
    static const char *const ways[][2] = {{"]", "a"}, {"}K\1", "s"}, {"", "\x85"}};
    const size_t n = 1000000;
    struct stk_buf s;
    struct written w;
    for (size_t way = 0; way < 3; way++) {
        stk_buf_init(&s, &stk_alloc_libc, 16 * n);
        PUT(&s, "\x80\4");
        put_n(&s, ways[way][0], n);
        PUT(&s, "N");
        put_n(&s, ways[way][1], n);
        PUT(&s, ".");
        open_with(&w, &stk_alloc_libc);
        write_again(&w, s.data, s.len, 4);
        assert_int_equal(w.status, STK_OK);
        assert_int_equal(w.out.len, s.len);
        assert_memory_equal(w.out.data, s.data, s.len);
        close_all(&w);
        stk_buf_release(&s);
    }
}

static enum stk_status write_all(const struct stk_alloc *alloc, void *arg)
{
    static const char rich[] =
        "\x80\4(]q\0h\0a}(X\1\0\0\0aK\1X\1\0\0\0bN\x88\x89u\x8f(K\1K\2\x90(K\1\x91"
        "cm\nC\n2cm\nC\nK\1\x85Rq\2K\1a}b(im\nC\n\x97\x98\x8a\x09\1\2\3\4\5\6\7\x08\x09"
        "]q\1(h\1tq\2a0h\2C\1at.";
    struct written w;
    int protocol = *(const int *)arg;
    open_with(&w, alloc);
    enum stk_status status = STK_E_NOMEM;
    if (w.built.machine != NULL) {
        built_run(&w.built, rich, sizeof rich - 1);
        status = w.built.status;
    }
    if (status == STK_OK) {
        assert_true(w.built.run.stopped);
        status = stk_pickle_write(&w.writer, w.built.root, protocol, &w.out, &w.error);
    }
    close_all(&w);
    return status;
}

static void without_memory(void **state)
{
    (void)state;
    int protocol = 5;
    STK_OOM_LOOP(write_all, &protocol);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(numbers),
        cmocka_unit_test(longest_short_integer),
        cmocka_unit_test(containers),
        cmocka_unit_test(sharing),
        cmocka_unit_test(many_shared),
        cmocka_unit_test(batches),
        cmocka_unit_test(objects),
        cmocka_unit_test(cycles),
        cmocka_unit_test(recursive_tuples),
        cmocka_unit_test(recursive_objects),
        cmocka_unit_test(reentries_are_bounded),
        cmocka_unit_test(what_was_refused),
        cmocka_unit_test(buffers),
        cmocka_unit_test(old_protocols),
        cmocka_unit_test(appends),
        cmocka_unit_test(a_full_buffer),
        cmocka_unit_test(deep),
        cmocka_unit_test(without_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
