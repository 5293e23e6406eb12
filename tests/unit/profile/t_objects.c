/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "profiled.h"

#define NEW "cg\nC\n)\x81"

static void classes(void **state)
{
    (void)state;
    ACCEPTS("'class':'g.C'", NEW ".");
    ACCEPTS("'class':'g:C'", NEW ".");
    ACCEPTS("'class':['g.D','g.C']", NEW ".");
    REFUSES("'class':'g.D'", NEW ".");
    REFUSES("'class':'g.C.D'", NEW ".");
    ACCEPTS("'class':'g:Outer.Inner'", "cg\nOuter.Inner\n)\x81.");
    REFUSES("'class':'g.Outer.Inner'", "cg\nOuter.Inner\n)\x81.");
    REFUSES("'class':'g.C'", "}.");
    REFUSES("'class':'g.C'", "N.");
    REFUSES("'class':'g.C'", "cg\nC\n.");
    MALFORMED("'class':'C'", "");
    MALFORMED("'class':[]", "");
    MALFORMED("'items':{'class':{}}", "/items");
}

static void how_it_is_made(void **state)
{
    (void)state;
    REFUSES("'class':'g.C'", "cg\nC\n)R.");
    ACCEPTS("'class':'g.C','call':'reduce'", "cg\nC\n)R.");
    REFUSES("'class':'g.C','call':'reduce'", NEW ".");
    ACCEPTS("'class':'g.C','call':['new','reduce']", "cg\nC\n)R.");
    ACCEPTS("'class':'g.C','call':['new','reduce']", NEW ".");
    ACCEPTS("'class':'g.C'", "cg\nC\n)}\x92.");
    REFUSES("'class':'g.C'", "cg\nC\nK\1\x85\x81.");
    ACCEPTS("'class':'g.C','arguments':{'prefixItems':[{'kind':'int'}],'maxItems':1}",
            "cg\nC\nK\1\x85\x81.");
    REFUSES("'class':'g.C','arguments':{'prefixItems':[{'kind':'int'}]}",
            "cg\nC\nVa\n\x85\x81.");
    REFUSES("'class':'g.C','arguments':{'minItems':1}", NEW ".");
    REFUSES("'class':'g.C'", "cg\nC\n)}Va\nK\1s\x92.");
    ACCEPTS("'class':'g.C','keywords':{'properties':{'a':{'const':1}}}",
            "cg\nC\n)}Va\nK\1s\x92.");
    REFUSES("'class':'g.C','keywords':{'properties':{'a':{'const':2}}}",
            "cg\nC\n)}Va\nK\1s\x92.");
    MALFORMED("'class':'g.C','call':'make'", "");
    MALFORMED("'class':'g.C','call':['new',1]", "");
    MALFORMED("'class':'g.C','call':[]", "");
    MALFORMED("'class':'g.C','arguments':3", "/arguments");
    MALFORMED("'class':'g.C','keywords':3", "/keywords");
}

#define ANY "'class':'g.C','state':true"
#define POINT                                                                            \
    "'class':'g.C','state':{'type':'object','additionalProperties':false,"               \
    "'properties':{'a':{'kind':'int'}}}"

static void states(void **state)
{
    (void)state;
    REFUSES("'class':'g.C'", NEW "}Va\nK\1sb.");
    ACCEPTS("'class':'g.C'", NEW "}b.");
    ACCEPTS("'class':'g.C'", NEW "Nb.");
    ACCEPTS(POINT, NEW "}Va\nK\1sb.");
    ACCEPTS(POINT, NEW ".");
    REFUSES(POINT, NEW "}Va\nVb\nsb.");
    REFUSES(POINT, NEW "}Vb\nK\1sb.");
    REFUSES(POINT, NEW "K\1b.");
    REFUSES(POINT, NEW "}K\1K\1sb.");
    /* Slots. */
    ACCEPTS(POINT, NEW "N}Va\nK\1s\x86"
                       "b.");
    ACCEPTS(POINT, NEW "}Va\nK\1sN\x86"
                       "b.");
    REFUSES(POINT, NEW "N}Vb\nK\1s\x86"
                       "b.");
    REFUSES(POINT, NEW "}Va\nK\1s}Va\nK\2s\x86"
                       "b.");
    REFUSES("'class':'g.C'", NEW "N}Va\nK\1s\x86"
                                 "b.");
    MALFORMED("'class':'g.C','state':[]", "/state");
}

/* Whatever the schema says, a state changes no class and no method. */
static void names_of_the_language(void **state)
{
    (void)state;
    ACCEPTS(ANY, NEW "}V_a_\nNsb.");
    ACCEPTS(ANY, NEW "}V__a\nNsb.");
    REFUSES(ANY, NEW "}V__class__\nNsb.");
    REFUSES(ANY, NEW "}(Va\nNV__call__\nNub.");
    REFUSES(ANY, NEW "}K\1Nsb.");
    REFUSES(ANY, NEW "N}V__class__\nNs\x86"
                     "b.");
    REFUSES(ANY, NEW "}V__class__\nNsN\x86"
                     "b.");
    REFUSES(ANY, NEW "}V__class__\nNs}\x86"
                     "b.");
    REFUSES(ANY, NEW "}}V__class__\nNs\x86"
                     "b.");
    REFUSES(ANY, NEW "ccollections\nOrderedDict\n)RV__class__\nNsb.");
    REFUSES(ANY, NEW "}ccollections\nOrderedDict\n)RV__class__\nNs\x86"
                     "b.");
    ACCEPTS(ANY, NEW "ccollections\nOrderedDict\n)RVa\nNsb.");
    REFUSES_PLAIN(ANY, "{\"__class__\":1}");
    ACCEPTS_PLAIN(ANY, "{\"a\":1}");
}

static void contents(void **state)
{
    (void)state;
    REFUSES("'class':'g.C'", NEW "K\1a.");
    ACCEPTS("'class':'g.C','elements':{'items':{'kind':'int'}}", NEW "K\1a.");
    ACCEPTS("'class':'g.C','elements':{'items':{'kind':'int'}}", NEW "(K\1K\2\x90.");
    REFUSES("'class':'g.C','elements':{'items':{'kind':'int'}}", NEW "Va\na.");
    REFUSES("'class':'g.C','elements':{'maxItems':1}", NEW "(K\1K\2e.");
    REFUSES("'class':'g.C','elements':{}", NEW "K\1a(K\2\x90.");
    REFUSES("'class':'g.C'", NEW "K\1K\2s.");
    ACCEPTS("'class':'g.C','entries':{'keys':{'kind':'int'}}", NEW "K\1K\2s.");
    REFUSES("'class':'g.C','entries':{'keys':{'kind':'int'}}", NEW "Va\nK\2s.");
    REFUSES("'class':'g.C','entries':{}", NEW "K\1a.");
    ACCEPTS("'class':'collections.OrderedDict','call':'reduce',"
            "'entries':{'additionalProperties':{'kind':'int'}}",
            "ccollections\nOrderedDict\n)RVa\nK\1s.");
    MALFORMED("'class':'g.C','elements':7", "/elements");
    MALFORMED("'class':'g.C','entries':{'type':'x'}", "/entries");
}

#define MEMBERS "'class':'g.E','members':{'IMAGE':1,'VIDEO':'v'}"

static void members(void **state)
{
    (void)state;
    ACCEPTS(MEMBERS, "cg\nE\nK\1\x85R.");
    ACCEPTS(MEMBERS, "cg\nE\nVv\n\x85R.");
    REFUSES(MEMBERS, "cg\nE\nK\2\x85R.");
    REFUSES(MEMBERS, "cg\nE\nVIMAGE\n\x85R.");
    ACCEPTS(MEMBERS, "cbuiltins\ngetattr\n(cg\nE\nVIMAGE\ntR.");
    REFUSES(MEMBERS, "cbuiltins\ngetattr\n(cg\nE\nVAUDIO\ntR.");
    REFUSES(MEMBERS, "cbuiltins\ngetattr\n(cg\nE\nVv\ntR.");
    REFUSES(MEMBERS, "K\1.");
    REFUSES(MEMBERS, NEW ".");
    REFUSES("'class':'g.E'", "cg\nE\nK\1\x85R.");
    REFUSES("'class':'g.F','members':{'A':1}", "cg\nE\nK\1\x85R.");
    MALFORMED("'class':'g.E','members':[1]", "");
    MALFORMED("'class':'g.E','members':{}", "");
}

static void without_classes(void **state)
{
    (void)state;
    ACCEPTS_PLAIN(POINT, "{\"a\":1}");
    REFUSES_PLAIN(POINT, "{\"b\":1}");
    REFUSES_PLAIN(POINT, "[1]");
    ACCEPTS_PLAIN("'class':'g.C'", "{}");
    ACCEPTS_PLAIN("'class':'g.C'", "null");
    REFUSES_PLAIN("'class':'g.C'", "{\"a\":1}");
    REFUSES_PLAIN("'class':'g.C'", "1");
    ACCEPTS_PLAIN("'class':'g.C','elements':{'maxItems':1}", "[1]");
    REFUSES_PLAIN("'class':'g.C','elements':{'maxItems':1}", "[1,2]");
    ACCEPTS_PLAIN("'class':'g.C','arguments':{'items':{'kind':'int'}}", "[1]");
    REFUSES_PLAIN("'class':'g.C','arguments':{'items':{'kind':'int'}}", "[1.5]");
    ACCEPTS_PLAIN("'class':'g.C','entries':{'type':'object'},'elements':false",
                  "{\"a\":1}");
    ACCEPTS_PLAIN(MEMBERS, "\"IMAGE\"");
    ACCEPTS_PLAIN(MEMBERS, "1");
    ACCEPTS_PLAIN(MEMBERS, "\"v\"");
    REFUSES_PLAIN(MEMBERS, "\"w\"");
    REFUSES_PLAIN(MEMBERS, "true");
    REFUSES_PLAIN(MEMBERS, "{}");
}

#define INNER(encoding, wire)                                                            \
    "'nested':{'encoding':'" encoding "','wire':'" wire                                  \
    "','schema':{'items':{'kind':'int'},'type':'array'},'maxBytes':12}"

static void nested(void **state)
{
    (void)state;
    ACCEPTS(INNER("none", "json"), "V[1]\n.");
    ACCEPTS(INNER("none", "json"), "C\3[1].");
    REFUSES(INNER("none", "json"), "V[\"a\"]\n.");
    REFUSES(INNER("none", "json"), "V[1\n.");
    REFUSES(INNER("none", "json"), "V\n.");
    REFUSES(INNER("none", "json"), "V[1,1,1,1,1,1]\n.");
    ACCEPTS(INNER("none", "json"), "V[1,1,1,1,1]\n.");
    ACCEPTS(INNER("none", "json"), "N.");
    ACCEPTS(INNER("hex", "json"), "V5b315d\n.");
    ACCEPTS(INNER("hex", "json"), "V5B315D\n.");
    REFUSES(INNER("hex", "json"), "V5b315\n.");
    REFUSES(INNER("hex", "json"), "V5b31fg\n.");
    REFUSES(INNER("hex", "json"), "V[1]\n.");
    ACCEPTS(INNER("base64", "json"), "VWzFd\n.");
    REFUSES(INNER("base64", "json"), "VWyJhIl0=\n.");
    REFUSES(INNER("base64", "json"), "V[1]\n.");
    REFUSES(INNER("base64", "json"), "VWzFd*\n.");
    ACCEPTS(INNER("hex", "msgpack"), "V9101\n.");
    REFUSES(INNER("hex", "msgpack"), "V91c3\n.");
    REFUSES(INNER("hex", "msgpack"), "V9201\n.");
    ACCEPTS(INNER("none", "msgpack"), "C\2\x91\1.");
    MALFORMED("'nested':'json'", "");
    MALFORMED("'nested':{}", "");
    MALFORMED("'nested':{'wire':'json'}", "");
    MALFORMED("'nested':{'schema':{}}", "");
    MALFORMED("'nested':{'wire':'xml','schema':{}}", "");
    MALFORMED("'nested':{'wire':'json','schema':{},'encoding':'zip'}", "");
    MALFORMED("'nested':{'wire':'json','schema':{},'maxBytes':-1}", "");
    MALFORMED("'nested':{'wire':'json','schema':{},'more':1}", "");
    MALFORMED("'nested':{'wire':'json','schema':{'kind':1}}", "/nested/schema");
}

static void nested_pickles(void **state)
{
    (void)state;
    ACCEPTS(INNER("none", "pickle"), "C\5]K\1a..");
    REFUSES(INNER("none", "pickle"), "C\6]Va\na..");
    REFUSES(INNER("none", "pickle"), "C\4]K\1a.");
    ACCEPTS(INNER("hex", "pickle"), "V5d4b01612e\n.");
    REFUSES(INNER("hex", "pickle"), "V63780a790a2e\n."); /* imports x.y */
    REFUSES("'nested':{'wire':'pickle','schema':true}", "C\21"
                                                        "cos\nsystem\nVa\n\x85R..");
}

/* Classes count again in a pickle that JSON carries. */
static void wires_within_wires(void **state)
{
    (void)state;
    ACCEPTS_PLAIN("'nested':{'wire':'pickle','encoding':'base64','schema':"
                  "{'class':'g.C'}}",
                  "\"Y2cKQwopgS4=\"");
    REFUSES_PLAIN("'nested':{'wire':'pickle','encoding':'base64','schema':"
                  "{'class':'g.C'}}",
                  "\"fS4=\"");
    ACCEPTS("'nested':{'wire':'json','schema':{'class':'g.C','state':{}}}",
            "V{\"a\":1}\n.");
    REFUSES("'properties':{'a':{'nested':{'wire':'json','schema':true}},"
            "'b':{'class':'g.C','state':{}}}",
            "}(Va\nV1\nVb\n}u.");
}

static void nothing_stands_without_its_class(void **state)
{
    static const char *const keywords[] = {"'state':{}",    "'arguments':{}",
                                           "'keywords':{}", "'entries':{}",
                                           "'call':'new'",  "'members':{'A':1}"};
    (void)state;
    for (size_t i = 0; i < sizeof keywords / sizeof keywords[0]; i++) {
        MALFORMED(keywords[i], "");
    }
}

static void names_are_listed(void **state)
{
    struct profiled p;
    size_t n = 0;
    (void)state;
    profiled_init(&p, &stk_alloc_libc,
                  "'items':{'class':'a.b.C'},'anyOf':[{'class':'m:O.I','members':{'A':1}}"
                  ",{'global':'torch.int8'}]");
    assert_int_equal(p.status, STK_OK);
    const struct stk_schema_name *names = stk_schema_names(p.schema, &n);
    unsigned seen = 0;
    assert_int_equal(n, 3);
    for (size_t i = 0; i < n; i++) {
        assert_true(names[i].named == STK_NAMED_CLASS
                        ? stk_span_is(names[i].module, "a.b") &&
                              stk_span_is(names[i].qualified, "C")
                    : names[i].named == STK_NAMED_ENUM
                        ? stk_span_is(names[i].module, "m") &&
                              stk_span_is(names[i].qualified, "O.I")
                        : stk_span_is(names[i].module, "torch") &&
                              stk_span_is(names[i].qualified, "int8"));
        seen |= 1U << names[i].named;
    }
    assert_int_equal(seen, 7);
    profiled_release(&p);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(classes),
        cmocka_unit_test(how_it_is_made),
        cmocka_unit_test(states),
        cmocka_unit_test(names_of_the_language),
        cmocka_unit_test(contents),
        cmocka_unit_test(members),
        cmocka_unit_test(without_classes),
        cmocka_unit_test(nested),
        cmocka_unit_test(nested_pickles),
        cmocka_unit_test(wires_within_wires),
        cmocka_unit_test(nothing_stands_without_its_class),
        cmocka_unit_test(names_are_listed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
