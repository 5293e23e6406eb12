/* SPDX-License-Identifier: Apache-2.0
 *
 * Every limit, in one place: what it bounds, its unit, why that value, and the option of
 * `stockade scan` that changes it. A limit that is reached gives undecided and says which
 * one it was; none of them ever turns an answer into clean.
 *
 *   X(field, option, default, unit, why)
 */
#pragma once

#include <stdint.h>

#define STK_LIMITS(X)                                                                    \
    X(stack_max, "stack-max", UINT64_C(1) << 26, "slots",                                \
      "8 bytes a slot; CPython needs 8 as well, and 512 MB is past any honest stream")   \
    X(mark_max, "mark-max", UINT64_C(1) << 24, "marks",                                  \
      "open marks, 8 bytes each; honest streams nest by the hundreds")                   \
    X(memo_max, "memo-max", UINT64_C(1) << 28, "entries",                                \
      "8 bytes an entry that was made, whatever its index")                              \
    X(kept_slots, "kept-slots", UINT64_C(1) << 20, "slots",                              \
      "tuple items and dict entries remembered for contracts, newest first")             \
    X(kept_items, "kept-items", 256, "items",                                            \
      "items of one tuple or dict that a contract can look at")                          \
    X(contract_steps, "contract-steps", 8, "steps a byte",                               \
      "looks at values that contracts may take, on top of a first million")              \
    X(readings_max, "readings-max", 16, "readings",                                      \
      "ways in which one stream is run again where unpicklers differ")                   \
    X(cuts_max, "cuts-max", 4096, "cuts",                                                \
      "ends of frames at which one reading of a stream drops bytes")                     \
    X(globals_max, "globals-max", UINT64_C(1) << 20, "globals",                          \
      "distinct imports listed of one stream")                                           \
    X(name_max, "name-max", 65536, "bytes",                                              \
      "length of a module or qualified name that is resolved by value")                  \
    X(depth_max, "depth-max", 16, "levels", "containers and streams inside each other")  \
    X(members_max, "members-max", UINT64_C(1) << 20, "members",                          \
      "members of one archive; a large checkpoint has thousands")                        \
    X(expand_max, "expand-max", UINT64_C(1) << 29, "bytes",                              \
      "what compressed parts and streams written as text may expand to, added up")       \
    X(search_factor, "search-factor", 8, "times the size",                               \
      "work spent on looking for streams in bytes of no known format")                   \
    X(streams_max, "streams-max", 65536, "streams", "streams reported of one file")      \
    X(findings_max, "findings-max", 1000, "findings",                                    \
      "findings listed of one stream; the verdict counts all")                           \
    X(arena_max, "memory-max", UINT64_C(1) << 31, "bytes",                               \
      "memory for the report of one file and what was expanded of it")

struct stk_limits {
#define STK_LIMIT_FIELD(field, option, value, unit, why) uint64_t field;
    STK_LIMITS(STK_LIMIT_FIELD)
#undef STK_LIMIT_FIELD
};

#define STK_LIMITS_DEFAULT                                                               \
    {                                                                                    \
        STK_LIMITS(STK_LIMIT_DEFAULT)                                                    \
    }
#define STK_LIMIT_DEFAULT(field, option, value, unit, why) .field = (value),
