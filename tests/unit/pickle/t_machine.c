/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "common.h"

static void every_fault_has_a_text(void **state)
{
    (void)state;
    for (unsigned i = 0; i < STK_FAULTS; i++) {
        const char *text = stk_fault_text((enum stk_fault_code)i);
        assert_true(strlen(text) > 0);
        for (unsigned k = 0; k < i; k++) {
            assert_string_not_equal(text, stk_fault_text((enum stk_fault_code)k));
        }
    }
    assert_string_equal(stk_fault_text(STK_FAULTS), "");
}

static void marks_and_pop(void **state)
{
    (void)state;
    EXPECT("N0", "fault \"the bytes end before STOP\" at 2\n");
    EXPECT("N(0.", "stop 4\n");   /* POP takes a mark with nothing above it */
    EXPECT("N(N00.", "stop 6\n"); /* and a value first */
    EXPECT("N(NN1.", "stop 6\n"); /* POP_MARK takes all */
    EXPECT("0.", "fault \"too few values on the stack\" at 0\n");
    EXPECT("1.", "fault \"no mark on the stack\" at 0\n");
    EXPECT("N(1N(.", "fault \"too few values on the stack\" at 5\n");
    EXPECT("N(N.", "stop 4\n"); /* open marks do not matter to STOP */
    EXPECT("N(2.", "fault \"too few values on the stack\" at 2\n");
    EXPECT("N2.", "stop 3\n");
}

static void stop_needs_a_value(void **state)
{
    (void)state;
    EXPECT(".", "fault \"too few values on the stack\" at 0\n");
    EXPECT("", "fault \"the bytes end before STOP\" at 0\n");
    EXPECT("N.N.", "stop 2\n"); /* what follows is another stream */
}

static void containers_take_what_they_can(void **state)
{
    (void)state;
    EXPECT("]Na(K\1K\2e.", "stop 10\n");
    EXPECT("}K\1Ns(K\2Nu.", "stop 11\n");
    EXPECT("\x8f(K\1\x90.", "stop 6\n");
    EXPECT("(K\1K\2l.", "stop 7\n");
    EXPECT("(K\1K\2d.", "stop 7\n");
    EXPECT("(K\1\x91.", "stop 5\n");
    EXPECT("(t\x85\x86.", "fault \"too few values on the stack\" at 3\n");
    EXPECT("NN\x86N\x85.", "stop 6\n");
    EXPECT("NNN\x87.", "stop 5\n");
    EXPECT("NN\x87.", "fault \"too few values on the stack\" at 2\n");
    EXPECT("\x96\1\0\0\0\0\0\0\0xK\1a.", "stop 14\n"); /* a bytearray has append */
    EXPECT("]K\0Ns.", "stop 6\n"); /* list[0] = None: the index may be right */
}

static void keys_come_with_values(void **state)
{
    (void)state;
    EXPECT("}(Nu.", "fault \"a key without a value\" at 3\n");
    EXPECT("(NNNd.", "fault \"a key without a value\" at 4\n");
    EXPECT("}(u.", "stop 4\n");
    EXPECT("N(u.", "stop 4\n"); /* nothing is done with no items */
}

static void keys_can_be_hashed(void **state)
{
    (void)state;
    const char *text = "fault \"a key or set member that cannot be hashed\" at 3\n";
    EXPECT("}]Ns.", text);
    EXPECT("}}Ns.", text);
    EXPECT("}\x8fNs.", text);
    EXPECT("(}N\x64.", text);
    EXPECT("(]N\x91.", text);
    EXPECT("}\x96\0\0\0\0\0\0\0\0Ns.",
           "fault \"a key or set member that cannot be hashed\" at 11\n");
    EXPECT("\x8f(]\x90.", text);
    EXPECT("}]\x85Ns.", "stop 6\n"); /* inside a tuple: who hashes it is not followed */
    EXPECT("}(N\x91Ns.", "stop 7\n");
}

static void items_need_a_container(void **state)
{
    (void)state;
    const char *at_2 =
        "fault \"an opcode applied to a value that cannot take it\" at 2\n";
    EXPECT("NNa.", at_2);
    EXPECT(")Na.", at_2);
    EXPECT("}Na.", at_2);
    EXPECT("NNNs.", "fault \"an opcode applied to a value that cannot take it\" at 3\n");
    EXPECT("](N\x90.",
           "fault \"an opcode applied to a value that cannot take it\" at 3\n");
    EXPECT("Na.", "fault \"too few values on the stack\" at 1\n");
    EXPECT("](Na.", "fault \"too few values on the stack\" at 3\n");
    EXPECT("]Ns.", "fault \"too few values on the stack\" at 2\n");
    EXPECT("(Ne.", "fault \"too few values on the stack\" at 2\n");
    EXPECT("(NNu.", "fault \"too few values on the stack\" at 3\n");
    EXPECT("(N\x90.", "fault \"too few values on the stack\" at 2\n");
}

static void protocols(void **state)
{
    (void)state;
    EXPECT("\x80\5N.", "stop 4\n");
    EXPECT("\x80\6N.", "fault \"a protocol above 5\" at 0\n");
    EXPECT("\x80\xffN.", "fault \"a protocol above 5\" at 0\n");
    EXPECT("N\x80\4\x80\0.", "stop 6\n");
    struct follow f;
    follow_init(&f);
    follow_open(&f);
    FOLLOW(&f, "N.");
    assert_int_equal(f.run.protocol, -1);
    FOLLOW(&f, "\x80\4\x80\2N.");
    assert_int_equal(f.run.protocol, 4); /* the highest, not the last */
    follow_close(&f);
}

static void unknown_opcodes(void **state)
{
    (void)state;
    for (unsigned byte = 0; byte < 256; byte++) {
        if (stk_opcodes[byte].name == NULL) {
            struct follow f;
            uint8_t stream[] = {'N', (uint8_t)byte, '.'};
            follow_init(&f);
            follow_open(&f);
            follow_bytes(&f, &stk_reading_reference, stream, sizeof stream);
            assert_string_equal(follow_text(&f), "fault \"no such opcode\" at 1\n");
            assert_int_equal(f.run.fault.op, byte);
            follow_close(&f);
        }
    }
}

static void arguments_that_are_cut(void **state)
{
    (void)state;
    for (unsigned byte = 0; byte < 256; byte++) {
        uint8_t fixed = stk_opcodes[byte].fixed;
        for (size_t len = 0; len < fixed; len++) {
            uint8_t stream[10] = {(uint8_t)byte};
            expect_follow(&stk_reading_reference, NULL, stream, 1 + len,
                          "fault \"the bytes end inside an argument\" at 0\n");
        }
    }
}

static void counted_arguments(void **state)
{
    (void)state;
    EXPECT("C\3ab", "fault \"the bytes end inside an argument\" at 0\n");
    EXPECT("C\2ab.", "stop 5\n");
    EXPECT("B\2\0\0\0ab.", "stop 8\n");
    EXPECT("\x8e\2\0\0\0\0\0\0\0ab.", "stop 12\n");
    EXPECT("X\2\0\0\0ab.", "stop 8\n");
    EXPECT("X\xff\xff\xff\xffx", "fault \"the bytes end inside an argument\" at 0\n");
    EXPECT("\x8c\2\xc3\xa9.", "stop 5\n");
    EXPECT("\x8c\3\xed\xa0\x80.", "stop 6\n"); /* surrogatepass */
    EXPECT("\x8c\1\xe9.", "fault \"text that cannot be decoded\" at 0\n");
    EXPECT("\x8c\2\xc0\x80.", "fault \"text that cannot be decoded\" at 0\n");
    EXPECT("U\1\xe9.", "stop 4\n"); /* an 8-bit string is decoded by whoever loads it */
    EXPECT("\x8a\0.", "stop 3\n");
    EXPECT("\x8a\2\1", "fault \"the bytes end inside an argument\" at 0\n");
    EXPECT("\x8b\1\0\0\0\x7f.", "stop 7\n");
    EXPECT("\x8b\xff\xff\xff\xff.",
           "fault \"a length that no unpickler accepts\" at 0\n");
    EXPECT("\x8b\0\0\0\x80.", "fault \"a length that no unpickler accepts\" at 0\n");
}

/* Declared lengths of 2^63 and around: nothing is allocated, nothing overflows. */
static void huge_lengths(void **state)
{
    (void)state;
    static const uint8_t ops[] = {STK_OP_BINBYTES8, STK_OP_BINUNICODE8,
                                  STK_OP_BYTEARRAY8};
    static const struct {
        uint64_t len;
        const char *text;
    } cases[] = {
        {UINT64_C(1) << 63, "fault \"a length that no unpickler accepts\" at 1\n"},
        {UINT64_MAX, "fault \"a length that no unpickler accepts\" at 1\n"},
        {(UINT64_C(1) << 63) - 1, "fault \"the bytes end inside an argument\" at 1\n"},
        {UINT64_C(1) << 32, "fault \"the bytes end inside an argument\" at 1\n"},
        {2, "fault \"the bytes end inside an argument\" at 1\n"},
        {1, "fault \"the bytes end before STOP\" at 11\n"},
        {0, "stop 11\n"},
    };
    for (size_t op = 0; op < sizeof ops; op++) {
        for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
            struct stk_buf stream;
            build_init(&stream);
            PUT(&stream, "N");
            stk_buf_byte(&stream, ops[op]);
            put_u64(&stream, cases[i].len);
            PUT(&stream, ".");
            expect_built(&stream, cases[i].text);
        }
    }
}

static void a_negative_string_length(void **state)
{
    (void)state;
    EXPECT_BOTH("T\xff\xff\xff\xff"
                "cos\nsystem\n.",
                "quirk LENGTH_SIGN at 0\n"
                "fault \"the bytes end inside an argument\" at 0\n",
                "quirk LENGTH_SIGN at 0\n"
                "fault \"this unpickler stops here\" at 0\n");
    EXPECT("T\xff\xff\xff\x7f"
           "x",
           "fault \"the bytes end inside an argument\" at 0\n");
}

static stk_slot value_of(const void *bytes, size_t len)
{
    struct follow f;
    follow_init(&f);
    follow_open(&f);
    follow_bytes(&f, &stk_reading_reference, bytes, len);
    assert_true(f.run.stopped);
    stk_slot value = f.run.value;
    follow_close(&f);
    return value;
}

#define VALUE(bytes) value_of((bytes), sizeof(bytes) - 1)

static void values_of_numbers(void **state)
{
    (void)state;
    assert_true(VALUE("K\xff.") == stk_slot_int(255));
    assert_true(VALUE("M\xff\xff.") == stk_slot_int(65535));
    assert_true(VALUE("J\xff\xff\xff\xff.") == stk_slot_int(-1));
    assert_true(VALUE("J\0\0\0\x80.") == stk_slot_int(INT32_MIN));
    assert_true(VALUE("\x8a\1\x80.") == stk_slot_int(-128));
    assert_true(VALUE("\x8a\2\x80\0.") == stk_slot_int(128));
    assert_true(VALUE("\x8a\0.") == stk_slot_int(0));
    assert_true(VALUE("\x8a\7\xff\xff\xff\xff\xff\xff\x7f.") ==
                stk_slot_int(STK_INT_MAX));
    assert_true(VALUE("\x8a\7\0\0\0\0\0\0\x80.") == stk_slot_int(STK_INT_MIN));
    assert_true(VALUE("\x8a\x08\0\0\0\0\0\0\x80\0.") == stk_slot_make(STK_BIGINT, 0));
    assert_true(VALUE("N0\x8a\x09\1\0\0\0\0\0\0\0\0.") == stk_slot_make(STK_BIGINT, 2));
    assert_true(VALUE("\x88.") == stk_slot_make(STK_BOOL, 1));
    assert_true(VALUE("\x89.") == stk_slot_make(STK_BOOL, 0));
    assert_true(VALUE("NG\0\0\0\0\0\0\0\0.") == stk_slot_make(STK_FLOAT, 1));
    assert_true(VALUE("N.") == STK_NONE);
    assert_true(VALUE("N\x8f.") == stk_slot_make(STK_SET, 1));
    assert_true(VALUE("N].") == stk_slot_make(STK_LIST, 1));
}

static void buffers(void **state)
{
    (void)state;
    assert_true(VALUE("\x97\x97\x98.") == stk_slot_make(STK_BUFFER, 1));
    assert_true(VALUE("\x97\x96\0\0\0\0\0\0\0\0\x98.") == stk_slot_make(STK_BUFFER, 1));
    assert_int_equal(stk_slot_kind(VALUE("C\1x\x98.")), STK_BYTES);
    EXPECT("\x98.", "fault \"too few values on the stack\" at 0\n");
    EXPECT("N\x98.", "fault \"an opcode applied to a value that cannot take it\" at 1\n");
    EXPECT("\x8c\1x\x98.",
           "fault \"an opcode applied to a value that cannot take it\" at 3\n");
    /* An 8-bit string is bytes to a loader with encoding='bytes'. */
    EXPECT("U\1x\x98"
           "cos\nsystem\n.",
           "4 import os.system\nstop 16\n");
    EXPECT("T\1\0\0\0x\x98.", "stop 8\n");
    EXPECT("S'x'\n\x98.", "stop 7\n");
    EXPECT("Vx\n\x98.",
           "fault \"an opcode applied to a value that cannot take it\" at 3\n");
}

static void deep_nesting(void **state)
{
    (void)state;
    enum { DEEP = 200000 };
    struct stk_buf stream;
    build_init(&stream);
    PUT_REPEAT(&stream, "(", DEEP);
    PUT_REPEAT(&stream, "t", DEEP);
    PUT(&stream, ".");
    expect_built(&stream, "stop 400001\n");
    build_init(&stream);
    PUT_REPEAT(&stream, "]", DEEP);
    PUT_REPEAT(&stream, "a", DEEP - 1);
    PUT(&stream, ".");
    expect_built(&stream, "stop 400000\n");
    build_init(&stream);
    PUT(&stream, ")");
    PUT_REPEAT(&stream, "\x85", DEEP);
    PUT(&stream, "cos\nsystem\n.");
    expect_built(&stream, "200001 import os.system\nstop 200013\n");
    build_init(&stream);
    PUT(&stream, "}");
    PUT_REPEAT(&stream, "K\0}", DEEP);
    PUT_REPEAT(&stream, "s", DEEP);
    PUT(&stream, ".");
    expect_built(&stream, "stop 800002\n");
}

/* Runs with limits of their own. */
static void expect_limited(uint64_t stack_max, uint64_t mark_max, const char *bytes,
                           const char *text)
{
    struct follow f;
    follow_init(&f);
    f.limits.stack_max = stack_max;
    f.limits.mark_max = mark_max;
    follow_open(&f);
    follow_bytes(&f, &stk_reading_reference, bytes, strlen(bytes));
    assert_string_equal(follow_text(&f), text);
    follow_close(&f);
}

static void limit_of_the_stack(void **state)
{
    (void)state;
    expect_limited(3, 100, "NN.", "stop 3\n");
    expect_limited(3, 100, "NNN.", "stop 4\n");
    expect_limited(3, 100, "NNN0N.", "stop 6\n");
    expect_limited(3, 100, "NNNN.",
                   "fault \"more values on the stack than stack-max\" at 3\n");
}

static void limit_of_marks(void **state)
{
    (void)state;
    expect_limited(100, 3, "((N.", "stop 4\n");
    expect_limited(100, 3, "(((N.", "stop 5\n");
    expect_limited(100, 3, "(((0(N.", "stop 7\n");
    expect_limited(100, 3, "((((N.", "fault \"more open marks than mark-max\" at 3\n");
}

static void runs_of_other_readings(void *ctx, const struct stk_reading *reading,
                                   const struct stk_run *run)
{
    struct stk_buf *out = ctx;
    stk_buf_printf(out, "%s: %s\n", reading->name, run->stopped ? "stop" : "fault");
}

static void readings_that_differ_are_run_once_each(void **state)
{
    (void)state;
    static const char stream[] = "(N(i\nsystem\n0N.";
    struct follow f;
    follow_init(&f);
    follow_open(&f);
    struct stk_source source = stk_source_of(stk_span_of(stream, sizeof stream - 1));
    struct stk_judge judge = {.effect = ignore_effect};
    assert_int_equal(stk_machine_run_all(f.machine, &source, 0, &judge,
                                         runs_of_other_readings, &f.text, &f.run),
                     STK_OK);
    assert_true(f.run.stopped);
    assert_string_equal(follow_text(&f), "C: fault\n");
    stk_buf_clear(&f.text);
    static const char plain[] = "cos\nsystem\n.";
    source = stk_source_of(stk_span_of(plain, sizeof plain - 1));
    assert_int_equal(stk_machine_run_all(f.machine, &source, 0, &judge,
                                         runs_of_other_readings, &f.text, &f.run),
                     STK_OK);
    assert_string_equal(follow_text(&f), ""); /* nobody reads it otherwise */
    source = stk_source_of(stk_span_of(stream, sizeof stream - 1));
    for (uint64_t max = 1; max <= 3; max++) {
        f.limits.readings_max = max; /* the first run is one of them */
        stk_buf_clear(&f.text);
        assert_int_equal(stk_machine_run_all(f.machine, &source, 0, &judge,
                                             runs_of_other_readings, &f.text, &f.run),
                         STK_OK);
        assert_string_equal(follow_text(&f), max == 1 ? "" : "C: fault\n");
        assert_int_equal(f.run.quirks, 1 << STK_QUIRK_LINE_EMPTY);
    }
    follow_close(&f);
}

static void a_machine_is_used_again(void **state)
{
    (void)state;
    struct follow f;
    follow_init(&f);
    follow_open(&f);
    FOLLOW(&f, "(((cos\nsystem\nq\5(N");
    assert_int_equal(stk_machine_n_globals(f.machine), 1);
    FOLLOW(&f, "h\5.");
    assert_string_equal(follow_text(&f),
                        "fault \"a memo entry that was never made\" at 0\n");
    assert_int_equal(stk_machine_n_globals(f.machine), 0);
    FOLLOW(&f, "0.");
    assert_string_equal(follow_text(&f), "fault \"too few values on the stack\" at 0\n");
    follow_close(&f);
}

static enum stk_status see_opcode(void *ctx, struct stk_machine *machine, uint8_t op,
                                  uint64_t off, uint64_t len)
{
    struct follow *f = ctx;
    stk_slot top = 0;
    bool some = stk_machine_peek(machine, 0, &top);
    assert_true(some == (stk_machine_depth(machine) > 0));
    stk_buf_printf(&f->text, "%llu %s %llu %zu\n", (unsigned long long)off,
                   stk_opcodes[op].name, (unsigned long long)len,
                   stk_machine_depth(machine));
    return off == 5 ? f->judge_status : STK_OK;
}

static void opcodes_are_announced(void **state)
{
    (void)state;
    struct follow f;
    follow_init(&f);
    f.judge.opcode = see_opcode;
    follow_open(&f);
    FOLLOW(&f, "K\7K\1\x86.");
    assert_string_equal(follow_text(&f), "0 BININT1 2 0\n2 BININT1 2 1\n"
                                         "4 TUPLE2 1 2\n5 STOP 1 1\nstop 6\n");
    assert_int_equal(f.run.n_ops, 4);
    f.judge_status = STK_E_IO;
    struct stk_source source = stk_source_of(stk_span_of("K\7K\1\x86.", 6));
    follow_run(&f, &source, &stk_reading_reference);
    assert_int_equal(f.status, STK_E_IO);
    assert_false(f.run.stopped);
    follow_close(&f);
}

static void peek_sees_the_stack(void **state)
{
    (void)state;
    struct follow f;
    stk_slot slot = 77;
    follow_init(&f);
    follow_open(&f);
    FOLLOW(&f, "K\1K\2(K\3!");
    assert_int_equal(stk_machine_depth(f.machine), 3);
    assert_true(stk_machine_peek(f.machine, 0, &slot) && slot == stk_slot_int(3));
    assert_true(stk_machine_peek(f.machine, 2, &slot) && slot == stk_slot_int(1));
    slot = 77;
    assert_false(stk_machine_peek(f.machine, 3, &slot));
    assert_int_equal(slot, 77);
    assert_int_equal(f.run.fault.depth, 1);
    assert_int_equal(f.run.fault.off, 7);
    follow_close(&f);
}

/* A stream that grows all that a machine owns. */
static void put_rich(struct stk_buf *stream)
{
    PUT_REPEAT(stream, "(", 3000);
    PUT_REPEAT(stream, "K\1", 3000);
    for (uint32_t i = 0; i < 600; i++) {
        PUT(stream, "r");
        put_u32(stream, i < 300 ? i : i << 20);
    }
    PUT(stream, "}K\1K\1sq\1h\1K\1Ns"); /* a dict changed through an alias */
    PUT(stream, "\x80\4\x8c\2os\x8c\6system\x93V\\u0061\n\x85R");
    PUT(stream, "ccollections\nOrderedDict\n)R.");
}

static enum stk_status run_rich(const struct stk_alloc *alloc, void *arg)
{
    struct pieces *p = arg;
    struct stk_limits limits = STK_LIMITS_DEFAULT;
    struct stk_judge judge = {.effect = ignore_effect};
    struct stk_run run = {0};
    struct stk_source source = pieces_source(p);
    struct stk_machine *m = stk_machine_new(alloc, &limits);
    enum stk_status status = STK_E_NOMEM;
    if (m != NULL) {
        status = stk_machine_run_all(m, &source, 0, &judge, NULL, NULL, &run);
        assert_true(status != STK_OK || run.stopped);
        if (status == STK_OK) {
            assert_int_equal(stk_machine_n_globals(m), 2);
            assert_true(strlen(stk_slot_show(m, run.value, 100)) > 0);
        }
        /* Refusals leave it fit for another stream. */
        source = stk_source_of(stk_span_of(").", 2));
        struct stk_run other = {0};
        enum stk_status again =
            stk_machine_run(m, &source, 0, &stk_reading_reference, &judge, &other);
        assert_true(again == STK_E_NOMEM || other.stopped);
    }
    stk_machine_free(m);
    return status;
}

static void survives_refusals(void **state)
{
    (void)state;
    struct stk_buf stream;
    build_init(&stream);
    put_rich(&stream);
    assert_int_equal(stream.status, STK_OK);
    struct pieces pieces = {.data = stream.data, .len = stream.len};
    STK_OOM_LOOP(run_rich, &pieces);
    stk_machine_free(NULL);
    stk_buf_release(&stream);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_fault_has_a_text),
        cmocka_unit_test(marks_and_pop),
        cmocka_unit_test(stop_needs_a_value),
        cmocka_unit_test(containers_take_what_they_can),
        cmocka_unit_test(keys_come_with_values),
        cmocka_unit_test(keys_can_be_hashed),
        cmocka_unit_test(items_need_a_container),
        cmocka_unit_test(protocols),
        cmocka_unit_test(unknown_opcodes),
        cmocka_unit_test(arguments_that_are_cut),
        cmocka_unit_test(counted_arguments),
        cmocka_unit_test(huge_lengths),
        cmocka_unit_test(a_negative_string_length),
        cmocka_unit_test(values_of_numbers),
        cmocka_unit_test(buffers),
        cmocka_unit_test(deep_nesting),
        cmocka_unit_test(limit_of_the_stack),
        cmocka_unit_test(limit_of_marks),
        cmocka_unit_test(readings_that_differ_are_run_once_each),
        cmocka_unit_test(a_machine_is_used_again),
        cmocka_unit_test(opcodes_are_announced),
        cmocka_unit_test(peek_sees_the_stack),
        cmocka_unit_test(survives_refusals),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
