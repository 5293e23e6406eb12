/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "zip_build.h"

static struct zb zb;
static struct recorder recorder;

static int start(void **state)
{
    (void)state;
    zb_clear(&zb);
    recorder_init(&recorder, &stk_alloc_libc);
    return 0;
}

/* What the configuration is noted as, or "". */
static const char *note_of(const char *config, size_t len)
{
    zb_clear(&zb);
    recorder_init(&recorder, &stk_alloc_libc);
    zb_add_packed(&zb, "config.json", 0, config, len, config, len);
    zb_finish(&zb);
    assert_int_equal(zb_walk_memory(&zb, &recorder), STK_OK);
    if (recorder.log[0] != '!') {
        return "";
    }
    *strchr(recorder.log, '\n') = '\0';
    return recorder.log;
}

#define CODE "! code 0 a Keras configuration that names code"

static void expect_note(const char *config, const char *note)
{
    assert_string_equal(note_of(config, strlen(config)), note);
}

static void layers_are_no_code(void **state)
{
    (void)state;
    expect_note(
        "{\"module\": \"keras\", \"class_name\": \"Sequential\", \"config\": "
        "{\"layers\": "
        "[{\"module\": \"keras.layers\", \"class_name\": \"Dense\", \"config\": "
        "{\"name\": \"Lambda\", \"activation\": null}, \"registered_name\": null}]}}",
        "");
}

static void lambda_is_code(void **state)
{
    (void)state;
    expect_note("{\"class_name\": \"Lambda\", \"config\": {}}", CODE);
    expect_note("{\"class_name\" :\t\"\\u004Cambda\"}", CODE);
    expect_note("{\"class\\u005fname\":\"L\\u0061mbda\"}", CODE);
    expect_note("{\"registered_name\": \"Custom>Lambda\"}", CODE);
    expect_note("{\"class_name\": \"TFSMLayer\"}", CODE);
    expect_note("{\"class_name\": \"TorchModuleWrapper\"}", CODE); /* CVE-2025-49655 */
    expect_note("{\"class_name\": \"x\\\"y\"}", "");
}

/* CVE-2025-1550: any function of any module. */
static void other_modules_are_code(void **state)
{
    (void)state;
    expect_note(
        "{\"module\": \"os\", \"class_name\": \"function\", \"config\": \"system\"}",
        CODE);
    expect_note("{\"class_name\": \"function\", \"module\": \"builtins\"}", CODE);
    expect_note("{\"class_name\": \"get_file\", \"module\": \"keras.utils\"}", CODE);
    expect_note("{\"class_name\": \"Dense\", \"module\": null, \"x\": \"os\"}", "");
}

/* Other libraries have a config.json too. */
static void what_is_not_of_keras(void **state)
{
    (void)state;
    expect_note("{\"module\": \"os\", \"architectures\": [\"LlamaForCausalLM\"]}", "");
    expect_note("", "");
    expect_note("{\"class_name\": \"Lambda", CODE); /* cut, and yet */
    expect_note("\"\\u", "");
    expect_note("\"\\", "");
}

static void other_encodings(void **state)
{
    (void)state;
    assert_string_equal(note_of("{\0\"\0a\0\"\0}\0", 10),
                        "! unsupported 0 a config.json that is not UTF-8");
}

static void is_named_with_its_mates(void **state)
{
    (void)state;
    zb_add(&zb, "metadata.json", "{}");
    zb_add_deflated(&zb, "config.json", "{\"class_name\": \"Lambda\"}", 24);
    zb_add(&zb, "model.weights.h5", "weights");
    zb_finish(&zb);
    zb_expect_with(&zb, &recorder,
                   "format keras\n"
                   "! code 45 a Keras configuration that names code\n"
                   "metadata.json 43+2 any: {}\n"
                   "config.json 0+24 any expanded: {\"class_name\": \"Lambda\"}\n"
                   "model.weights.h5 158+7 any: weights\n");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(layers_are_no_code, start),
        cmocka_unit_test_setup(lambda_is_code, start),
        cmocka_unit_test_setup(other_modules_are_code, start),
        cmocka_unit_test_setup(what_is_not_of_keras, start),
        cmocka_unit_test_setup(other_encodings, start),
        cmocka_unit_test_setup(is_named_with_its_mates, start),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
