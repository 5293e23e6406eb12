/* SPDX-License-Identifier: Apache-2.0
 *
 * The opcodes of the pickle format and how their arguments lie in the bytes. Source:
 * CPython's Lib/pickletools.py, Lib/pickle.py and Modules/_pickle.c, 3.8 to 3.14.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/span.h"

enum stk_arg {
    STK_ARG_NONE,
    STK_ARG_U1, /* unsigned, little-endian, as all below */
    STK_ARG_U2,
    STK_ARG_I4, /* signed */
    STK_ARG_U4,
    STK_ARG_U8,
    STK_ARG_F8,      /* IEEE 754 double, big-endian */
    STK_ARG_LONG1,   /* u8 length, two's complement little-endian */
    STK_ARG_LONG4,   /* i32 length, the same */
    STK_ARG_BYTES1,  /* u8 length, bytes */
    STK_ARG_BYTES4,  /* u32 length, bytes */
    STK_ARG_BYTES4S, /* i32 length (C reads it unsigned), bytes */
    STK_ARG_BYTES8,  /* u64 length, bytes */
    STK_ARG_TEXT1,   /* u8 length, UTF-8 with surrogatepass */
    STK_ARG_TEXT4,
    STK_ARG_TEXT8,
    STK_ARG_LINE,             /* up to newline, no escapes */
    STK_ARG_LINE_PAIR,        /* two lines: module, name */
    STK_ARG_LINE_INT,         /* decimal text; INT takes base prefixes as well */
    STK_ARG_LINE_LONG,        /* the same with an optional L behind it */
    STK_ARG_LINE_FLOAT,       /* repr of a float */
    STK_ARG_LINE_QUOTED,      /* quoted, with the escapes of a Python 2 string */
    STK_ARG_LINE_RAW_UNICODE, /* raw-unicode-escape */
};

/* Bytes that every argument of a kind has, before any payload that they announce. */
enum stk_fixed {
    STK_FIXED_NONE = 0,
    STK_FIXED_U1 = 1,
    STK_FIXED_U2 = 2,
    STK_FIXED_I4 = 4,
    STK_FIXED_U4 = 4,
    STK_FIXED_U8 = 8,
    STK_FIXED_F8 = 8,
    STK_FIXED_LONG1 = 1,
    STK_FIXED_LONG4 = 4,
    STK_FIXED_BYTES1 = 1,
    STK_FIXED_BYTES4 = 4,
    STK_FIXED_BYTES4S = 4,
    STK_FIXED_BYTES8 = 8,
    STK_FIXED_TEXT1 = 1,
    STK_FIXED_TEXT4 = 4,
    STK_FIXED_TEXT8 = 8,
    STK_FIXED_LINE = 0,
    STK_FIXED_LINE_PAIR = 0,
    STK_FIXED_LINE_INT = 0,
    STK_FIXED_LINE_LONG = 0,
    STK_FIXED_LINE_FLOAT = 0,
    STK_FIXED_LINE_QUOTED = 0,
    STK_FIXED_LINE_RAW_UNICODE = 0,
};

enum stk_risk {
    STK_RISK_NONE = 0,
    STK_RISK_IMPORT = 1,
    STK_RISK_CALL = 2,
    STK_RISK_BUILD = 4,
    STK_RISK_ITEMS = 8,
    STK_RISK_PERSIST = 16,
    STK_RISK_EXTEND = 32,
};

enum stk_opcode {
#define X(byte, name, arg, proto, before, after, risk) STK_OP_##name = (byte),
#include "pickle/opcodes.def"
#undef X
};

struct stk_opinfo {
    const char *name; /* NULL: no such opcode */
    const char *before;
    const char *after;
    uint8_t arg;   /* enum stk_arg */
    uint8_t proto; /* protocol that introduced it */
    uint8_t risk;  /* enum stk_risk, or-ed */
    uint8_t fixed; /* bytes of the argument that always follow (length fields included) */
};

/* Indexed by byte. */
extern const struct stk_opinfo stk_opcodes[256];

/* Highest protocol of CPython 3.8 to 3.14 (pickle.HIGHEST_PROTOCOL). */
#define STK_PROTOCOL_MAX 5
