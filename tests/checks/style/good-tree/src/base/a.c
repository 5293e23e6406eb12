/* SPDX-License-Identifier: Apache-2.0 */
#include "base/a.h"

int stk_a(int b)
{
    /* TODO(#7): all of b */
    if (b > 1 &&
        b < 3) {
        return 1;
    } else if (b) {
        return 2;
    }
    while (b < 0) {
        b++;
    }
    return b;
}
