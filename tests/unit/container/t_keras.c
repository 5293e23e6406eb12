/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "walk.h"

static uint8_t file[20000];
static const uint8_t magic[] = {0x89, 'H', 'D', 'F', '\r', '\n', 0x1a, '\n'};

static int start(void **state)
{
    (void)state;
    memset(file, 0, sizeof(file));
    memcpy(file, magic, sizeof(magic));
    return 0;
}

static void put(size_t at, const char *text)
{
    memcpy(file + at, text, strlen(text));
}

static void expect(const char *want)
{
    walk_expect(&stk_format_hdf5, file, sizeof(file), want);
}

static void data(void **state)
{
    (void)state;
    expect("");
    put(5000, "{\"class_name\": \"Lambda\"}");
    expect("");
}

static void keras_models(void **state)
{
    (void)state;
    put(5000, "model_config");
    put(6000, "{\"class_name\": \"Dense\", \"name\": \"Lambda_1\"}");
    expect("format keras-hdf5\n");
    put(15000, "{\"class_name\": \"Lambda\"}");
    expect("format keras-hdf5\n! code 0 Keras Lambda layer\n");
}

static void functions_and_escapes(void **state)
{
    (void)state;
    put(19000, "model_config");
    put(4090, "\"__lambda__\""); /* across two windows of a reader */
    expect("format keras-hdf5\n! code 0 Keras Lambda layer\n");
    memset(file + 4090, 0, 12);
    put(4090, "\"\\u004cambda\"");
    expect("format keras-hdf5\n! code 0 Keras configuration with escaped letters\n");
    put(4090, "\"\\u00e9\\u0020\"");
    expect("format keras-hdf5\n");
}

/* A block of the user's may come before the file. */
static void a_user_block(void **state)
{
    (void)state;
    memset(file, 0, 8);
    assert_false(walk_recognises(&stk_format_hdf5, file, sizeof(file)));
    memcpy(file + 4096, magic, sizeof(magic));
    expect("");
    assert_false(walk_recognises(&stk_format_hdf5, file, 4100));
    memset(file + 4096, 0, 8);
    memcpy(file + 1536, magic, sizeof(magic));
    assert_false(walk_recognises(&stk_format_hdf5, file, sizeof(file)));
}

static void metadata(void **state)
{
    (void)state;
    memset(file, 0, sizeof(file));
    put(0, "\n\x7f\x10\x01\x22\x10_tf_keras_network");
    walk_expect(&stk_format_keras_metadata, file, sizeof(file), "");
    put(9000, "\"class_name\": \"Lambda\"");
    walk_expect(&stk_format_keras_metadata, file, sizeof(file),
                "! code 0 Keras Lambda layer\n");
    file[0] = ' ';
    assert_false(walk_recognises(&stk_format_keras_metadata, file, sizeof(file)));
}

static void environment(void **state)
{
    (void)state;
    walk_expect_shrunk(&stk_format_hdf5, file, sizeof(file), 10000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(data, start),
        cmocka_unit_test_setup(keras_models, start),
        cmocka_unit_test_setup(functions_and_escapes, start),
        cmocka_unit_test_setup(a_user_block, start),
        cmocka_unit_test_setup(metadata, start),
        cmocka_unit_test_setup(environment, start),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
