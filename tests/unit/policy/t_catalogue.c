/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "common.h"

static struct stk_span span(const char *text)
{
    return stk_span_of(text, strlen(text));
}

static uint32_t entry(const char *module, const char *name)
{
    return stk_catalogue_entry(&test_catalogue, span(module), span(name));
}

/* The reason, or "" for none. */
static const char *danger(const char *module, const char *name)
{
    const struct stk_danger *d =
        stk_catalogue_danger(&test_catalogue, span(module), span(name));
    return d == NULL ? ""
                     : (const char *)stk_catalogue_text(&test_catalogue, d->reason).data;
}

static void only_exact_pairs_are_vetted(void **state)
{
    (void)state;
    uint32_t number = entry("collections", "OrderedDict");
    assert_int_not_equal(number, STK_ENTRY_NONE);
    assert_int_equal(test_catalogue.entries[number].kind, STK_ENTRY_CLASS);
    assert_int_equal(entry("collections", "OrderedDict.fromkeys"), STK_ENTRY_NONE);
    assert_int_equal(entry("collections", "Ordered"), STK_ENTRY_NONE);
    assert_int_equal(entry("", "collections.OrderedDict"), STK_ENTRY_NONE);
    assert_int_equal(entry("", ""), STK_ENTRY_NONE);
    assert_int_equal(entry("collections.OrderedDict", ""), STK_ENTRY_NONE);
}

static void split_of_dotted_names(void **state)
{
    (void)state;
    assert_int_not_equal(entry("c.nest", "Outer.Inner"), STK_ENTRY_NONE);
    assert_int_equal(entry("c.nest.Outer", "Inner"), STK_ENTRY_NONE);
    assert_int_equal(entry("c", "nest.Outer.Inner"), STK_ENTRY_NONE);
}

static void alias_is_the_same_entry(void **state)
{
    (void)state;
    assert_int_not_equal(entry("c.old", "Moved"), STK_ENTRY_NONE);
    assert_int_equal(entry("c.old", "Moved"), entry("c.new", "Moved"));
}

static bool unheld(const char *module, const char *name)
{
    return test_catalogue.entries[entry(module, name)].unheld != 0;
}

static void what_is_not_to_be_kept(void **state)
{
    (void)state;
    assert_true(unheld("t", "load"));
    assert_true(unheld("c", "Plain.make"));
    assert_true(unheld("c", "Opens"));
    assert_false(unheld("c", "Plain"));
    assert_false(unheld("c", "FloatStorage"));
    assert_false(unheld("http", "HTTPStatus"));
}

static void every_name_is_found(void **state)
{
    (void)state;
    const struct stk_catalogue *all[] = {&test_catalogue, &stk_catalogue};
    for (size_t c = 0; c < 2; c++) {
        for (uint32_t i = 0; i < all[c]->n_names; i++) {
            const struct stk_catalogue_name *n = &all[c]->names[i];
            assert_int_equal(stk_catalogue_entry(all[c],
                                                 stk_catalogue_text(all[c], n->module),
                                                 stk_catalogue_text(all[c], n->name)),
                             n->entry);
        }
    }
}

static void every_danger_is_found(void **state)
{
    (void)state;
    for (uint32_t i = 0; i < stk_catalogue.n_dangers; i++) {
        const struct stk_danger *d = &stk_catalogue.dangers[i];
        struct stk_span key = stk_catalogue_text(&stk_catalogue, d->key);
        const char *below = d->wild ? "below" : "__call__";
        assert_non_null(key.data[0] == '.'
                            ? stk_catalogue_danger(&stk_catalogue, span("module"),
                                                   stk_span_of(key.data + 1, key.len - 1))
                            : stk_catalogue_danger(&stk_catalogue, key, span(below)));
    }
}

static void danger_exact_and_wild(void **state)
{
    (void)state;
    assert_string_equal(danger("os", "system"), "runs a shell command");
    assert_string_equal(danger("os", "fork"), "reaches the system");
    assert_string_equal(danger("os", "path.join"), "reaches the system");
    assert_string_equal(danger("os.path", "join"), "reaches the system");
    assert_string_equal(danger("os", ""), "reaches the system");
    assert_string_equal(danger("posix", "fork"), "");
    assert_string_equal(danger("osx", "system"), "");
    assert_string_equal(danger("os", "system.__call__"), "runs a shell command");
}

static void danger_however_it_is_split(void **state)
{
    (void)state;
    assert_string_equal(danger("", "os.system"), "runs a shell command");
    assert_string_equal(danger("torch", "os.system"), "runs a shell command");
    assert_string_equal(danger("torch.jit", "x.os.system"), "runs a shell command");
    assert_string_equal(danger("random", "_os.system"), "runs a shell command");
    assert_string_equal(danger("random", "__os.system"), "runs a shell command");
    assert_string_equal(danger("numpy", "f2py.crackfortran.myeval"), "compiles code");
    assert_string_equal(danger("x", "f2py.crackfortran.myeval"),
                        "evaluates an expression");
    assert_string_equal(danger("f2py.crackfortran", "myeval"), "evaluates an expression");
    assert_string_equal(danger("c", "f.__globals__"), "reaches into a function");
    assert_string_equal(danger("c", "f.__globals__.get"), "reaches into a function");
    assert_string_equal(danger("c", "f.__globals__x"), "");
}

/* A package that has a module of that name is not that module. */
static void danger_is_not_found_inside_a_module(void **state)
{
    (void)state;
    assert_string_equal(danger("mine.os", "system"), "");
    assert_string_equal(danger("mine", "os"), "");
    assert_string_equal(danger("mine", "system"), "");
}

static void long_names_end(void **state)
{
    (void)state;
    static char dots[65536];
    static char letters[65536];
    memset(dots, '.', sizeof dots - 1);
    memset(letters, '_', sizeof letters - 1);
    assert_string_equal(danger(letters, dots), "");
    assert_string_equal(danger(dots, letters), "");
    assert_int_equal(entry(letters, dots), STK_ENTRY_NONE);
}

static void classes(void **state)
{
    (void)state;
    assert_true(stk_entry_is_class(&test_catalogue, entry("c", "Plain")));
    assert_true(stk_entry_is_class(&test_catalogue, entry("http", "HTTPStatus")));
    assert_false(stk_entry_is_class(&test_catalogue, entry("t", "same")));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(only_exact_pairs_are_vetted),
        cmocka_unit_test(split_of_dotted_names),
        cmocka_unit_test(alias_is_the_same_entry),
        cmocka_unit_test(what_is_not_to_be_kept),
        cmocka_unit_test(every_name_is_found),
        cmocka_unit_test(every_danger_is_found),
        cmocka_unit_test(danger_exact_and_wild),
        cmocka_unit_test(danger_however_it_is_split),
        cmocka_unit_test(danger_is_not_found_inside_a_module),
        cmocka_unit_test(long_names_end),
        cmocka_unit_test(classes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
