/* SPDX-License-Identifier: Apache-2.0 */
int report_name(void);

int report_name(void)
{
    return 1;
}
