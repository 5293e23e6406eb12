/* SPDX-License-Identifier: Apache-2.0 */
#include <stockade/x.h>

int stockade_x(void)
{
    return 1;
}

int stockade_y(void)
{
    return 2;
}
