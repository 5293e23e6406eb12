/* SPDX-License-Identifier: Apache-2.0 */
int a(int b)
{
    if (b)
        return 1;
    while (b) b--;
    return 0;
}
