/* SPDX-License-Identifier: Apache-2.0
 *
 * One value of a stream as the rating machine knows it: eight bytes, no object behind
 * them. Text, bytes and big numbers are the offset of the opcode that made them and are
 * read again from the source when somebody asks; lists, dicts and sets are their identity
 * only. What a contract must look into (tuples, dict entries) is kept in a window of
 * bounded size, see kept.h.
 *
 *   bits 0-5 kind, bit 6 alias, bit 7 large, bits 8-63 payload (signed for INT)
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

enum stk_kind {
    STK_NONE,
    STK_BOOL,      /* payload 0 or 1 */
    STK_INT,       /* payload: the value */
    STK_BIGINT,    /* payload: offset of the opcode; does not fit 56 bits */
    STK_FLOAT,     /* offset */
    STK_STR,       /* offset; also the 8-bit strings of protocols 0 to 2 */
    STK_BYTES,     /* offset */
    STK_BYTEARRAY, /* offset */
    STK_TUPLE,     /* position in the kept window */
    STK_LIST,      /* offset of the opcode that made it, which is its identity */
    STK_DICT,      /* the same; entries not known */
    STK_DICT_KEPT, /* position in the kept window; entries known */
    STK_SET,
    STK_FROZENSET,
    STK_GLOBAL,     /* index into the globals of the run */
    STK_OBJECT,     /* what a vetted call made: class (16 bits), tag (8), aux (32) */
    STK_OPAQUE,     /* what another call made: 0, or index of the callee's global + 1 */
    STK_PERSISTENT, /* what a persistent load gave: payload chosen by the judge */
    STK_EXTENSION,  /* code of an extension registry entry */
    STK_BUFFER,     /* ordinal of an out-of-band buffer */
    STK_KINDS,
};

typedef uint64_t stk_slot;

/* A DICT that another slot (memo, DUP) refers to as well: its entries are not known. A
 * LIST or SET that came from there: it may be in other containers already. */
#define STK_SLOT_ALIAS UINT64_C(0x40)

/* A TUPLE that has something among its items, however deep, that is not plain data. */
#define STK_SLOT_HOLDS UINT64_C(0x40)

/* A DICT with more entries than are kept. */
#define STK_SLOT_LARGE UINT64_C(0x80)

/* A GLOBAL that the judge wants in no container (the bit has no other meaning there), or
 * a TUPLE that has one among its items, however deep. */
#define STK_SLOT_UNHELD UINT64_C(0x80)

/* Classes that are told apart in what a container holds. */
#define STK_HELD_MAX 4

#define STK_PAYLOAD_MAX ((UINT64_C(1) << 56) - 1)
#define STK_INT_MAX ((INT64_C(1) << 55) - 1)
#define STK_INT_MIN (-STK_INT_MAX - 1)

static inline stk_slot stk_slot_make(enum stk_kind kind, uint64_t payload)
{
    return (payload << 8) | (stk_slot)kind;
}

static inline enum stk_kind stk_slot_kind(stk_slot slot)
{
    return (enum stk_kind)(slot & 0x3f);
}

static inline bool stk_slot_is_unheld(stk_slot slot)
{
    enum stk_kind kind = stk_slot_kind(slot);
    return (slot & STK_SLOT_UNHELD) != 0 && (kind == STK_GLOBAL || kind == STK_TUPLE);
}

static inline uint64_t stk_slot_payload(stk_slot slot)
{
    return slot >> 8;
}

/* value must lie within STK_INT_MIN and STK_INT_MAX. */
static inline stk_slot stk_slot_int(int64_t value)
{
    return ((uint64_t)value << 8) | STK_INT;
}

static inline int64_t stk_slot_int_value(stk_slot slot)
{
    return (int64_t)slot >> 8;
}

static inline stk_slot stk_slot_object(uint16_t class_id, uint8_t tag, uint32_t aux)
{
    return stk_slot_make(STK_OBJECT,
                         class_id | ((uint64_t)tag << 16) | ((uint64_t)aux << 24));
}

static inline uint16_t stk_slot_class(stk_slot slot)
{
    return (uint16_t)(slot >> 8);
}

static inline uint8_t stk_slot_tag(stk_slot slot)
{
    return (uint8_t)(slot >> 24);
}

static inline uint32_t stk_slot_aux(stk_slot slot)
{
    return (uint32_t)(slot >> 32);
}

/* "int", "tuple", …: as messages and docs call it. */
const char *stk_kind_name(enum stk_kind kind);
