/* SPDX-License-Identifier: Apache-2.0 */
int stk_slot(void);
int stk_up(void);

int stk_up(void)
{
    return stk_slot();
}
