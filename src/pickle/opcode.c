/* SPDX-License-Identifier: Apache-2.0 */
#include "pickle/opcode.h"

const struct stk_opinfo stk_opcodes[256] = {
#define X(byte, op, arg_, proto_, before_, after_, risk_)                                \
    [byte] = {.name = #op,                                                               \
              .before = (before_),                                                       \
              .after = (after_),                                                         \
              .arg = STK_ARG_##arg_,                                                     \
              .proto = (proto_),                                                         \
              .risk = (risk_),                                                           \
              .fixed = STK_FIXED_##arg_},
#include "pickle/opcodes.def"
#undef X
};
