/* SPDX-License-Identifier: Apache-2.0 */
int stk_slot(void);

int stk_slot(void)
{
    return 1;
}
