/* SPDX-License-Identifier: Apache-2.0 */
#include "pickle/opcode.h"

/* Bytes that every argument of this kind has, before any payload that they announce. */
#define FIXED_NONE 0
#define FIXED_U1 1
#define FIXED_U2 2
#define FIXED_I4 4
#define FIXED_U4 4
#define FIXED_U8 8
#define FIXED_F8 8
#define FIXED_LONG1 1
#define FIXED_LONG4 4
#define FIXED_BYTES1 1
#define FIXED_BYTES4 4
#define FIXED_BYTES4S 4
#define FIXED_BYTES8 8
#define FIXED_TEXT1 1
#define FIXED_TEXT4 4
#define FIXED_TEXT8 8
#define FIXED_LINE 0
#define FIXED_LINE_PAIR 0
#define FIXED_LINE_INT 0
#define FIXED_LINE_LONG 0
#define FIXED_LINE_FLOAT 0
#define FIXED_LINE_QUOTED 0
#define FIXED_LINE_RAW_UNICODE 0

const struct stk_opinfo stk_opcodes[256] = {
#define X(byte, op, arg_, proto_, before_, after_, risk_)                                \
    [byte] = {.name = #op,                                                               \
              .before = (before_),                                                       \
              .after = (after_),                                                         \
              .arg = STK_ARG_##arg_,                                                     \
              .proto = (proto_),                                                         \
              .risk = (risk_),                                                           \
              .fixed = FIXED_##arg_},
#include "pickle/opcodes.def"
#undef X
};
