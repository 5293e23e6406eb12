/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "container/npy_header.h"
#include "walk.h"

/* What numpy writes for these types, and how long an item is. */
static const struct good {
    const char *text;
    uint64_t item_size;
    uint64_t n_items;
} good[] = {
    {"{'descr': '<f8', 'fortran_order': False, 'shape': (3, 4), }      \n", 8, 12},
    {"{'descr': '|b1', 'fortran_order': True, 'shape': (), }\n", 1, 1},
    {"{'descr': '<U5', 'fortran_order': False, 'shape': (2,), }\n", 20, 2},
    {"{'descr': '|S7', 'fortran_order': False, 'shape': (0, 9), }\n", 7, 0},
    {"{'descr': '<M8[ns]', 'fortran_order': False, 'shape': (1,), }\n", 8, 1},
    {"{'descr': '|V16', 'fortran_order': False, 'shape': (1,), }\n", 16, 1},
    {"{'descr': '<c16', 'fortran_order': False, 'shape': (5L,), }\n", 16, 5},
    {"{'descr': [('a', '<i4'), ('b', '<f8', (3,))], 'fortran_order': False, "
     "'shape': (2,), }\n",
     28, 2},
    {"{'descr': [('a', '|u1'), ('', '|V7'), ('n', [('x', '<f4'), ('y', '<f4')])], "
     "'fortran_order': False, 'shape': (1,), }\n",
     16, 1},
    {"{'descr': [(('title', 'a'), '<i2')], 'fortran_order': False, 'shape': (1,), }\n", 2,
     1},
    {"{'descr': ('<f4', (2, 3)), 'fortran_order': False, 'shape': (1,), }\n", 24, 1},
    {"{'descr': [('a', ('<f4', (2,)))], 'fortran_order': False, 'shape': (1,), }\n", 8,
     1},
    {"{\"shape\": (7,), \"fortran_order\": False, \"descr\": \"<i8\"}", 8, 7},
};

static void headers_that_numpy_writes(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
        struct stk_npy_header h;
        struct stk_span text = stk_span_of(good[i].text, strlen(good[i].text));
        if (stk_npy_header_read(text, &h) != STK_OK || h.has_object ||
            h.item_size != good[i].item_size || h.n_items != good[i].n_items ||
            h.len != h.item_size * h.n_items) {
            fail_msg("%s", good[i].text);
        }
    }
}

/* Every way in which a type text can mean an object. */
static void objects(void **state)
{
    (void)state;
    static const char *const types[] = {
        "'|O'",
        "'O'",
        "'|O8'",
        "'object'",
        "'object_'",
        "'i4,O'",
        "'2O'",
        "[('a', '<i4'), ('b', '|O')]",
        "[('a', [('b', 'O', (2,))], (3,))]",
        "('O', (3,))",
    };
    for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++) {
        char text[256];
        struct stk_npy_header h;
        int n = snprintf(text, sizeof(text),
                         "{'descr': %s, 'fortran_order': False, 'shape': (1,), }\n",
                         types[i]);
        if (stk_npy_header_read(stk_span_of(text, (size_t)n), &h) != STK_OK ||
            !h.has_object) {
            fail_msg("%s", text);
        }
    }
}

/* Also what ast.literal_eval would take: it could spell an object type. */
static void malformed(void **state)
{
    (void)state;
    static const char *const bad[] = {
        "",
        "{",
        "{}",
        "{'descr': '<f8', 'fortran_order': False, 'shape': (1,), ",
        "{'descr': '<f8', 'fortran_order': False}",
        "{'descr': '<f8', 'fortran_order': False, 'shape': (1,)} x",
        "{'descr': '<f8', 'descr': '<f8', 'fortran_order': False, 'shape': (1,)}",
        "{'descr': '<f8', 'fortran_order': False, 'shape': (1,), 'more': 1}",
        "{'descr': '\\x4f', 'fortran_order': False, 'shape': (1,)}",
        "{'descr': '' '|b1', 'fortran_order': False, 'shape': (1,)}",
        "{'descr': u'<f8', 'fortran_order': False, 'shape': (1,)}",
        "{'descr': 'float64', 'fortran_order': False, 'shape': (1,)}",
        "{'descr': '<f8x', 'fortran_order': False, 'shape': (1,)}",
        "{'descr': '', 'fortran_order': False, 'shape': (1,)}",
        "{'descr': ['<f8'], 'fortran_order': False, 'shape': (1,)}",
        "{'descr': [('a', ('<f4', (2,))], 'fortran_order': False, 'shape': (1,)}",
        "{'descr': '<f8', 'fortran_order': 1, 'shape': (1,)}",
        "{'descr': '<f8', 'fortran_order': False, 'shape': 1}",
        "{'descr': '<f8', 'fortran_order': False, 'shape': (-1,)}",
        "{'descr': '<f8', 'fortran_order': False, 'shape': (4294967296, 4294967296)}",
        "{'descr': '<f8', 'fortran_order': False, 'shape': (2305843009213693952,)}",
        "{'descr': '<f99999999999999999999', 'fortran_order': False, 'shape': ()}",
    };
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        struct stk_npy_header h = {.len = 77};
        if (stk_npy_header_read(stk_span_of(bad[i], strlen(bad[i])), &h) !=
                STK_E_MALFORMED ||
            h.len != 77) {
            fail_msg("%s", bad[i]);
        }
    }
}

static void records_inside_records(void **state)
{
    (void)state;
    static char text[4096];
    struct stk_npy_header h;
    size_t n = (size_t)snprintf(text, sizeof(text), "{'descr': ");
    for (int i = 0; i < 500; i++) {
        memcpy(text + n, "[('a',", 6);
        n += 6;
    }
    assert_int_equal(stk_npy_header_read(stk_span_of(text, n), &h), STK_E_MALFORMED);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(headers_that_numpy_writes),
        cmocka_unit_test(objects),
        cmocka_unit_test(malformed),
        cmocka_unit_test(records_inside_records),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
