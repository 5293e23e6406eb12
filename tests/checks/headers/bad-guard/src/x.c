/* SPDX-License-Identifier: Apache-2.0 */
#include <stockade/x.h>

__attribute__((visibility("default"))) int stockade_x(void);

int stockade_x(void)
{
    return 1;
}
