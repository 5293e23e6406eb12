/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "common.h"
#include "policy/contract.h"

/* What another owner than the machine may keep behind its slots: an array of nodes. */
struct node {
    enum stk_kind kind;
    int64_t number;      /* of a tuple: the kind that all items have */
    const char *text;    /* NULL: not known */
    const size_t *items; /* which nodes */
    uint64_t n;
    bool lost;   /* items are not known */
    bool no_len; /* nor their number */
    uint32_t entry;
    uint8_t tag;
};

static const struct node *nodes;

/* What a contract sees of a node. The others lead back to it. */
static stk_slot slot_of(size_t i)
{
    const struct node *node = &nodes[i];
    if (node->kind == STK_INT) {
        return stk_slot_int(node->number);
    }
    return node->kind == STK_OBJECT
               ? stk_slot_object((uint16_t)node->entry, node->tag, (uint32_t)i)
               : stk_slot_make(node->kind, i);
}

static const struct node *node_of(stk_slot slot)
{
    return &nodes[stk_slot_payload(slot)];
}

/* The slots of a node's items, each node in a row of its own. */
static const stk_slot *slots_of(const struct node *node, size_t n)
{
    static stk_slot rows[8][8];
    stk_slot *row = rows[node - nodes];
    for (size_t i = 0; i < n; i++) {
        row[i] = slot_of(node->items[i]);
    }
    return row;
}

static enum stk_status text(void *ctx, stk_slot slot, uint64_t max,
                            struct stk_span *ret_text)
{
    (void)ctx;
    const struct node *node = node_of(slot);
    if (node->text == NULL) {
        return node->lost ? STK_E_IO : STK_E_UNSUPPORTED;
    }
    *ret_text = stk_span_of(node->text, strlen(node->text));
    return strlen(node->text) > max ? STK_E_LIMIT : STK_OK;
}

static const stk_slot *items(void *ctx, stk_slot tuple, uint64_t *ret_n)
{
    (void)ctx;
    const struct node *node = node_of(tuple);
    *ret_n = node->no_len ? UINT64_MAX : node->n;
    return node->lost || node->no_len ? NULL : slots_of(node, (size_t)node->n);
}

static const stk_slot *pairs(void *ctx, stk_slot dict, uint64_t *ret_n)
{
    (void)ctx;
    const struct node *node = node_of(dict);
    *ret_n = node->n;
    return node->lost ? NULL : slots_of(node, 2 * (size_t)node->n);
}

static enum stk_kind uniform(void *ctx, stk_slot tuple)
{
    (void)ctx;
    return (enum stk_kind)node_of(tuple)->number;
}

static uint32_t entry(void *ctx, stk_slot slot)
{
    (void)ctx;
    return node_of(slot)->entry;
}

/* A list's items stand for what it holds. */
static bool held(void *ctx, stk_slot list, stk_slot ret_samples[STK_HELD_MAX],
                 size_t *ret_n)
{
    (void)ctx;
    const struct node *node = node_of(list);
    const stk_slot *row = slots_of(node, (size_t)node->n);
    for (size_t i = 0; i < node->n; i++) {
        ret_samples[i] = row[i];
    }
    *ret_n = (size_t)node->n;
    return !node->lost;
}

static const struct stk_values values = {.items = items,
                                         .pairs = pairs,
                                         .uniform = uniform,
                                         .text = text,
                                         .held = held,
                                         .entry = entry};

static uint32_t find(const char *module, const char *name)
{
    return stk_catalogue_entry(&test_catalogue, stk_span_of(module, strlen(module)),
                               stk_span_of(name, strlen(name)));
}

static struct stk_check begin(void)
{
    return (struct stk_check){
        .catalogue = &test_catalogue, .values = &values, .steps = 1000};
}

/* The first alternative of an entry's clause against the node list[root]. */
static enum stk_match match(struct stk_check *check, const char *module, const char *name,
                            enum stk_clause clause, const struct node *list, size_t root)
{
    size_t n = 0;
    const struct stk_alternative *a =
        stk_entry_clause(&test_catalogue, find(module, name), clause, &n);
    assert_true(n > 0);
    nodes = list;
    return stk_contract_value(check, a->pattern, slot_of(root));
}

/* (value,) against t.name's arguments. */
static enum stk_match match_one(const char *name, const struct node *node)
{
    static const size_t one[] = {1};
    struct node list[] = {{.kind = STK_TUPLE, .items = one, .n = 1, .number = STK_KINDS},
                          *node};
    struct stk_check check = begin();
    return match(&check, "t", name, STK_CLAUSE_ARGS, list, 0);
}

static bool glob(const char *pattern, const char *subject)
{
    return stk_glob(stk_span_of(pattern, strlen(pattern)),
                    stk_span_of(subject, strlen(subject)));
}

static void globs(void **state)
{
    (void)state;
    assert_true(glob("", ""));
    assert_false(glob("", "a"));
    assert_true(glob("abc", "abc"));
    assert_false(glob("abc", "ab"));
    assert_false(glob("ab", "abc"));
    assert_true(glob("*", ""));
    assert_true(glob("*", "anything"));
    assert_true(glob("a*b*c", "aXbYbZc"));
    assert_false(glob("a*b*c", "aXbYbZ"));
    assert_true(glob("a?c", "abc"));
    assert_false(glob("a?c", "ac"));
    assert_true(glob("[<>=|]f[248]", "<f8"));
    assert_false(glob("[<>=|]f[248]", "<f9"));
    assert_true(glob("[a-c]", "b"));
    assert_false(glob("[a-c]", "d"));
    assert_true(glob("[!a-c]", "d"));
    assert_false(glob("[!a-c]", "b"));
    assert_true(glob("U#", "U123"));
    assert_false(glob("U#", "U"));
    assert_false(glob("U#", "U12x"));
    assert_true(glob("#8", "18"));
    assert_true(glob("*#", "x1"));
    /* As long as a glob may be, against what makes naive matchers slow. */
    assert_false(glob("*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*b",
                      "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"));
}

static void ranges_and_what_is_unknown(void **state)
{
    (void)state;
    assert_int_equal(match_one("range", &(struct node){.kind = STK_INT, .number = 0}),
                     STK_MATCH_YES);
    assert_int_equal(match_one("range", &(struct node){.kind = STK_INT, .number = 9}),
                     STK_MATCH_YES);
    assert_int_equal(match_one("range", &(struct node){.kind = STK_INT, .number = 10}),
                     STK_MATCH_NO);
    assert_int_equal(
        match_one("range", &(struct node){.kind = STK_INT, .number = STK_KINDS}),
        STK_MATCH_NO);
    assert_int_equal(match_one("range", &(struct node){.kind = STK_BOOL, .number = 1}),
                     STK_MATCH_NO);
    assert_int_equal(match_one("range", &(struct node){.kind = STK_BIGINT, .lost = true}),
                     STK_MATCH_UNKNOWN);
}

static void tuples(void **state)
{
    (void)state;
    static const size_t two[] = {1, 1};
    struct node list[] = {{.kind = STK_TUPLE, .items = two, .n = 2, .number = STK_KINDS},
                          {.kind = STK_INT}};
    struct stk_check check = begin();
    assert_int_equal(match(&check, "t", "optional", STK_CLAUSE_ARGS, list, 0),
                     STK_MATCH_NO);
    assert_int_equal(match(&check, "t", "open", STK_CLAUSE_ARGS, list, 0), STK_MATCH_YES);
    assert_int_equal(match(&check, "t", "all", STK_CLAUSE_ARGS, list, 0), STK_MATCH_YES);
    list[0].lost = true;
    assert_int_equal(match(&check, "t", "open", STK_CLAUSE_ARGS, list, 0),
                     STK_MATCH_UNKNOWN);
    assert_int_equal(match(&check, "t", "all", STK_CLAUSE_ARGS, list, 0),
                     STK_MATCH_UNKNOWN);
    /* How many there are says enough. */
    assert_int_equal(match(&check, "t", "range", STK_CLAUSE_ARGS, list, 0), STK_MATCH_NO);
    list[0].number = STK_INT;
    assert_int_equal(match(&check, "t", "all", STK_CLAUSE_ARGS, list, 0), STK_MATCH_YES);
    list[0].no_len = true;
    assert_int_equal(match(&check, "t", "range", STK_CLAUSE_ARGS, list, 0),
                     STK_MATCH_UNKNOWN);
}

static void lists(void **state)
{
    (void)state;
    static const size_t one[] = {1};
    static const size_t two[] = {2, 3};
    struct node list[] = {{.kind = STK_TUPLE, .items = one, .n = 1},
                          {.kind = STK_LIST, .items = two, .n = 0},
                          {.kind = STK_INT},
                          {.kind = STK_OBJECT, .entry = find("c", "Sized")}};
    struct stk_check check = begin();
    assert_int_equal(match(&check, "t", "listed", STK_CLAUSE_ARGS, list, 0),
                     STK_MATCH_YES);
    list[1].n = 2;
    assert_int_equal(match(&check, "t", "listed", STK_CLAUSE_ARGS, list, 0),
                     STK_MATCH_YES);
    list[3].entry = find("c", "Plain");
    assert_int_equal(match(&check, "t", "listed", STK_CLAUSE_ARGS, list, 0),
                     STK_MATCH_NO);
    list[1].lost = true;
    assert_int_equal(match(&check, "t", "listed", STK_CLAUSE_ARGS, list, 0),
                     STK_MATCH_UNKNOWN);
    list[1].kind = STK_SET;
    assert_int_equal(match(&check, "t", "listed", STK_CLAUSE_ARGS, list, 0),
                     STK_MATCH_NO);
}

static void either(void **state)
{
    (void)state;
    static const size_t two[] = {2, 2};
    struct node list[] = {{.kind = STK_TUPLE, .items = &two[0], .n = 1},
                          {.kind = STK_INT},
                          {.kind = STK_TUPLE, .items = &two[0], .n = 2, .lost = true}};
    static const size_t first[] = {2};
    list[0].items = first;
    struct stk_check check = begin();
    assert_int_equal(match(&check, "t", "either", STK_CLAUSE_ARGS, list, 0),
                     STK_MATCH_UNKNOWN);
    assert_int_equal(match_one("either", &(struct node){.kind = STK_INT}), STK_MATCH_YES);
    assert_int_equal(match_one("either", &(struct node){.kind = STK_STR, .text = "x"}),
                     STK_MATCH_YES);
    assert_int_equal(match_one("either", &(struct node){.kind = STK_STR, .text = "y"}),
                     STK_MATCH_NO);
    assert_int_equal(match_one("either", &(struct node){.kind = STK_STR}),
                     STK_MATCH_UNKNOWN);
}

static void dicts(void **state)
{
    (void)state;
    static const size_t a_1[] = {1, 2};
    static const size_t a_9[] = {1, 3};
    static const size_t a_1_x[] = {1, 2, 4, 2};
    static const size_t a_9_1[] = {1, 3, 1, 2};
    static const size_t unknown_key[] = {1, 2, 5, 2};
    struct node list[] = {
        {.kind = STK_DICT_KEPT, .items = a_1, .n = 1},
        {.kind = STK_STR, .text = "a"},
        {.kind = STK_INT, .number = 1},
        {.kind = STK_INT, .number = 9},
        {.kind = STK_STR, .text = "x"},
        {.kind = STK_STR},
    };
    struct stk_check check = begin();
    assert_int_equal(match(&check, "c", "Strict", STK_CLAUSE_STATE, list, 0),
                     STK_MATCH_YES);
    list[0].items = a_9;
    assert_int_equal(match(&check, "c", "Strict", STK_CLAUSE_STATE, list, 0),
                     STK_MATCH_NO);
    list[0].items = a_1_x;
    list[0].n = 2;
    assert_int_equal(match(&check, "c", "Strict", STK_CLAUSE_STATE, list, 0),
                     STK_MATCH_NO);
    assert_int_equal(match(&check, "c", "More", STK_CLAUSE_STATE, list, 0),
                     STK_MATCH_YES);
    assert_int_equal(match(&check, "c", "Rest", STK_CLAUSE_STATE, list, 0), STK_MATCH_NO);
    /* A key given twice must be right both times. */
    list[0].items = a_9_1;
    assert_int_equal(match(&check, "c", "Strict", STK_CLAUSE_STATE, list, 0),
                     STK_MATCH_NO);
    list[0].items = unknown_key;
    assert_int_equal(match(&check, "c", "Strict", STK_CLAUSE_STATE, list, 0),
                     STK_MATCH_UNKNOWN);
    list[0].n = 0;
    assert_int_equal(match(&check, "c", "Strict", STK_CLAUSE_STATE, list, 0),
                     STK_MATCH_NO);
    list[0].lost = true;
    assert_int_equal(match(&check, "c", "Strict", STK_CLAUSE_STATE, list, 0),
                     STK_MATCH_UNKNOWN);
}

static void slots(void **state)
{
    (void)state;
    static const size_t tuple[] = {1, 2};
    static const size_t pairs[] = {3, 1};
    struct node list[] = {{.kind = STK_TUPLE, .items = tuple, .n = 2},
                          {.kind = STK_NONE},
                          {.kind = STK_DICT_KEPT, .items = pairs, .n = 1},
                          {.kind = STK_STR, .text = "name"}};
    struct stk_check check = begin();
    assert_int_equal(match(&check, "c", "New", STK_CLAUSE_STATE, list, 0), STK_MATCH_YES);
    list[3].text = "_Private__name";
    assert_int_equal(match(&check, "c", "New", STK_CLAUSE_STATE, list, 0), STK_MATCH_YES);
    list[3].text = "__class__";
    assert_int_equal(match(&check, "c", "New", STK_CLAUSE_STATE, list, 0), STK_MATCH_NO);
    list[3].text = NULL;
    assert_int_equal(match(&check, "c", "New", STK_CLAUSE_STATE, list, 0),
                     STK_MATCH_UNKNOWN);
    list[2].lost = true;
    assert_int_equal(match(&check, "c", "New", STK_CLAUSE_STATE, list, 0),
                     STK_MATCH_UNKNOWN);
    list[1].kind = STK_INT;
    assert_int_equal(match(&check, "c", "New", STK_CLAUSE_STATE, list, 0), STK_MATCH_NO);
}

static void attributes(void **state)
{
    (void)state;
    static const size_t pairs[] = {1, 2};
    struct node list[] = {{.kind = STK_DICT_KEPT, .items = pairs, .n = 1},
                          {.kind = STK_STR, .text = "name"},
                          {.kind = STK_GLOBAL, .entry = find("c", "Plain")}};
    struct stk_check check = begin();
    assert_int_equal(match(&check, "c", "Attrs", STK_CLAUSE_STATE, list, 0),
                     STK_MATCH_YES);
    list[1].text = "__networkx_cache__";
    assert_int_equal(match(&check, "c", "Attrs", STK_CLAUSE_STATE, list, 0),
                     STK_MATCH_YES);
    list[1].text = "__array_interface__";
    assert_int_equal(match(&check, "c", "Attrs", STK_CLAUSE_STATE, list, 0),
                     STK_MATCH_NO);
    list[1].text = NULL;
    assert_int_equal(match(&check, "c", "Attrs", STK_CLAUSE_STATE, list, 0),
                     STK_MATCH_UNKNOWN);
    /* A value that is refused is so whatever the name is. */
    list[2].entry = find("t", "load");
    assert_int_equal(match(&check, "c", "Attrs", STK_CLAUSE_STATE, list, 0),
                     STK_MATCH_NO);
    list[2].entry = STK_ENTRY_NONE;
    list[1].kind = STK_OBJECT;
    assert_int_equal(match(&check, "c", "Attrs", STK_CLAUSE_STATE, list, 0),
                     STK_MATCH_NO);
    list[0].lost = true;
    assert_int_equal(match(&check, "c", "Attrs", STK_CLAUSE_STATE, list, 0),
                     STK_MATCH_UNKNOWN);
}

static void dunder_keys_of_open_dicts(void **state)
{
    (void)state;
    static const size_t pairs[] = {1, 2, 3, 2};
    struct node list[] = {{.kind = STK_DICT_KEPT, .items = pairs, .n = 2},
                          {.kind = STK_STR, .text = "a"},
                          {.kind = STK_INT, .number = 1},
                          {.kind = STK_STR, .text = "other"}};
    struct stk_check check = begin();
    assert_int_equal(match(&check, "c", "More", STK_CLAUSE_STATE, list, 0),
                     STK_MATCH_YES);
    list[3].text = "__setstate__";
    assert_int_equal(match(&check, "c", "More", STK_CLAUSE_STATE, list, 0), STK_MATCH_NO);
    list[2] = (struct node){.kind = STK_OBJECT, .entry = find("c", "Plain")};
    assert_int_equal(match(&check, "c", "Rest", STK_CLAUSE_STATE, list, 0), STK_MATCH_NO);
}

static void objects_and_globals(void **state)
{
    (void)state;
    struct node sized = {.kind = STK_OBJECT, .entry = find("c", "Sized"), .tag = 1};
    struct node bag = {.kind = STK_OBJECT, .entry = find("c", "Bag")};
    assert_int_equal(match_one("tagged", &sized), STK_MATCH_YES);
    assert_int_equal(match_one("untagged", &sized), STK_MATCH_YES);
    assert_int_equal(match_one("untagged", &bag), STK_MATCH_YES);
    assert_int_equal(match_one("tagged", &bag), STK_MATCH_NO);
    sized.tag = 2;
    assert_int_equal(match_one("tagged", &sized), STK_MATCH_NO);
    struct node plain = {.kind = STK_GLOBAL, .entry = find("c", "Plain")};
    struct node unknown = {.kind = STK_GLOBAL, .entry = STK_ENTRY_NONE};
    assert_int_equal(match_one("globals", &plain), STK_MATCH_YES);
    assert_int_equal(match_one("plain_global", &plain), STK_MATCH_YES);
    assert_int_equal(match_one("any_global", &plain), STK_MATCH_YES);
    assert_int_equal(match_one("any_global", &unknown), STK_MATCH_NO);
    plain.entry = find("c", "Bag");
    assert_int_equal(match_one("globals", &plain), STK_MATCH_NO);
    assert_int_equal(match_one("plain_global", &plain), STK_MATCH_NO);
}

static void any_is_not_everything(void **state)
{
    (void)state;
    static const enum stk_kind not_any[] = {STK_OPAQUE, STK_PERSISTENT, STK_EXTENSION};
    for (int k = 0; k < STK_KINDS; k++) {
        bool any = true;
        for (size_t i = 0; i < 3; i++) {
            any = any && (int)not_any[i] != k;
        }
        struct node node = {.kind = (enum stk_kind)k, .number = STK_KINDS};
        assert_int_equal(match_one("takes", &node), any ? STK_MATCH_YES : STK_MATCH_NO);
    }
}

static void steps_end(void **state)
{
    (void)state;
    struct node list[] = {{.kind = STK_TUPLE, .n = 0}};
    struct stk_check check = begin();
    check.steps = 1;
    assert_int_equal(match(&check, "t", "all", STK_CLAUSE_ARGS, list, 0),
                     STK_MATCH_UNKNOWN);
    assert_true(check.exhausted);
}

static void failures_of_the_environment_stick(void **state)
{
    (void)state;
    static const size_t one[] = {1};
    struct node list[] = {{.kind = STK_TUPLE, .items = one, .n = 1},
                          {.kind = STK_STR, .lost = true}};
    struct stk_check check = begin();
    assert_int_equal(match(&check, "t", "either", STK_CLAUSE_ARGS, list, 0),
                     STK_MATCH_UNKNOWN);
    assert_int_equal(check.status, STK_E_IO);
}

static void streams_are_collected(void **state)
{
    (void)state;
    static const size_t one[] = {1};
    struct node list[] = {{.kind = STK_TUPLE, .items = one, .n = 1}, {.kind = STK_BYTES}};
    struct stk_check check = begin();
    assert_int_equal(match(&check, "t", "load", STK_CLAUSE_ARGS, list, 0), STK_MATCH_YES);
    assert_int_equal(check.n_streams, 1);
    assert_true(check.streams[0] == slot_of(1));
    list[1].kind = STK_STR;
    check = begin();
    assert_int_equal(match(&check, "t", "load", STK_CLAUSE_ARGS, list, 0), STK_MATCH_NO);
    assert_int_equal(check.n_streams, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(globs),
        cmocka_unit_test(ranges_and_what_is_unknown),
        cmocka_unit_test(tuples),
        cmocka_unit_test(lists),
        cmocka_unit_test(either),
        cmocka_unit_test(dicts),
        cmocka_unit_test(slots),
        cmocka_unit_test(attributes),
        cmocka_unit_test(dunder_keys_of_open_dicts),
        cmocka_unit_test(objects_and_globals),
        cmocka_unit_test(any_is_not_everything),
        cmocka_unit_test(steps_end),
        cmocka_unit_test(failures_of_the_environment_stick),
        cmocka_unit_test(streams_are_collected),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
