/* SPDX-License-Identifier: Apache-2.0 */
void *stk_a(size_t len);

void *stk_a(size_t len)
{
    return malloc(len);
}
