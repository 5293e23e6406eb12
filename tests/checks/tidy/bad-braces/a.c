/* SPDX-License-Identifier: Apache-2.0 */
int a(int b);

int a(int b)
{
    if (b > 1)
        return 1;
    return 0;
}
