/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "profiled.h"

static void kinds_are_exact(void **state)
{
    static const struct {
        const char *kind;
        const char *pickle; /* without NUL bytes */
    } cases[] = {
        {"none", "N."},
        {"bool", "\x88."},
        {"int", "K\1."},
        {"int", "L18446744073709551617L\n."},
        {"float", "F1\n."},
        {"str", "Va\n."},
        {"bytes", "C\1a."},
        {"bytearray", "cbuiltins\nbytearray\nC\1a\x85R."},
        {"list", "]."},
        {"tuple", ")."},
        {"set", "\x8f."},
        {"frozenset", "(\x91."},
        {"dict", "}."},
        {"dict", "}K\1Ns."},
        {"object", "cg\nC\n)\x81."},
        {"enum", "cg\nE\nK\1\x85R."},
        {"global", "ctorch\nfloat32\n."},
        {"buffer", "\x97."},
    };
    const size_t n = sizeof cases / sizeof cases[0];
    char members[64];
    (void)state;
    for (size_t i = 0; i < n; i++) {
        (void)snprintf(members, sizeof members, "'kind':'%s'", cases[i].kind);
        for (size_t j = 0; j < n; j++) {
            bool same = strcmp(cases[i].kind, cases[j].kind) == 0;
            profiled_expect(__FILE__, __LINE__, members, PROFILED_PICKLE, cases[j].pickle,
                            strlen(cases[j].pickle), same ? STK_VALID : STK_INVALID);
        }
    }
}

static void kinds_beside_types(void **state)
{
    (void)state;
    ACCEPTS("'kind':['list','none']", "N.");
    ACCEPTS("'kind':['list','none']", "].");
    REFUSES("'kind':['list','none']", ").");
    ACCEPTS("'type':'integer'", "F1\n.");
    REFUSES("'type':'integer','kind':'int'", "F1\n.");
    ACCEPTS("'type':'integer','kind':'float'", "F1\n.");
    REFUSES("'type':'integer','kind':'float'", "F1.5\n.");
    REFUSES("'type':'string','kind':'int'", "K\1.");
    ACCEPTS("'type':'array'", ").");
    REFUSES("'const':1", "\x88.");
    ACCEPTS("'const':1", "F1\n.");
    REFUSES("'type':'array'", "\x8f.");
    MALFORMED("'kind':'integer'", "");
    MALFORMED("'properties':{'a':{'kind':1}}", "/properties/a");
    MALFORMED("'kind':[]", "");
    MALFORMED("'kind':['int',1]", "");
}

static void keys_that_are_no_text(void **state)
{
    (void)state;
    ACCEPTS("'type':'object'", "}Va\nK\1s.");
    REFUSES("'type':'object'", "}(Va\nK\1K\1K\2u.");
    REFUSES("'type':'object'", "}NNs.");
    REFUSES("'properties':{'a':{'kind':'str'}}", "}(K\1NVa\nK\1u.");
    ACCEPTS("'properties':{'a':{'kind':'int'}}", "}(K\1NVa\nK\1u.");
    REFUSES("'properties':{'a':{}},'additionalProperties':false", "}(K\1NVa\nK\1u.");
    REFUSES("'additionalProperties':false", "}K\1Ns.");
    REFUSES("'additionalProperties':{'kind':'int'}", "}K\1Ns.");
    REFUSES("'unevaluatedProperties':false", "}K\1Ns.");
    REFUSES("'patternProperties':{'':{}},'additionalProperties':false", "}K\1Ns.");
    REFUSES("'required':['a']", "}K\1Ns.");
    REFUSES("'maxProperties':1", "}(K\1NVa\nNu.");
    /* One key to Python, two to the eye. */
    ACCEPTS("'maxProperties':1", "}(K\1N\x88Nu.");
}

static void keys_and_values(void **state)
{
    (void)state;
    ACCEPTS("'keys':{'kind':'int'}", "}K\1Ns.");
    REFUSES("'keys':{'kind':'int'}", "}Va\nNs.");
    REFUSES("'keys':{'kind':'int'}", "}(K\1NVa\nNu.");
    ACCEPTS("'keys':false", "}.");
    ACCEPTS("'values':{'kind':'none'}", "}(K\1NVa\nNu.");
    REFUSES("'values':{'kind':'none'}", "}(K\1NVa\nK\1u.");
    ACCEPTS("'values':{},'unevaluatedProperties':false", "}(K\1NVa\nNu.");
    ACCEPTS("'keys':false,'values':false", "].");
    MALFORMED("'keys':1", "/keys");
    MALFORMED("'values':{'kind':'x'}", "/values");
}

static void elements_of_sets(void **state)
{
    (void)state;
    ACCEPTS("'elements':{'items':{'kind':'int'},'maxItems':2}", "\x8f(K\1K\2\x90.");
    REFUSES("'elements':{'items':{'kind':'int'},'maxItems':2}", "\x8f(K\1K\2K\3\x90.");
    REFUSES("'elements':{'items':{'kind':'int'}}", "\x8f(K\1Va\n\x90.");
    REFUSES("'elements':{'items':{'kind':'int'}}", "(Va\n\x91.");
    ACCEPTS("'elements':false", "].");
    MALFORMED("'elements':[]", "/elements");
}

static void byte_counts(void **state)
{
    (void)state;
    ACCEPTS("'minBytes':2,'maxBytes':2", "C\2ab.");
    REFUSES("'minBytes':3", "C\2ab.");
    REFUSES("'maxBytes':1", "C\2ab.");
    REFUSES("'maxBytes':0", "cbuiltins\nbytearray\nC\1a\x85R.");
    ACCEPTS("'maxBytes':0", "Vabc\n.");
    /* A buffer that nobody has given is as long as may be. */
    REFUSES("'maxBytes':1000000", "\x97.");
    REFUSES("'minBytes':1", "\x97.");
    MALFORMED("'minBytes':-1", "");
    MALFORMED("'maxBytes':'1'", "");
    MALFORMED("'items':{'maxBytes':1.5}", "/items");
}

static void globals(void **state)
{
    (void)state;
    ACCEPTS("'global':'torch.float32'", "ctorch\nfloat32\n.");
    ACCEPTS("'global':'torch:float32'", "ctorch\nfloat32\n.");
    ACCEPTS("'global':['torch.int8','torch.float32']", "ctorch\nfloat32\n.");
    REFUSES("'global':'torch.int8'", "ctorch\nfloat32\n.");
    REFUSES("'global':'torch.float32'", "Vtorch.float32\n.");
    REFUSES("'global':'torch.float32'", "N.");
    REFUSES("'global':'g.C'", "cg\nC\n)\x81.");
    ACCEPTS_PLAIN("'global':'torch.float32'", "\"torch.float32\"");
    REFUSES_PLAIN("'global':'torch.float32'", "\"torchxfloat32\"");
    REFUSES_PLAIN("'global':'torch.float32'", "\"torch.float3\"");
    REFUSES_PLAIN("'global':'torch.float32'", "\"float32\"");
    REFUSES_PLAIN("'global':'torch.float32'", "1");
    MALFORMED("'global':'float32'", "");
    MALFORMED("'global':'.x'", "");
    MALFORMED("'global':'m:'", "");
    MALFORMED("'global':1", "");
    MALFORMED("'global':[]", "");
}

static void refusals(void **state)
{
    (void)state;
    REFUSES("'refuse':'no more'", "N.");
    ACCEPTS("'not':{'refuse':'no more'}", "N.");
    ACCEPTS("'properties':{'a':{'refuse':'gone'}}", "}Vb\nNs.");
    REFUSES("'properties':{'a':{'refuse':'gone'}}", "}Va\nNs.");
    MALFORMED("'refuse':true", "");
}

#define TENSOR(place)                                                                    \
    "ctorch._utils\n_rebuild_tensor_v2\n((S'storage'\nctorch\nFloatStorage\nS'0'\n"      \
    "S'cuda:1'\nI6\ntQ" place "I00\nccollections\nOrderedDict\n)RtR."
#define T23 TENSOR("I0\n(I2\nI3\nt(I3\nI1\nt")
#define T32 TENSOR("I0\n(I3\nI2\nt(I1\nI3\nt") /* transposed */
#define T0 TENSOR("I0\n(t(t")
#define STORAGE "(S'storage'\nctorch\nFloatStorage\nS'0'\nS'cuda:1'\nI6\ntQ."

static void tensors(void **state)
{
    (void)state;
    ACCEPTS_TORCH("'kind':'tensor'", T23);
    REFUSES_TORCH("'kind':['storage','object']", T23);
    ACCEPTS_TORCH("'kind':'storage'", STORAGE);
    ACCEPTS_TORCH("'dtype':['int8','float32']", T23);
    REFUSES_TORCH("'dtype':['int8','float64']", T23);
    REFUSES_TORCH("'dtype':'int8'", STORAGE);
    ACCEPTS("'dtype':'int8'", "N.");
    ACCEPTS_TORCH("'minBytes':24,'maxBytes':24", T23);
    REFUSES_TORCH("'maxBytes':23", T23);
    REFUSES_TORCH("'minBytes':25", STORAGE);
    MALFORMED("'dtype':'float'", "");
    MALFORMED("'dtype':[]", "");
    MALFORMED("'dtype':[8]", "");
}

static void shapes(void **state)
{
    (void)state;
    ACCEPTS_TORCH("'shape':[2,3]", T23);
    REFUSES_TORCH("'shape':[3,2]", T23);
    REFUSES_TORCH("'shape':[2]", T23);
    REFUSES_TORCH("'shape':[2,3,null]", T23);
    ACCEPTS_TORCH("'shape':[null,[1,3]]", T23);
    ACCEPTS_TORCH("'shape':[[2,null],[3,3]]", T23);
    REFUSES_TORCH("'shape':[null,[1,2]]", T23);
    REFUSES_TORCH("'shape':[null,[4,9]]", T23);
    ACCEPTS_TORCH("'shape':[]", T0);
    REFUSES_TORCH("'shape':[]", T23);
    ACCEPTS_TORCH("'shape':[7]", STORAGE);
    ACCEPTS_TORCH("'minRank':2,'maxRank':2", T23);
    REFUSES_TORCH("'minRank':3", T23);
    REFUSES_TORCH("'maxRank':1", T23);
    REFUSES_TORCH("'minRank':1", T0);
    ACCEPTS_TORCH("'minRank':1", STORAGE);
    ACCEPTS_TORCH("'maxDimension':3", T23);
    REFUSES_TORCH("'maxDimension':2", T23);
    REFUSES_TORCH("'maxDimension':2", T32);
    MALFORMED("'shape':2", "");
    MALFORMED("'shape':[-1]", "");
    MALFORMED("'shape':[[1]]", "");
    MALFORMED("'shape':[[1,2,3]]", "");
    MALFORMED("'shape':['2']", "");
    MALFORMED("'minRank':null", "");
    MALFORMED("'maxDimension':-3", "");
}

static void devices_and_layout(void **state)
{
    (void)state;
    ACCEPTS_TORCH("'device':'cuda:1'", T23);
    ACCEPTS_TORCH("'device':['cpu','cuda:1']", STORAGE);
    REFUSES_TORCH("'device':'cpu'", T23);
    REFUSES_TORCH("'device':'cuda:'", T23);
    REFUSES_TORCH("'device':'cpu'", STORAGE);
    ACCEPTS_TORCH("'contiguous':true", T23);
    REFUSES_TORCH("'contiguous':true", T32);
    ACCEPTS_TORCH("'contiguous':false", T32);
    ACCEPTS_TORCH("'contiguous':true", T0);
    REFUSES_TORCH("'contiguous':true", TENSOR("I0\n(I2\nI2\nt(I3\nI1\nt"));
    REFUSES_TORCH("'contiguous':true", TENSOR("I0\n(I4\nt(I0\nt"));
    ACCEPTS_TORCH("'contiguous':true", TENSOR("I0\n(I1\nI6\nt(I9\nI1\nt"));
    ACCEPTS_TORCH("'contiguous':true", TENSOR("I0\n(I0\nI6\nt(I9\nI7\nt"));
    MALFORMED("'device':1", "");
    MALFORMED("'contiguous':'yes'", "");
}

static void paths(void **state)
{
    static const char below[] = "'path':{'within':['/dev/shm','/run/x/']}";
    static const char free[] = "'path':{'within':['/'],'relative':true}";
    static const struct {
        const char *profile;
        const char *json;
        bool good;
    } cases[] = {
        {below, "\"/dev/shm/a\"", true},
        {below, "\"/dev/shm/a/b\"", true},
        {below, "\"/run/x/a\"", true},
        {below, "\"/dev/shm/..a\"", true},
        {below, "\"/dev/shm/a..\"", true},
        {below, "\"/dev/shm\"", false},
        {below, "\"/dev/shm/\"", false},
        {below, "\"/dev/shmX\"", false},
        {below, "\"/dev/shmX/a\"", false},
        {below, "\"/run/xy/a\"", false},
        {below, "\"/dev/shm//a\"", false},
        {below, "\"//dev/shm/a\"", false},
        {below, "\"/dev/shm/..\"", false},
        {below, "\"/dev/shm/../a\"", false},
        {below, "\"/dev/shm/a/../b\"", false},
        {below, "\"/dev/shm/a/..\"", false},
        {below, "\"/DEV/shm/a\"", false},
        {below, "\"/etc/passwd\"", false},
        {below, "\"/dev/shm/a\\u0000\"", false},
        {below, "\"/dev/shm/\\u0000a\"", false},
        {below, "\"dev/shm/a\"", false},
        {below, "\"a\"", false},
        {below, "\"\"", false},
        {below, "1", true},
        {free, "\"/a\"", true},
        {free, "\"//a\"", false},
        {free, "\"/\"", false},
        {free, "\"a\"", true},
        {free, "\"a/b\"", true},
        {free, "\"..\"", false},
        {free, "\"../a\"", false},
        {free, "\"a/../../b\"", false},
        {free, "\"a\\u0000\"", false},
        {free, "\"\"", false},
        {"'path':{'relative':true}", "\"/a\"", false},
        {"'path':{'relative':false}", "\"a\"", false},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        profiled_expect(__FILE__, __LINE__, cases[i].profile, PROFILED_JSON,
                        cases[i].json, strlen(cases[i].json),
                        cases[i].good ? STK_VALID : STK_INVALID);
    }
}

static void malformed_paths(void **state)
{
    (void)state;
    MALFORMED("'path':'/dev/shm'", "");
    MALFORMED("'path':{}", "");
    MALFORMED("'path':{'within':[]}", "");
    MALFORMED("'path':{'within':['tmp']}", "");
    MALFORMED("'path':{'within':['']}", "");
    MALFORMED("'path':{'within':['/a/../b']}", "");
    MALFORMED("'path':{'within':[1]}", "");
    MALFORMED("'path':{'within':['/a'],'below':'/b'}", "");
    MALFORMED("'path':{'relative':1}", "");
}

/* Keywords of the dialect are none of an ordinary schema. */
static void only_in_its_dialect(void **state)
{
    (void)state;
    ACCEPTS("'$id':'https://example.org/top','$ref':'/plain','$defs':{'a':"
            "{'$id':'https://example.org/plain','$schema':"
            "'https://json-schema.org/draft/2020-12/schema','kind':'int',"
            "'refuse':'x','class':7}}",
            "N.");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(kinds_are_exact),
        cmocka_unit_test(kinds_beside_types),
        cmocka_unit_test(keys_that_are_no_text),
        cmocka_unit_test(keys_and_values),
        cmocka_unit_test(elements_of_sets),
        cmocka_unit_test(byte_counts),
        cmocka_unit_test(globals),
        cmocka_unit_test(refusals),
        cmocka_unit_test(tensors),
        cmocka_unit_test(shapes),
        cmocka_unit_test(devices_and_layout),
        cmocka_unit_test(paths),
        cmocka_unit_test(malformed_paths),
        cmocka_unit_test(only_in_its_dialect),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
