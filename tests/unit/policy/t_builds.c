/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "common.h"
#include "oom.h"

#define STRICT                                                                           \
    "\x80\x02"                                                                           \
    "cc\nStrict\n)\x81"
#define SLOTTED                                                                          \
    "\x80\x02"                                                                           \
    "cc\nNew\n(I1\nt\x81"

#define ATTRS "cc\nAttrs\n(}tR"
#define ASKS " breaks its contract, which asks for none|attrs|slots\n"

static void states(void **state)
{
    (void)state;
    EXPECT_CLEAN("ccollections\nOrderedDict\n)R}b.");
    EXPECT_CLEAN("\x80\x02"
                 "cc\nPlain\n)\x81}S'a'\nI1\nsb.");
    EXPECT_CLEAN(STRICT "}S'a'\nI2\nsb.");
    EXPECT(STRICT "}S'a'\nI4\nsb.", REVIEW,
           "STK303 24 gives <c.Strict> the state {'a': 4}; key 'a' breaks its contract, "
           "which asks for {\"a\": 1..3, \"b\"?: str}\n");
    EXPECT(STRICT "Nb.", REVIEW,
           "STK303 15 gives <c.Strict> the state None; its contract asks for {\"a\": "
           "1..3, \"b\"?: str}\n");
    EXPECT("cc\nBag\n)R}b.", REVIEW, "STK303 10 gives <c.Bag> the state {}\n");
}

/* (None, slots) is given by setattr, which reaches more than the instance's dict. */
static void slots(void **state)
{
    (void)state;
    EXPECT_CLEAN(SLOTTED "(N}S'x'\nI1\nstb.");
    EXPECT(
        SLOTTED "(N}S'__class__'\nI1\nstb.", REVIEW,
        "STK303 36 gives <c.New> the state (None, {'__class__': 1}); key '__class__' of "
        "item 2 breaks its contract, which asks for slots\n");
    EXPECT("\x80\x02"
           "cc\nPlain\n)\x81(N}S'x'\nI1\nstb.",
           REVIEW,
           "STK303 26 gives <c.Plain> the state (None, {'x': 1}); its contract asks for "
           "none|attrs\n");
    EXPECT(
        SLOTTED "(}S'__setstate__'\nI1\ns}tb.", REVIEW,
        "STK303 39 gives <c.New> the state ({'__setstate__': 1}, {}); key '__setstate__' "
        "of item 1 breaks its contract, which asks for slots\n");
}

/* What an instance's own attributes could stand for while it is being made. */
static void attributes(void **state)
{
    (void)state;
    EXPECT_CLEAN(ATTRS "Nb.");
    EXPECT_CLEAN(ATTRS "}S'_x'\nI1\nsS'__notes__'\n]sS'f'\ncc\nPlain\nsb.");
    EXPECT(ATTRS "}S'__setstate__'\nI1\nsb.", REVIEW,
           "STK303 34 gives <c.Attrs> the state {'__setstate__': 1}; key "
           "'__setstate__'" ASKS);
    EXPECT(ATTRS "}I1\nI1\nsb.", REVIEW,
           "STK303 21 gives <c.Attrs> the state {1: 1}; key 1" ASKS);
    EXPECT(ATTRS "}cc\nBag\n)RI1\nsb.", REVIEW,
           "STK303 27 gives <c.Attrs> the state {<object>: 1}; key <object>" ASKS);
    EXPECT("cc\nAttrs\n(}S'__call__'\nI1\nstR.", REVIEW,
           "STK303 28 calls c.Attrs({'__call__': 1}); its contract asks for (attrs)\n");
}

/* What is vetted with its arguments only is not kept by those who would call it without.
 */
static void callables_that_are_kept(void **state)
{
    (void)state;
    EXPECT(ATTRS "}S'f'\nct\nload\nsb.", REVIEW,
           "STK303 27 gives items to {}: 'f': t.load\n"
           "STK303 28 gives <c.Attrs> the state {'f': t.load}; key 'f'" ASKS);
    EXPECT(ATTRS "}S'f'\ncc\nOpens\nsb.", REVIEW,
           "STK303 29 gives <c.Attrs> the state {'f': c.Opens}; key 'f'" ASKS);
    EXPECT(ATTRS "(N}S'f'\ncc\nOpens\nstb.", REVIEW,
           "STK303 32 gives <c.Attrs> the state (None, {'f': c.Opens}); key 'f' of item "
           "2" ASKS);
    EXPECT(ATTRS "I1\nct\nload\ns.", REVIEW,
           "STK303 24 gives items to <c.Attrs>: 1: t.load; its contract asks for (any, "
           "any)\n");
    EXPECT_CLEAN(ATTRS "I1\ncc\nPlain\ns.");
}

/* No contract sees what is in a list, dict or set, or in a tuple there. */
static void callables_in_containers(void **state)
{
    (void)state;
    EXPECT("(ct\nload\nl.", REVIEW, "STK303 9 gives items to [...]: t.load\n");
    EXPECT("](I1\n((ct\nload\nttta.", REVIEW,
           "STK303 18 gives items to [...]: (1, ((t.load,),))\n");
    EXPECT("(I1\nct\nload\nd.", REVIEW, "STK303 12 gives items to {}: 1: t.load\n");
    EXPECT("\x8f(ct\nload\n\x90.", REVIEW, "STK303 10 gives items to <set>: t.load\n");
    EXPECT("(ct\nload\n\x91.", REVIEW, "STK303 9 gives items to <frozenset>: t.load\n");
    EXPECT_CLEAN("](cc\nPlain\nI1\ne.");
    EXPECT_CLEAN("(ct\nload\nt.");
}

/* Changed through the memo after it was made: what it holds is not known. */
static void states_changed_behind_the_back(void **state)
{
    (void)state;
    EXPECT(STRICT "}p1\nS'a'\nI2\nsg1\nS'b'\nI7\ns0b.", UNDECIDED,
           "STK208 40 gives <c.Strict> the state {...}; its contract asks for {\"a\": "
           "1..3, \"b\"?: str}, and the state is not known any more\n");
}

static void targets_that_are_no_objects(void **state)
{
    (void)state;
    EXPECT("cc\nPlain\n}S'x'\nI1\nsb.", DANGEROUS,
           "STK104 19 gives c.Plain the state {'x': 1}\n");
    EXPECT("cx\ny\n}b.", DANGEROUS,
           "STK301 0 imports x.y\nSTK104 6 gives x.y the state {}\n");
    EXPECT("cx\ny\n)R}b.", REVIEW, "STK302 0 calls x.y()\n");
    EXPECT("cbuiltins\nlist\n)R}S'x'\nI1\nsb.", REVIEW,
           "STK306 27 gives <list> the state {'x': 1}\n");
    EXPECT("\x80\x02\x82\x07}b.", REVIEW,
           "STK305 2 imports extension 7 of the registry\nSTK306 5 gives <extension "
           "object> the state {}\n");
}

static void items(void **state)
{
    (void)state;
    EXPECT_CLEAN("ccollections\nOrderedDict\n)RS'a'\nI1\nsS'b'\nI2\ns.");
    EXPECT("ccollections\nOrderedDict\n)RI1\nI2\ns.", REVIEW,
           "STK303 33 gives items to <collections.OrderedDict>: 1: 2; its contract asks "
           "for (str, any)\n");
    EXPECT("ccollections\nOrderedDict\n)R(S'a'\nI1\nI1\nI2\nu.", REVIEW,
           "STK303 42 gives items to <collections.OrderedDict>: ..., 1: 2; its contract "
           "asks for (str, any)\n");
    EXPECT_CLEAN("ccollections\ndeque\n)RI1\na(I2\nS'x'\ne.");
    EXPECT("ccollections\ndeque\n)RNa.", REVIEW,
           "STK303 22 gives items to <collections.deque>: None; its contract asks for "
           "int|str\n");
    EXPECT("ccollections\ndeque\n)RI1\nI2\ns.", REVIEW,
           "STK303 27 gives items to <collections.deque>: 1: 2\n");
    EXPECT_CLEAN("\x80\x04"
                 "cc\nBag\n)R(S'a'\n\x90.");
    EXPECT("\x80\x04"
           "cc\nBag\n)R(S'b'\n\x90.",
           REVIEW,
           "STK303 17 gives items to <c.Bag>: 'b'; its contract asks for \"a\"\n");
}

static void items_of_results(void **state)
{
    (void)state;
    EXPECT_CLEAN("cbuiltins\nlist\n)RNa.");
    EXPECT_CLEAN("cbuiltins\ndict\n)RNNs.");
    EXPECT("cbuiltins\nstr\n(I1\ntRNa.", REVIEW,
           "STK303 21 gives items to <str>: None\n");
    EXPECT("cx\ny\n)RNa.", REVIEW, "STK302 0 calls x.y()\n");
    EXPECT("ccollections\nOrderedDict\n)RS'a'\ncx\ny\n)Rs.", REVIEW,
           "STK302 32 calls x.y()\n");
}

/* os.environ['PATH'] = …, sys.modules: methods of what is imported are called. */
static void items_of_globals(void **state)
{
    (void)state;
    EXPECT("cos\nenviron\nS'a'\nS'b'\ns.", DANGEROUS,
           "STK101 0 gives items to os.environ: 'a': 'b'\n");
    EXPECT("cx\ny\nI1\na.", REVIEW, "STK302 0 gives items to x.y: 1\n");
    EXPECT("cc\nPlain\nI1\na.", REVIEW, "STK303 12 gives items to c.Plain: 1\n");
}

static enum stk_status rate_all(const struct stk_alloc *alloc, void *arg)
{
    static const char bytes[] = ATTRS "}S'__setstate__'\nI1\nsb0" ATTRS
                                      "(N}S'f'\ncc\nOpens\nstb0" ATTRS "I1\nct\nload\ns0"
                                      "cos\nenviron\nS'a'\nS'b'\ns0cc\nPlain\n}b.";
    struct rated r;
    (void)arg;
    rated_init(&r, STK_LOADER_PICKLE);
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
        cmocka_unit_test(states),
        cmocka_unit_test(slots),
        cmocka_unit_test(attributes),
        cmocka_unit_test(callables_that_are_kept),
        cmocka_unit_test(callables_in_containers),
        cmocka_unit_test(states_changed_behind_the_back),
        cmocka_unit_test(targets_that_are_no_objects),
        cmocka_unit_test(items),
        cmocka_unit_test(items_of_results),
        cmocka_unit_test(items_of_globals),
        cmocka_unit_test(memory_may_fail),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
