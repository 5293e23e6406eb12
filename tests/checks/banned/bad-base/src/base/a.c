/* SPDX-License-Identifier: Apache-2.0 */
int stk_a(const char *q);

int stk_a(const char *q)
{
    return atoi(q);
}
