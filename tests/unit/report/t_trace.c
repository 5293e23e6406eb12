/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "common.h"

static void statements_in_order(void **state)
{
    (void)state;
    check_list(BYTES(EVIL), true,
               "# byte 0: 22 bytes, protocol 4, dangerous\n"
               "      14  from os import system                                   # "
               "dangerous: starts programs\n"
               "      20  x0 = os.system('id')                                    # "
               "dangerous: starts programs\n"
               "      21  return x0\n");
}

static void containers_have_names(void **state)
{
    (void)state;
    check_list(BYTES("}(K\x01](K\x02K\x03"
                     "eu(K\x04K\x05l\x86."),
               true,
               "# byte 0: 20 bytes, no PROTO, clean\n"
               "       0  dict_0 = {}\n"
               "       4  list_4 = []\n"
               "      10  list_4.extend([2, 3])\n"
               "      11  dict_0.update({1: list_4})\n"
               "      17  list_17 = [4, 5]\n"
               "      19  return ({1: list_4}, list_17)\n");
}

static void sets_and_single_items(void **state)
{
    (void)state;
    check_list(BYTES("\x80\x04\x8f(K\x01\x90(K\x02\x91\x86]K\x03"
                     "a\x86}K\x04K\x05sK\x06K\x07s\x86."),
               true,
               "# byte 0: 30 bytes, protocol 4, clean\n"
               "       2  set_2 = set()\n"
               "       6  set_2.update([1])\n"
               "      10  frozenset_10 = frozenset([2])\n"
               "      12  list_12 = []\n"
               "      15  list_12.append(3)\n"
               "      17  dict_17 = {}\n"
               "      22  dict_17[4] = 5\n"
               "      27  dict_17[6] = 7\n"
               "      29  return (((set_2, frozenset_10), list_12), {4: 5, 6: 7})\n");
}

static void states_items_and_ids(void **state)
{
    (void)state;
    struct list_job job = {.bytes = BYTES("cm\nf\n)R}b(K\x01"
                                          "eUaK\x02sPpid\n\x82\x07\x86."),
                           .trace = true};
    (void)list_text(&job);
    check_holds(&job, "x0 = m.f() ");
    check_holds(&job, "x0.__setstate__({})\n");
    check_holds(&job, "x0.extend([1])\n");
    stk_buf_release(&job.out);
    job.bytes = BYTES("\x80\x02Ppid\n\x82\x07\x86.");
    (void)list_text(&job);
    check_holds(&job, "       2  x0 = persistent_load('pid')\n"
                      "       7  x1 = get_extension(7)\n"
                      "      10  return (x0, x1)\n");
    stk_buf_release(&job.out);
}

static void json_says_the_same(void **state)
{
    (void)state;
    struct list_job job = {
        .bytes = BYTES(EVIL), .trace = true, .options = {.json = true}};
    (void)list_text(&job);
    check_holds(&job, "\"statements\": [\n  {\"offset\": 14, \"kind\": \"import\", "
                      "\"text\": \"from os import system\", \"rating\": \"dangerous\"},\n"
                      "  {\"offset\": 20, ");
    stk_buf_release(&job.out);
}

static void survives_refusals(void **state)
{
    (void)state;
    struct list_job job = {.bytes = BYTES(EVIL), .trace = true};
    STK_OOM_LOOP(list_and_drop, &job);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(statements_in_order),   cmocka_unit_test(containers_have_names),
        cmocka_unit_test(sets_and_single_items), cmocka_unit_test(states_items_and_ids),
        cmocka_unit_test(json_says_the_same),    cmocka_unit_test(survives_refusals),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
