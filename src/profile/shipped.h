/* SPDX-License-Identifier: Apache-2.0
 *
 * The profiles of profiles/, compiled in.
 */
#pragma once

#include <stddef.h>

struct stk_shipped_profile {
    const char *uri;  /* urn:stockade:profiles:NAME */
    const char *text; /* JSON */
};

extern const struct stk_shipped_profile stk_shipped_profiles[];
extern const size_t stk_n_shipped_profiles;
