/* SPDX-License-Identifier: Apache-2.0
 *
 * Profiles and the documents that they refer to, read from files.
 */
#pragma once

#include "cmd/options.h"
#include "decode/grants.h"
#include "profile/schema.h"

/* A profile that is ready to judge messages. */
struct stk_profile {
    struct stk_library *library;
    struct stk_schema *schema;
    struct stk_grants grants; /* what it grants by name */
};

/* Reads and compiles a profile: a file, or, where there is none of that path, the one
 * that is shipped under this name. mappings: --library URI=PATH, one file under the URI,
 * or each *.json below a folder under the URI and its path in the folder. Says on stderr
 * what is wrong, and where. Released in any case. */
bool stk_profile_read(struct stk_profile *profile, const char *path,
                      const struct stk_texts *mappings,
                      const struct stk_schema_options *options, uint64_t memory_max);
void stk_profile_release(struct stk_profile *profile);
