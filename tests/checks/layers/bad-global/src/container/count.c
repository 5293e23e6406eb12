/* SPDX-License-Identifier: Apache-2.0 */
static int calls;
static int limit = 3;

int stk_count(void);

int stk_count(void)
{
    limit += calls & 1;
    return ++calls + limit;
}
