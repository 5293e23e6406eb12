/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "built.h"

#define GREW "fault a container that grows after a call or object got it at "
#define KIND "fault items given to a value by another kind's opcode at "

static void containers(void **state)
{
    (void)state;
    BUILT("].", "[]");
    BUILT("(l.", "[]");
    BUILT("(K\1K\2l.", "[1, 2]");
    BUILT("]K\1a.", "[1]");
    BUILT("](K\1K\2e(e(K\3e.", "[1, 2, 3]");
    BUILT(").", "()");
    BUILT("(t.", "()");
    BUILT("K\1\x85.", "(1,)");
    BUILT("K\1K\2\x86.", "(1, 2)");
    BUILT("K\1K\2K\3\x87.", "(1, 2, 3)");
    BUILT("(K\1K\2K\3K\4t.", "(1, 2, 3, 4)");
    BUILT("K\0(K\1t\x86.", "(0, (1,))");
    BUILT("}.", "{}");
    BUILT("(d.", "{}");
    BUILT("(K\1K\2d.", "{1: 2}");
    BUILT("}K\1K\2s.", "{1: 2}");
    BUILT("}(K\1K\2K\3]u(u.", "{1: 2, 3: []}");
    BUILT("\x8f.", "set()");
    BUILT("\x8f(K\1K\2K\1\x90.", "set(1, 2)");
    BUILT("\x8f(K\1\x90(K\2\x90(\x90.", "set(1, 2)");
    BUILT("(\x91.", "frozenset()");
    BUILT("(K\1K\2K\2\x91.", "frozenset(1, 2)");
}

/* 1, 1.0 and True are one key: the first key stays with the last value. */
static void duplicates(void **state)
{
    (void)state;
    BUILT("}(K\1K\7G\x3f\xf0\0\0\0\0\0\0K\x08\x88K\x09K\2K\x0au.", "{1: 9, 2: 10}");
    BUILT("}(\x88K\7K\1K\x08u.", "{True: 8}");
    BUILT("}(U\1aK\1U\1aK\2X\1\0\0\0bK\3U\1aK\4u.", "{'a': 4, 'b': 3}");
    BUILT("}K\1K\2sK\1K\3s.", "{1: 3}");
    BUILT("(K\1K\2K\1K\3d.", "{1: 3}");
    BUILT("\x8f(\x88K\1K\2G\x3f\xf0\0\0\0\0\0\0\x90.", "set(True, 2)");
    BUILT("}]K\2s.", "fault a key or set member that cannot be hashed at 4");
    BUILT("}(K\1\x85K\2\x88\x85K\3u.", "{(1,): 3}");
    BUILT("}(G\x7f\xf8\0\0\0\0\0\0K\1G\x7f\xf8\0\0\0\0\0\0K\2u.", "{nanf: 1, nanf: 2}");
}

static void stack_and_memo(void **state)
{
    (void)state;
    BUILT("K\1K\2"
          "0.",
          "1");
    BUILT("K\1(K\2K\3"
          "1.",
          "1");
    BUILT("K\1(0.", "1");
    BUILT("K\1"
          "2\x86.",
          "(1, 1)");
    BUILT("]2\x86.", "(#1=[], #1)");
    BUILT("]q\0h\0\x86.", "(#1=[], #1)");
    BUILT("]p5\ng5\n\x86.", "(#1=[], #1)");
    BUILT("]r\0\1\0\0j\0\1\0\0\x86.", "(#1=[], #1)");
    BUILT("]\x94h\0\x86.", "(#1=[], #1)");
    BUILT("K\7q\5K\x08\x94h\1\x86.", "(8, 8)"); /* the builder counts as the machine */
    BUILT("]q\0K\1q\0h\0\x87.", "([], 1, 1)");
}

/* A far entry, and the same index made near later on. */
static void memo_near_and_far(void **state)
{
    (void)state;
    struct stk_buf s;
    struct built b;
    stk_buf_init(&s, &stk_alloc_libc, 1 << 20);
    PUT(&s, "(X\1\0\0\0ar\xc8\0\0\0X\1\0\0\0br\0\0\0\x80");
    for (uint32_t i = 0; i < 300; i++) {
        if (i == 250) { /* still the far one, though entries around it are dense */
            PUT(&s, "j\xc8\0\0\0j\0\0\0\x80");
        }
        if (i == 200) {
            continue;
        }
        PUT(&s, "M");
        stk_buf_byte(&s, (uint8_t)i);
        stk_buf_byte(&s, (uint8_t)(i >> 8));
        PUT(&s, "r");
        put_u32(&s, i);
        PUT(&s, "0");
    }
    PUT(&s, "X\1\0\0\0cr\xc8\0\0\0j\xc8\0\0\0j\x2b\1\0\0t.");
    built_init(&b, &stk_alloc_libc);
    assert_string_equal(built_text(&b, s.data, s.len),
                        "(#1='a', #2='b', #1, #2, #3='c', #3, 299)");
    assert_true(b.arena.taken < 1 << 16);
    built_release(&b);
    stk_buf_release(&s);
}

static void cycles(void **state)
{
    (void)state;
    BUILT("]q\0h\0a.", "#1=[#1]");
    BUILT("}q\0K\1h\0s.", "#1={1: #1}");
    BUILT("]q\0(h\0ta.", "#1=[(#1,)]");
    BUILT("cm\nC\n)\x81q\0}K\1h\0sb.", "#1=new m.C().state({1: #1})");
    /* The recursive tuple that CPython writes: dropped, and fetched again. */
    BUILT("]q\1(h\1tq\2a"
          "0h\2.",
          "#1=(#2=[#1],)");
}

static void objects(void **state)
{
    (void)state;
    BUILT("cm\nC\n.", "m.C");
    BUILT("X\1\0\0\0mX\3\0\0\0C.D\x93.", "m.C.D");
    BUILT("cm\nC\n)R.", "m.C()");
    BUILT("cm\nC\nK\1\x85R.", "m.C(1,)");
    BUILT("cm\nC\nK\1\x85\x81.", "new m.C(1,)");
    BUILT("cm\nC\n)}X\1\0\0\0aK\1s\x92.", "newex m.C() ** {'a': 1}");
    BUILT("(im\nC\n.", "new m.C()");
    BUILT("(K\1K\2im\nC\n.", "m.C(1, 2)");
    BUILT("(cm\nC\no.", "new m.C()");
    BUILT("(cm\nC\nK\1o.", "m.C(1,)");
    BUILT("ccopyreg\n_reconstructor\n(cm\nC\nc__builtin__\nobject\nNtR.",
          "copyreg._reconstructor(m.C, builtins.object, None)");
    BUILT("cm\nC\n)R)R.", "m.C()()");
}

static void state_and_items(void **state)
{
    (void)state;
    BUILT("cm\nC\n)\x81}b.", "new m.C().state({})");
    BUILT("cm\nC\n)\x81K\1a(K\2K\3e}b.", "new m.C().items[1, 2, 3].state({})");
    BUILT("cm\nC\n)\x81}bK\1a.", "new m.C().state({}).items[1]");
    BUILT("cm\nC\n)\x81(K\1K\1\x90.", "new m.C().members[1]");
    BUILT("cm\nC\n)\x81K\1K\2s(K\1K\3u.", "new m.C().pairs{1: 3}");
    BUILT("cm\nC\n)\x81K\1a(K\2\x90K\3K\4s.",
          "new m.C().items[1].members[2].pairs{3: 4}");
    BUILT("cm\nC\n)\x81K\1a}bK\2a.",
          "fault items before and after the state of one object at 14");
    BUILT("cm\nC\n)\x81}b}b.", "fault a second state for one object at 10");
    BUILT("cm\nC\n)\x81K\3K\4sK\1a.",
          "fault items, members and pairs of one object in disorder at 14");
    BUILT("cm\nC\n)\x81(K\3\x90K\1a.",
          "fault items, members and pairs of one object in disorder at 13");
    BUILT("cm\nC\n)\x81K\3K\4s(K\1\x90.",
          "fault items, members and pairs of one object in disorder at 15");
    BUILT("]Nb.", "[]"); /* nothing happens */
    BUILT("cm\nC\n}b.", "refused");
}

/* What a call copies when it is given it may not change afterwards: the value would say
 * the one and the receiver do the other. */
static void what_was_given_does_not_grow(void **state)
{
    (void)state;
    BUILT("cm\nC\n)\x81}q\0X\1\0\0\0aK\1sb0h\0X\1\0\0\0aK\2s.", GREW "31");
    BUILT("]q\0cm\nC\nh\0\x85Rh\0K\1a.", GREW "16");
    BUILT("]q\0(cm\nC\nh\0oh\0K\1a.", GREW "16");
    BUILT("]q\0(h\0im\nC\nh\0K\1a.", GREW "15");
    BUILT("}q\0cm\nC\n)h\0\x92h\0K\1K\1s.", GREW "18");
    BUILT("\x8fq\0cm\nC\nh\0\x85Rh\0(K\1\x90.", GREW "17");
    BUILT("cm\nC\n)Rq\0cm\nD\nh\0\x85Rh\0K\1K\2s.", GREW "24");
    BUILT("cm\nC\n)\x81N}q\0\x86"
          "bh\0K\1K\2s.",
          GREW "19");
    /* What lies deeper, or changes a part of its own, is the same object all along. */
    BUILT("]q\0cm\nC\nh\0\x85\x85R0h\0K\1a.", "#1=[1]");
    BUILT("]q\0(cm\nC\n)\x81}X\1\0\0\0ah\0sbe.", "#1=[new m.C().state({'a': #1})]");
    BUILT("cm\nC\n)\x81q\0}K\1cm\nD\nh\0\x85Rsb.", "#1=new m.C().state({1: m.D(#1,)})");
    /* Growing by nothing is no growth. */
    BUILT("]q\0cm\nC\nh\0\x85Rh\0(e.", "#1=[]");
    BUILT("}q\0cm\nC\nh\0\x85Rh\0(u.", "#1={}");
}

static void wrong_targets(void **state)
{
    (void)state;
    BUILT("](K\0K\1u.", KIND "6");
    BUILT("]K\0K\1s.", KIND "5");
    BUILT("\x96\1\0\0\0\0\0\0\0aK\1a.", KIND "12");
    BUILT("K\1K\2a.", "fault an opcode applied to a value that cannot take it at 4");
    BUILT("}K\2a.", "fault an opcode applied to a value that cannot take it at 3");
    BUILT("](K\2\x90.", "fault an opcode applied to a value that cannot take it at 4");
    BUILT("cm\nC\nK\1a.", "m.C"); /* the judge has said what it is */
    BUILT("\x97(K\1e.", KIND "4");
}

/* A value that the judge made has no room for items. */
static void values_of_the_judge(void **state)
{
    (void)state;
    BUILT("cm\nE\n)R.", "enum<? None>");
    BUILT("cm\nE\n)RK\1a.", KIND "9");
    BUILT("cm\nE\n)R(K\1\x90.", KIND "10");
    BUILT("cm\nE\n)RK\1K\2s.", KIND "11");
    BUILT("cm\nE\n)R2\x86.", "(#1=enum<? None>, #1)");
}

static const char *seen(const void *bytes, size_t len)
{
    static char copy[1024];
    struct built b;
    built_init(&b, &stk_alloc_libc);
    (void)built_text(&b, bytes, len);
    memcpy(copy, b.seen, sizeof copy);
    built_release(&b);
    return copy;
}

#define SEEN(bytes, want) assert_string_equal(seen((bytes), sizeof(bytes) - 1), (want))

static void operands(void **state)
{
    (void)state;
    SEEN("cm\nC\nK\1\x85R.", "call m.C (1,) 0\n");
    SEEN("cm\nC\n)}\x92.", "call m.C () 0\n");
    SEEN("(K\1im\nC\n.", "call m.C (1,) 1\n");
    SEEN("(cm\nC\nK\1K\2o.", "call m.C (1, 2) 2\n");
    SEEN("(im\nC\n.", "call m.C () 0\n");
    SEEN("cm\nC\n)RNb.", "call m.C () 0\nbuild m.C() None 0\n");
    SEEN("cm\nC\n)RK\1a.", "call m.C () 0\nitems m.C() None 1\n");
    SEEN("K\1Q.", "persistent 1 None 0\n");
    SEEN("Px\n.", "persistent None None 0\n");
    SEEN("\x82\1.", "extension None None 0\n");
}

static void refused(void **state)
{
    struct built b;
    (void)state;
    built_init(&b, &stk_alloc_libc);
    b.refuses = true;
    assert_string_equal(built_text(&b, "(cm\nC\n)RK\1t.", 12), "(refused, 1)");
    assert_string_equal(built_text(&b, "cm\nC\n)RK\1aNb.", 13), "refused");
    assert_string_equal(built_text(&b, "cm\nC\n)R(K\1\x90.", 12), "refused");
    assert_string_equal(built_text(&b, "cm\nC\n)R)R.", 10), "refused");
    assert_string_equal(built_text(&b, "K\1Q.", 4), "refused");
    assert_string_equal(built_text(&b, "\x82\1.", 3), "refused");
    assert_string_equal(built_text(&b, "cm\nC\n)RX\1\0\0\0a\x93.", 15), "refused");
    built_release(&b);
}

/* Names that Python 2 has are one with those of Python 3. */
static void one_name_has_one_struct(void **state)
{
    (void)state;
    struct built b;
    static const char s[] = "(cbuiltins\nset\nc__builtin__\nset\ncbuiltins\nlist\n"
                            "c__builtin__\nlist\ncm\nC\ncm\nC\nt.";
    built_init(&b, &stk_alloc_libc);
    assert_string_equal(built_text(&b, s, sizeof s - 1),
                        "(builtins.set, builtins.set, builtins.list, builtins.list, "
                        "m.C, m.C)");
    const struct stk_value *list = b.root.items->list;
    for (int i = 0; i < 6; i += 2) {
        assert_ptr_equal(list[i].name, list[i + 1].name);
    }
    assert_ptr_not_equal(list[0].name, list[2].name);
    built_release(&b);
}

static void buffers(void **state)
{
    (void)state;
    BUILT("\x97.", "buffer<0>");
    BUILT("\x97\x97\x98\x86.", "(buffer<0>, buffer<1 readonly>)");
    BUILT("\x97\x94h\0\x86.", "(#1=buffer<0>, #1)");
    BUILT("\x97\x98\x94\x98h\0\x86.", "(#1=buffer<0 readonly>, #1)");
    BUILT("C\1a\x98.", "b'a'");
    BUILT("\x96\1\0\0\0\0\0\0\0a\x98.",
          "fault a read-only view of what is no buffer at 10");
    BUILT("U\1a\x98.", "fault a read-only view of what is no buffer at 3");
}

static void values_know_where_they_were_written(void **state)
{
    (void)state;
    struct built b;
    built_init(&b, &stk_alloc_libc);
    (void)built_text(&b, "\x80\4(K\1X\1\0\0\0acm\nC\n)R]t.", 21);
    const struct stk_value *list = b.root.items->list;
    assert_int_equal(b.root.off, 19);
    assert_int_equal(list[0].off, 3);
    assert_int_equal(list[1].off, 5);
    assert_int_equal(list[2].off, 17);
    assert_int_equal(list[3].off, 18);
    built_release(&b);
}

/* Items that go into a container which is not on the stack yet have no target there. */
static void unheld_items(void **state)
{
    (void)state;
    static const char *const streams[] = {"(cm\nC\nl.", "(cm\nC\n\x91.", "(Ncm\nC\nd."};
    struct built b;
    built_init(&b, &stk_alloc_libc);
    b.unheld = true;
    for (size_t i = 0; i < 3; i++) {
        (void)built_text(&b, streams[i], strlen(streams[i]));
        assert_non_null(strstr(b.seen, "items None None"));
        assert_true(b.run.stopped);
    }
    built_release(&b);
}

/* ---- size and time ---- */

static void deep(void **state)
{
    (void)state;
    const size_t n = 1000000;
    struct stk_buf s;
    struct built b;
    stk_buf_init(&s, &stk_alloc_libc, 8 * n);
    put_n(&s, "]", n);
    put_n(&s, "a", n - 1);
    PUT(&s, ".");
    built_init(&b, &stk_alloc_libc);
    built_run(&b, s.data, s.len);
    assert_int_equal(b.status, STK_OK);
    assert_true(b.run.stopped);
    size_t depth = 0;
    for (struct stk_value v = b.root; v.items->n > 0; v = v.items->list[0]) {
        depth++;
    }
    assert_int_equal(depth, n - 1);
    built_release(&b);
    stk_buf_release(&s);
}

/* A container that grows one by one, with others between, costs memory in proportion. */
static void growth_is_linear(void **state)
{
    (void)state;
    const size_t n = 200000;
    struct stk_buf s;
    struct built b;
    stk_buf_init(&s, &stk_alloc_libc, 64 * n);
    PUT(&s, "]q\0]q\1"
            "2");
    for (size_t i = 0; i < n; i++) {
        PUT(&s, "0h\0Na0h\1Na");
    }
    PUT(&s, ".");
    built_init(&b, &stk_alloc_libc);
    built_run(&b, s.data, s.len);
    assert_true(b.run.stopped);
    assert_int_equal(b.root.items->n, n);
    assert_true(b.arena.taken < 20 * s.len);
    built_release(&b);
    stk_buf_release(&s);
}

static enum stk_status build_all(const struct stk_alloc *alloc, void *arg)
{
    static const char rich[] =
        "\x80\4(]q\0h\0a}(X\1\0\0\0aK\1X\1\0\0\0bN\x88\x89u\x8f(K\1K\2\x90(K\1\x91"
        "c__builtin__\nset\ncbuiltins\nset\ncm\nC\nK\1\x85Rq\2}b(K\1e(im\nC\n\x97\x98"
        "\x8a\x09\1\2\3\4\5\6\7\x08\x09L123456789012345678901234567890L\nF1.5\nS'a'\n"
        "Vb\nr\0\0\0\x80t.";
    struct built b;
    (void)arg;
    built_init(&b, alloc);
    enum stk_status status = STK_E_NOMEM;
    if (b.machine != NULL) {
        built_run(&b, rich, sizeof rich - 1);
        status = b.status;
    }
    built_release(&b);
    return status;
}

static void without_memory(void **state)
{
    (void)state;
    STK_OOM_LOOP(build_all, NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(containers),
        cmocka_unit_test(duplicates),
        cmocka_unit_test(stack_and_memo),
        cmocka_unit_test(memo_near_and_far),
        cmocka_unit_test(cycles),
        cmocka_unit_test(objects),
        cmocka_unit_test(state_and_items),
        cmocka_unit_test(what_was_given_does_not_grow),
        cmocka_unit_test(wrong_targets),
        cmocka_unit_test(values_of_the_judge),
        cmocka_unit_test(operands),
        cmocka_unit_test(refused),
        cmocka_unit_test(one_name_has_one_struct),
        cmocka_unit_test(buffers),
        cmocka_unit_test(values_know_where_they_were_written),
        cmocka_unit_test(unheld_items),
        cmocka_unit_test(deep),
        cmocka_unit_test(growth_is_linear),
        cmocka_unit_test(without_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
