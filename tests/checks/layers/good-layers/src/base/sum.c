/* SPDX-License-Identifier: Apache-2.0 */
#include "base/sum.h"

int stk_sum(int a, int b)
{
    return a + b;
}
