/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "common.h"
#include "report/marks.h"

/* What each opcode of a stream takes, as lines. */
struct steps {
    struct stk_marks marks;
    struct stk_buf text;
};

static enum stk_status step(void *ctx, struct stk_machine *machine, uint8_t op,
                            uint64_t off, uint64_t len)
{
    struct steps *s = ctx;
    struct stk_taken taken;
    (void)len;
    STK_TRY(stk_marks_step(&s->marks, machine, op, off, &taken));
    stk_buf_printf(&s->text, "%c%zu", op, taken.n);
    if (taken.mark) {
        stk_buf_printf(&s->text, taken.has_mark ? "@%d+%zu" : "@none",
                       (int)taken.mark_off, taken.below);
    }
    stk_buf_printf(&s->text, "/%zu ", stk_marks_open(&s->marks));
    if (op == STK_OP_MEMOIZE) {
        STK_TRY(stk_marks_put(&s->marks, stk_marks_memoize(&s->marks), off));
    }
    return STK_OK;
}

static enum stk_status pass(void *ctx, struct stk_machine *machine,
                            const struct stk_effect *effect, struct stk_outcome *outcome)
{
    (void)ctx;
    (void)machine;
    /* BUILD is followed by a stream in place, as joblib has them. */
    outcome->nested = effect->kind == STK_EFFECT_BUILD;
    return STK_OK;
}

static enum stk_status run(const struct stk_alloc *alloc, void *arg, struct steps *s)
{
    struct stk_span *bytes = arg;
    struct stk_source source = stk_source_of(*bytes);
    struct stk_judge judge = {.effect = pass, .opcode = step, .ctx = s};
    struct stk_machine *machine = stk_machine_new(alloc, &test_limits);
    struct stk_run result;
    enum stk_status status = STK_E_NOMEM;
    stk_marks_init(&s->marks, alloc);
    stk_buf_init(&s->text, &stk_alloc_libc, 1 << 16);
    if (machine != NULL) {
        status =
            stk_machine_run(machine, &source, 0, &stk_reading_reference, &judge, &result);
    }
    stk_machine_free(machine);
    stk_buf_byte(&s->text, 0);
    return status;
}

static void check_steps(struct stk_span bytes, const char *want)
{
    struct steps s;
    assert_int_equal(run(&stk_alloc_libc, &bytes, &s), STK_OK);
    assert_string_equal((const char *)s.text.data, want);
    stk_buf_release(&s.text);
    stk_marks_release(&s.marks);
}

static void marks_are_taken_with_what_lies_above(void **state)
{
    (void)state;
    check_steps(BYTES("](NNe."), "]0/0 (0/1 N0/1 N0/1 e2@1+1/0 .1/0 ");
    check_steps(BYTES("((Nt0(00"),
                "(0/1 (0/2 N0/2 t1@1+0/1 01/1 (0/2 00@5+0/1 00@0+0/0 ");
    check_steps(BYTES("Nt"), "N0/0 t0@none/0 ");
    check_steps(BYTES("NN\x86."), "N0/0 N0/0 \x86"
                                  "2/0 .1/0 ");
}

static void a_stream_in_place_has_its_own(void **state)
{
    (void)state;
    /* A mark and a memo entry, BUILD, a stream that leaves a mark open, and on. */
    check_steps(BYTES("(N\x94"
                      "cm\nn\n}b((N\x94.\x94t."),
                "(0/1 N0/1 \x94"
                "1/1 c0/1 }0/1 b2/1 (0/1 (0/2 N0/2 \x94"
                "1/2 .1/2 \x94"
                "1/1 t2@0+0/0 .1/0 ");
}

static void the_memo_tells_who_made_an_entry(void **state)
{
    (void)state;
    struct steps s;
    struct stk_span bytes = BYTES("N\x94N\x94.");
    uint64_t off = 0;
    assert_int_equal(run(&stk_alloc_libc, &bytes, &s), STK_OK);
    assert_int_equal(stk_marks_memoize(&s.marks), 2);
    assert_true(stk_marks_get(&s.marks, 1, &off));
    assert_int_equal(off, 3);
    assert_false(stk_marks_get(&s.marks, 2, &off));
    assert_int_equal(stk_marks_put(&s.marks, 1, 9), STK_OK);
    assert_int_equal(stk_marks_memoize(&s.marks), 2);
    stk_buf_release(&s.text);
    stk_marks_release(&s.marks);
}

static enum stk_status run_and_drop(const struct stk_alloc *alloc, void *arg)
{
    struct steps s;
    enum stk_status status = run(alloc, arg, &s);
    stk_buf_release(&s.text);
    stk_marks_release(&s.marks);
    return status;
}

static void survives_refusals(void **state)
{
    (void)state;
    struct stk_span bytes = BYTES("(N\x94"
                                  "cm\nn\n}b((N\x94.\x94t.");
    STK_OOM_LOOP(run_and_drop, &bytes);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(marks_are_taken_with_what_lies_above),
        cmocka_unit_test(a_stream_in_place_has_its_own),
        cmocka_unit_test(the_memo_tells_who_made_an_entry),
        cmocka_unit_test(survives_refusals),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
