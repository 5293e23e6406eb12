/* SPDX-License-Identifier: Apache-2.0
 *
 * The loop is compiled twice: what it tells the judge, and where and why it ends, is the
 * same whether values are made or not.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "common.h"
#include "pickle/state.h"

/* Every opcode at least once. */
static const char rich[] =
    "\x80\5\x95\x04\0\0\0\0\0\0\0(](K\1M\1\2J\1\2\3\4eNaI1\na(I01\nL5L\nF1.5\nl"
    "G\x3f\xf8\0\0\0\0\0\0S'a'\nU\1bT\1\0\0\0cVd\nX\1\0\0\0e\x8c\1f"
    "\x8d\1\0\0\0\0\0\0\0gB\1\0\0\0hC\1i\x8e\1\0\0\0\0\0\0\0j\x96\1\0\0\0\0\0\0\0k"
    "\x88\x89\x8a\1\1\x8b\1\0\0\0\1}K\1Ns(K\1Nu}(dq\1r\2\0\0\0p3\n\x94h\1j\2\0\0\0g3\n"
    ")N\x85NN\x86NNN\x87(NNNNt2"
    "0(N1\x8f(K\1\x90(K\1\x91"
    "cm\nC\n\x8c\1m\x8c\1D\x93"
    "cm\nC\n)Rcm\nC\n)\x81}bcm\nC\n)}\x92(im\nC\n(cm\nC\noPid\nNQ\x82\1\x83\1\0"
    "\x84\1\0\0\0\x97\x97\x98t.";

struct told {
    struct follow follow;
    struct stk_arena arena;
};

static void ask(struct told *t)
{
    static const struct answer answers[] = {{"C", {.result = STK_OBJECT}},
                                            {.name = NULL}};
    follow_init(&t->follow);
    follow_open(&t->follow);
    t->follow.answers = answers;
    stk_arena_init(&t->arena, &t->follow.oom.alloc, (size_t)1 << 28);
}

static void tell_rated(struct told *t, const void *bytes, size_t len)
{
    stk_buf_clear(&t->follow.text);
    follow_bytes(&t->follow, &stk_reading_reference, bytes, len);
}

static void tell_built(struct told *t, const void *bytes, size_t len)
{
    struct follow *f = &t->follow;
    struct stk_source source = stk_source_of(stk_span_of(bytes, len));
    struct stk_value value;
    stk_buf_clear(&f->text);
    f->last_off = 0;
    f->size = len;
    f->status =
        stk_machine_decode(f->machine, &source, 0, &f->judge, &t->arena, &f->run, &value);
    stk_arena_clear(&t->arena);
}

static void done(struct told *t)
{
    stk_arena_release(&t->arena);
    follow_close(&t->follow);
}

/* Effects are compared line by line: the text of follow_bytes() ends with the run. */
static void expect_same(const void *bytes, size_t len)
{
    struct told rated;
    struct told built;
    ask(&rated);
    ask(&built);
    tell_rated(&rated, bytes, len);
    tell_built(&built, bytes, len);
    assert_int_equal(rated.follow.status, STK_OK);
    assert_int_equal(built.follow.status, STK_OK);
    const struct stk_run *a = &rated.follow.run;
    const struct stk_run *b = &built.follow.run;
    size_t n = built.follow.text.len;
    assert_true(n <= rated.follow.text.len);
    assert_memory_equal(rated.follow.text.data, built.follow.text.data, n);
    if (b->fault.code != STK_FAULT_VALUE) {
        assert_int_equal(a->n_ops, b->n_ops);
        assert_int_equal(a->end, b->end);
        assert_int_equal(a->quirks, b->quirks);
        assert_int_equal(a->effects, b->effects);
        assert_int_equal(a->fault.code, b->fault.code);
        assert_int_equal(a->fault.off, b->fault.off);
        assert_int_equal(a->stopped, b->stopped);
        assert_true(a->value == b->value);
    }
    done(&rated);
    done(&built);
}

static void both_loops_agree(void **state)
{
    (void)state;
    struct told t;
    ask(&t);
    tell_built(&t, rich, sizeof rich - 1);
    assert_true(t.follow.run.stopped);
    done(&t);
    expect_same(rich, sizeof rich - 1);
}

static void every_opcode_is_there(void **state)
{
    (void)state;
    struct stk_span all = stk_span_of(rich, sizeof rich - 1);
#define X(byte, name, arg, proto, before, after, risk)                                   \
    assert_true(stk_span_find(all, (const char[]){(char)(byte), 0}, 1) < all.len);
#include "pickle/opcodes.def"
#undef X
}

static uint8_t *exact(const void *bytes, size_t len)
{
    uint8_t *copy = malloc(len > 0 ? len : 1);
    assert_non_null(copy);
    memcpy(copy, bytes, len);
    return copy;
}

static void truncated_at_every_byte(void **state)
{
    (void)state;
    for (size_t len = 0; len < sizeof rich - 1; len++) {
        uint8_t *copy = exact(rich, len);
        expect_same(copy, len);
        free(copy);
    }
}

/* Each byte replaced by an opcode, and each opcode left out. */
static void mangled_at_every_byte(void **state)
{
    (void)state;
    static const uint8_t opcodes[] = "0(1te]}\x8f\x90"
                                     "aushRb\x81o\x91\x93.\x98";
    for (size_t at = 2; at < sizeof rich - 1; at++) {
        for (size_t i = 0; i < sizeof opcodes - 1; i++) {
            uint8_t *copy = exact(rich, sizeof rich - 1);
            copy[at] = opcodes[i];
            expect_same(copy, sizeof rich - 1);
            free(copy);
        }
    }
}

/* A machine that rated before builds, and one that built rates again. */
static void a_machine_does_both(void **state)
{
    (void)state;
    struct told t;
    ask(&t);
    for (int i = 0; i < 3; i++) {
        tell_rated(&t, rich, sizeof rich - 1);
        assert_true(t.follow.run.stopped);
        assert_null(t.follow.machine->build);
        tell_built(&t, "K\1a.", 4);
        assert_false(t.follow.run.stopped);
        tell_built(&t, rich, sizeof rich - 1);
        assert_true(t.follow.run.stopped);
        assert_null(t.follow.machine->build);
    }
    done(&t);
}

/* The stack grows while values lie on it. */
static void stacks_grow_together(void **state)
{
    (void)state;
    struct told t;
    struct stk_buf s;
    const size_t n = 100000;
    stk_buf_init(&s, &stk_alloc_libc, 4 * n);
    stk_buf_byte(&s, '(');
    for (size_t i = 0; i < n; i++) {
        PUT(&s, "(im\nC\n");
        stk_buf_byte(&s, 'N');
        if (s.len > 4 * n - 64) {
            break;
        }
    }
    PUT(&s, "t.");
    ask(&t);
    tell_built(&t, s.data, s.len);
    assert_true(t.follow.run.stopped);
    done(&t);
    stk_buf_release(&s);
}

static void needs_memory_to_borrow_from(void **state)
{
    (void)state;
    struct told t;
    struct stk_source source = {.size = 2};
    struct stk_value value;
    ask(&t);
    assert_int_equal(stk_machine_decode(t.follow.machine, &source, 0, &t.follow.judge,
                                        &t.arena, &t.follow.run, &value),
                     STK_E_UNSUPPORTED);
    done(&t);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(both_loops_agree),
        cmocka_unit_test(every_opcode_is_there),
        cmocka_unit_test(truncated_at_every_byte),
        cmocka_unit_test(mangled_at_every_byte),
        cmocka_unit_test(a_machine_does_both),
        cmocka_unit_test(stacks_grow_together),
        cmocka_unit_test(needs_memory_to_borrow_from),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
