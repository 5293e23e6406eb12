/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "walk.h"

static size_t n_formats(void)
{
    size_t n = 0;
    while (stk_formats[n] != NULL) {
        n++;
    }
    return n;
}

static size_t place_of(const char *name)
{
    for (size_t i = 0; stk_formats[i] != NULL; i++) {
        if (strcmp(stk_formats[i]->name, name) == 0) {
            return i;
        }
    }
    fail_msg("%s", name);
    return 0;
}

static void each_is_whole_and_named_once(void **state)
{
    (void)state;
    for (size_t i = 0; i < n_formats(); i++) {
        assert_non_null(stk_formats[i]->name);
        assert_non_null(stk_formats[i]->title);
        assert_non_null(stk_formats[i]->recognise);
        assert_non_null(stk_formats[i]->walk);
        assert_int_equal(place_of(stk_formats[i]->name), i);
    }
}

static void specific_before_general(void **state)
{
    (void)state;
    assert_true(place_of("torch-legacy") < place_of("joblib"));
    assert_true(place_of("pyc") < place_of("zip"));
    assert_true(place_of("tar") < place_of("zip"));
    assert_true(place_of("zip") < place_of("onnx"));
    assert_true(place_of("onnx") < place_of("tf-graph"));
    assert_true(place_of("tf-savedmodel") < place_of("tf-graph"));
}

/* Nothing is recognised in nothing, in zeros, in plain text, or in a bare stream. */
static void nothing_special(void **state)
{
    (void)state;
    static const uint8_t zeros[4096];
    static const char text[] = "It was the best of times, it was the worst of times, it "
                               "was the age of wisdom, it was the age of foolishness\n";
    static const char stream[] = "\x80\x04\x95\x06\0\0\0\0\0\0\0]\x94(K\x01"
                                 "e.";
    for (size_t i = 0; i < n_formats(); i++) {
        bool any = walk_recognises(stk_formats[i], zeros, sizeof(zeros)) ||
                   walk_recognises(stk_formats[i], zeros, 0) ||
                   walk_recognises(stk_formats[i], text, sizeof(text) - 1) ||
                   walk_recognises(stk_formats[i], stream, sizeof(stream) - 1);
        for (size_t n = 0; n < sizeof(text); n++) {
            any = any || walk_recognises(stk_formats[i], text, n);
        }
        if (any) {
            fail_msg("%s", stk_formats[i]->name);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_is_whole_and_named_once),
        cmocka_unit_test(specific_before_general),
        cmocka_unit_test(nothing_special),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
