/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "profiled.h"

static const struct stk_message_rule *rule_of(struct profiled *p, const char *members)
{
    profiled_init(p, &stk_alloc_libc, members);
    if (p->status != STK_OK) {
        fail_msg("%s: %s: %s", members, p->error.pointer, p->error.reason);
    }
    return stk_schema_message(p->schema);
}

static void without_one(void **state)
{
    struct profiled p;
    (void)state;
    const struct stk_message_rule *rule = rule_of(&p, "'type':'null'");
    assert_int_equal(rule->n, 1);
    assert_int_equal(rule->list[0].n, 1);
    assert_int_equal(rule->list[0].list[0].wire, STK_FRAME_ANY);
    assert_int_equal(rule->list[0].list[0].repeat_least, 1);
    assert_int_equal(rule->list[0].list[0].repeat_most, 1);
    assert_true(rule->list[0].list[0].most == UINT64_MAX);
    profiled_release(&p);
}

static void members_of_frames(void **state)
{
    static const enum stk_frame_wire wires[] = {
        STK_FRAME_PICKLE, STK_FRAME_JSON,    STK_FRAME_MSGPACK,
        STK_FRAME_RAW,    STK_FRAME_LITERAL, STK_FRAME_DELIMITER,
    };
    struct profiled p;
    (void)state;
    const struct stk_message_rule *rule =
        rule_of(&p, "'message':{'frames':[{'wire':'pickle','hmac':'sha256'},"
                    "{'wire':'json','schema':{'type':'null'}},{'wire':'msgpack'},"
                    "{'wire':'raw','minBytes':3,'maxBytes':9,'repeat':[0,4]},"
                    "{'wire':'literal','text':'ab'},{'wire':'delimiter'}],"
                    "'relations':[{'frame':4,'lengthOf':{'frame':1,'shape':'/s',"
                    "'dtype':'/d'}}]}");
    assert_int_equal(rule->n, 1);
    const struct stk_frame_list *list = rule->list;
    assert_int_equal(list->n, 6);
    for (size_t i = 0; i < list->n; i++) {
        assert_int_equal(list->list[i].wire, wires[i]);
        assert_int_equal(list->list[i].hmac, i == 0);
        assert_int_equal(list->list[i].repeat_most, i == 3 ? 4 : 1);
        assert_int_equal(list->list[i].repeat_least, i == 3 ? 0 : 1);
    }
    assert_int_equal(list->list[0].node, list->list[2].node);
    assert_int_not_equal(list->list[0].node, list->list[1].node);
    assert_int_equal(list->list[3].least, 3);
    assert_int_equal(list->list[3].most, 9);
    assert_true(stk_span_is(list->list[4].text, "ab"));
    assert_string_equal(list->where, PROFILE_URI "#/message");
    assert_int_equal(list->n_relations, 1);
    assert_int_equal(list->relations[0].frame, 4);
    assert_int_equal(list->relations[0].of, 1);
    assert_string_equal(list->relations[0].shape, "/s");
    assert_string_equal(list->relations[0].dtype, "/d");
    profiled_release(&p);
}

static void alternatives(void **state)
{
    struct profiled p;
    (void)state;
    const struct stk_message_rule *rule =
        rule_of(&p, "'message':{'anyOf':[{'frames':[{'wire':'raw'}]},"
                    "{'frames':[{'wire':'json'},{'wire':'raw'}]}]}");
    assert_int_equal(rule->n, 2);
    assert_int_equal(rule->list[0].n, 1);
    assert_int_equal(rule->list[1].n, 2);
    assert_string_equal(rule->list[1].where, PROFILE_URI "#/message/anyOf/1");
    profiled_release(&p);
}

/* A frame's own schema is compiled like any other, and its names are granted. */
static void schemas_of_frames(void **state)
{
    struct profiled p;
    size_t n = 0;
    (void)state;
    (void)rule_of(&p, "'message':{'frames':[{'wire':'pickle','schema':{'class':'g.C'}},"
                      "{'wire':'pickle','schema':{'$ref':'#/$defs/a'}}]},"
                      "'$defs':{'a':{'class':'g.D'}}");
    (void)stk_schema_names(p.schema, &n);
    assert_int_equal(n, 2);
    profiled_release(&p);
    MALFORMED("'message':{'frames':[{'wire':'raw'},{'wire':'json','schema':{'kind':'x'}}]"
              "}",
              "/message/frames/1/schema");
    MALFORMED("'message':{'frames':[{'wire':'json','schema':{'$ref':'#/$defs/a'}}]}",
              "/message/frames/0/schema");
}

#define FRAME(text) "'message':{'frames':[{'wire':'raw'},{" text "}]}"

static void malformed_frames(void **state)
{
    static const char *const frames[] = {
        "'wire':'xml'",
        "'wire':1",
        "",
        "'maxBytes':3",
        "'wire':'raw','maxBytes':-1",
        "'wire':'raw','minBytes':'1'",
        "'wire':'raw','repeat':2",
        "'wire':'raw','repeat':[2,1]",
        "'wire':'raw','repeat':[1]",
        "'wire':'raw','repeat':[-1,1]",
        "'wire':'raw','repeat':[1,null]",
        "'wire':'raw','hmac':'md5'",
        "'wire':'raw','hmac':true",
        "'wire':'literal','text':'a','hmac':'sha256'",
        "'wire':'delimiter','hmac':'sha256'",
        "'wire':'literal'",
        "'wire':'literal','text':1",
        "'wire':'raw','size':1",
    };
    char members[256];
    (void)state;
    for (size_t i = 0; i < sizeof frames / sizeof frames[0]; i++) {
        (void)snprintf(members, sizeof members, FRAME("%s"), frames[i]);
        MALFORMED(members, "/message/frames/1");
    }
    MALFORMED("'message':{'frames':[7]}", "/message/frames/0");
}

#define RELATION(text)                                                                   \
    "'message':{'frames':[{'wire':'json'},{'wire':'raw'},"                               \
    "{'wire':'raw','repeat':[0,1]}],'relations':[" text "]}"

static void malformed_relations(void **state)
{
    static const char *const relations[] = {
        "1",
        "{}",
        "{'frame':1}",
        "{'frame':1,'lengthOf':0}",
        "{'frame':1,'lengthOf':{'frame':0}}",
        "{'frame':3,'lengthOf':{'frame':0,'shape':'','dtype':''}}",
        "{'frame':-1,'lengthOf':{'frame':0,'shape':'','dtype':''}}",
        "{'frame':1,'lengthOf':{'frame':3,'shape':'','dtype':''}}",
        "{'frame':2,'lengthOf':{'frame':0,'shape':'','dtype':''}}",
        "{'frame':1,'lengthOf':{'frame':2,'shape':'','dtype':''}}",
        "{'frame':1,'lengthOf':{'frame':0,'shape':1,'dtype':''}}",
        "{'frame':1,'lengthOf':{'frame':0,'shape':'','dtype':null}}",
        "{'frame':1,'lengthOf':{'frame':0,'shape':'','type':''}}",
        "{'frame':1,'lengthOf':{'frame':0,'shape':'','dtype':''},'x':1}",
    };
    char members[256];
    (void)state;
    for (size_t i = 0; i < sizeof relations / sizeof relations[0]; i++) {
        (void)snprintf(members, sizeof members, RELATION("%s"), relations[i]);
        MALFORMED(members, "/message/relations/0");
    }
    MALFORMED("'message':{'frames':[{'wire':'raw'}],'relations':{}}",
              "/message/relations");
}

static void malformed_messages(void **state)
{
    struct stk_buf many;
    (void)state;
    MALFORMED("'message':[]", "/message");
    MALFORMED("'message':{}", "/message");
    MALFORMED("'message':{'frames':[]}", "/message");
    MALFORMED("'message':{'frames':{}}", "/message");
    MALFORMED("'message':{'frames':[{'wire':'raw'}],'more':1}", "/message");
    MALFORMED("'message':{'anyOf':[]}", "/message");
    MALFORMED("'message':{'anyOf':{}}", "/message");
    MALFORMED("'message':{'anyOf':[{'frames':[{'wire':'raw'}]}],'frames':[]}",
              "/message");
    MALFORMED("'message':{'anyOf':[{'frames':[{'wire':'raw'}]},7]}", "/message/anyOf/1");
    MALFORMED("'message':{'anyOf':[{'frames':[{'wire':'x'}]}]}",
              "/message/anyOf/0/frames/0");
    stk_buf_init(&many, &stk_alloc_libc, 1 << 16);
    stk_buf_str(&many, "'message':{'frames':[{'wire':'raw'}");
    put_n(&many, ",{'wire':'raw'}", 64);
    stk_buf_str(&many, "]}");
    stk_buf_byte(&many, '\0');
    MALFORMED((const char *)many.data, "/message");
    stk_buf_release(&many);
}

/* An ordinary schema may have a `message` of its own. */
static void only_in_its_dialect(void **state)
{
    static const char text[] = "{\"message\":7}";
    struct stk_span uri = stk_span_of("https://example.org/x", 21);
    struct stk_schema_options options = {0};
    struct stk_schema_error error;
    struct stk_library *library = NULL;
    struct stk_schema *schema = NULL;
    (void)state;
    assert_int_equal(stk_library_new(&stk_alloc_libc, &library), STK_OK);
    assert_int_equal(
        stk_library_add(library, uri, stk_span_of(text, sizeof text - 1), &error),
        STK_OK);
    assert_int_equal(stk_schema_new(library, uri, &options, &schema, &error), STK_OK);
    assert_int_equal(stk_schema_message(schema)->list[0].list[0].wire, STK_FRAME_ANY);
    stk_schema_free(schema);
    stk_library_free(library);
}

static enum stk_status compile_rich(const struct stk_alloc *alloc, void *arg)
{
    struct profiled p;
    (void)arg;
    profiled_init(&p, alloc,
                  "'message':{'anyOf':[{'frames':[{'wire':'pickle','schema':{'class':'g."
                  "C','state':{},'call':['new']}},{'wire':'raw'}],'relations':[{'frame':"
                  "1,'lengthOf':{'frame':0,'shape':'/s','dtype':'/d'}}]}]},'path':{"
                  "'within':['/a']},'shape':[1,[2,3]],'device':'cpu','global':'a.b',"
                  "'nested':{'wire':'json','schema':{'class':'g.E','members':{'A':1}}}");
    enum stk_status status = p.status;
    profiled_release(&p);
    return status;
}

static void memory_may_lack(void **state)
{
    (void)state;
    STK_OOM_LOOP(compile_rich, NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(without_one),        cmocka_unit_test(members_of_frames),
        cmocka_unit_test(alternatives),       cmocka_unit_test(schemas_of_frames),
        cmocka_unit_test(malformed_frames),   cmocka_unit_test(malformed_relations),
        cmocka_unit_test(malformed_messages), cmocka_unit_test(only_in_its_dialect),
        cmocka_unit_test(memory_may_lack),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
