/* SPDX-License-Identifier: Apache-2.0
 *
 * Profiles and the documents that they refer to, read from files.
 */
#pragma once

#include "cmd/options.h"
#include "profile/schema.h"

/* Reads the documents of --library URI=PATH: one file under the URI, or each *.json below
 * a folder under the URI and its path in the folder. Says on stderr what is wrong. */
bool stk_library_read(struct stk_library *library, const struct stk_texts *mappings,
                      uint64_t memory_max);

/* Reads and compiles a profile. Says on stderr what is wrong, and where; NULL then. */
struct stk_schema *stk_profile_read(struct stk_library *library, const char *path,
                                    const struct stk_schema_options *options,
                                    uint64_t memory_max);
