/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>

void stk_say(void);

void stk_say(void)
{
    puts("a verdict");
}
