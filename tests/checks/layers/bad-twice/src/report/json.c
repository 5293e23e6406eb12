/* SPDX-License-Identifier: Apache-2.0 */
int stk_json(void);

int stk_json(void)
{
    return 1;
}
