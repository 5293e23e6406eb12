/* SPDX-License-Identifier: Apache-2.0 */
#include <stockade/version.h>

const char *stockade_version(void)
{
    return STOCKADE_VERSION;
}
