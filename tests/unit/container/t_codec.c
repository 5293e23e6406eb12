/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "container/codec.h"
#include "walk.h"

static void blocks_are_given_back_with_their_size(void **state)
{
    (void)state;
    struct stk_oom oom;
    stk_oom_init(&oom, 0, false);
    struct stk_codec_heap heap = {&oom.alloc};
    void *a = stk_codec_alloc(&heap, 100);
    void *b = stk_codec_alloc(&heap, 0);
    assert_non_null(a);
    assert_non_null(b);
    assert_int_equal((uintptr_t)a % _Alignof(max_align_t), 0);
    stk_codec_free(&heap, a);
    stk_codec_free(&heap, b);
    stk_codec_free(&heap, NULL);
    assert_int_equal(oom.blocks, 0);
    assert_false(oom.wrong_size);
    assert_null(stk_codec_alloc(&heap, SIZE_MAX));
}

/* The window grows with what has come, and ends at the cap. */
static void the_window(void **state)
{
    (void)state;
    static struct recorder r;
    struct stk_buf buf;
    recorder_init(&r, &stk_alloc_libc);
    r.expand_left = 10000;
    stk_buf_init(&buf, &stk_alloc_libc, SIZE_MAX);
    struct stk_codec_out out = {.visitor = &r.visitor, .buf = &buf};
    assert_int_equal(stk_codec_room(&out), STK_OK);
    assert_int_equal(out.window_len, 4096);
    memset(out.window, 'a', 4096);
    assert_int_equal(stk_codec_took(&out, 4096), STK_OK);
    assert_int_equal(stk_codec_room(&out), STK_OK);
    memset(out.window, 'b', out.window_len);
    assert_int_equal(stk_codec_took(&out, 4096), STK_OK);
    assert_int_equal(stk_codec_room(&out), STK_OK);
    assert_int_equal(out.window_len, 10000 - 8192);
    assert_int_equal(stk_codec_took(&out, out.window_len), STK_OK);
    assert_int_equal(r.expand_left, 0);
    assert_int_equal(stk_codec_room(&out), STK_OK);
    assert_int_equal(stk_codec_took(&out, 0), STK_OK);
    assert_int_equal(stk_codec_took(&out, 1), STK_E_LIMIT);
    assert_int_equal(buf.len, 10000);
    stk_buf_release(&buf);
}

/* A method that copies, one byte a call, and ends a member at a full stop. */
static enum stk_status copy_step(void *state, struct stk_codec_step *step)
{
    int *restarts = state;
    if (*restarts < 0) {
        return STK_OK; /* stuck */
    }
    if (step->in.len > 0) {
        step->out[0] = step->in.data[0];
        step->written = 1;
        step->end = step->in.data[0] == '.';
        step->in = stk_span_of(step->in.data + 1, step->in.len - 1);
    }
    return STK_OK;
}

static enum stk_status copy_restart(void *state)
{
    ++*(int *)state;
    return STK_OK;
}

static bool copy_starts(struct stk_span head)
{
    return head.len > 0 && head.data[0] == '>';
}

static enum stk_status copy(const char *text, int *restarts, const char *want)
{
    static const struct stk_codec codec = {copy_step, copy_restart, copy_starts};
    static struct recorder r;
    struct stk_buf out;
    struct stk_source source = stk_source_of(stk_span_of(text, strlen(text)));
    recorder_init(&r, &stk_alloc_libc);
    stk_buf_init(&out, &stk_alloc_libc, SIZE_MAX);
    enum stk_status status = stk_codec_run(&codec, restarts, &r.visitor, &source, &out);
    assert_true(stk_span_is(stk_buf_span(&out), want));
    stk_buf_release(&out);
    return status;
}

static void members(void **state)
{
    (void)state;
    int restarts = 0;
    assert_int_equal(copy(">a.>b.>c.", &restarts, ">a.>b.>c."), STK_OK);
    assert_int_equal(restarts, 2);
    assert_int_equal(copy(">a.b", &restarts, ">a."), STK_E_MALFORMED);
    assert_int_equal(copy(">a", &restarts, ">a"), STK_E_TRUNCATED);
    assert_int_equal(copy("", &restarts, ""), STK_E_TRUNCATED);
    restarts = -1;
    assert_int_equal(copy(">a.", &restarts, ""), STK_E_TRUNCATED);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(blocks_are_given_back_with_their_size),
        cmocka_unit_test(the_window),
        cmocka_unit_test(members),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
