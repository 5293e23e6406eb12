/* SPDX-License-Identifier: Apache-2.0
 *
 * Values that a call made: what was called, with which arguments, and what the result was
 * given afterwards. That is enough to write them again, whatever they are; what is known
 * of some of them beyond that (a tensor's shape, an enum's member) hangs on the same
 * struct, so that nobody has to read it out of arguments again.
 */
#pragma once

#include "value/value.h"

enum stk_object_call {
    STK_CALL_REDUCE, /* callee(*args) */
    STK_CALL_NEW,    /* callee.__new__(callee, *args) */
    STK_CALL_NEW_EX, /* callee.__new__(callee, *args, **kwargs) */
    STK_CALL_LOAD,   /* PERSISTENT, STORAGE: persistent_load(args) */
};

/* Types of items, of torch and numpy, in the byte order of the message. */
enum stk_dtype {
    STK_DTYPE_NONE, /* another: structured, text, objects, quantized, … */
    STK_DTYPE_BOOL,
    STK_DTYPE_UINT8,
    STK_DTYPE_UINT16,
    STK_DTYPE_UINT32,
    STK_DTYPE_UINT64,
    STK_DTYPE_INT8,
    STK_DTYPE_INT16,
    STK_DTYPE_INT32,
    STK_DTYPE_INT64,
    STK_DTYPE_FLOAT16,
    STK_DTYPE_FLOAT32,
    STK_DTYPE_FLOAT64,
    STK_DTYPE_BFLOAT16,
    STK_DTYPE_FLOAT8_E4M3FN,
    STK_DTYPE_FLOAT8_E5M2,
    STK_DTYPE_FLOAT8_E4M3FNUZ,
    STK_DTYPE_FLOAT8_E5M2FNUZ,
    STK_DTYPE_COMPLEX32,
    STK_DTYPE_COMPLEX64,
    STK_DTYPE_COMPLEX128,
    STK_DTYPES,
};

/* "float32"; of NONE "other". */
const char *stk_dtype_name(enum stk_dtype dtype);

/* Bytes of an item; 0 of NONE. */
uint64_t stk_dtype_item_size(enum stk_dtype dtype);

/* Of a name as torch and numpy have it; STK_DTYPE_NONE: there is no such one. */
enum stk_dtype stk_dtype_of(struct stk_span name);

/* TENSOR, NDARRAY: the place of n-dimensional items in bytes. STORAGE: the bytes. */
struct stk_array {
    enum stk_dtype dtype;
    struct stk_span type; /* as the message names it: "float32", "<U5", "FloatStorage" */
    uint64_t item_size;   /* bytes; 0: not known */
    uint32_t rank;        /* 0 of a STORAGE */
    const uint64_t *shape;
    const int64_t *stride;    /* in items; NULL: no gaps, the last dimension closest */
    uint64_t offset;          /* of the first item, in items */
    uint64_t n_items;         /* product of shape; of a STORAGE: that it has */
    bool big_endian;          /* items of more than a byte are */
    struct stk_value storage; /* TENSOR: a STORAGE, NONE: it has none */
    struct stk_span location; /* of a STORAGE: "cpu", "cuda:0" */
    struct stk_span key;      /* of a STORAGE: its name in its file */
    const struct stk_name *class_name; /* of a STORAGE: its class, or a dtype for it */
    bool present;                      /* bytes are all items of a STORAGE or NDARRAY */
    struct stk_span bytes;
};

struct stk_object {
    struct stk_head head;
    uint8_t call; /* enum stk_object_call */
    bool has_state;
    bool state_first;         /* the state was given before items */
    struct stk_value callee;  /* GLOBAL, or an OBJECT; NONE of LOAD */
    struct stk_value args;    /* TUPLE; of LOAD: the id, any kind */
    struct stk_value kwargs;  /* DICT; NONE: none */
    struct stk_value state;   /* NONE where has_state is not set */
    struct stk_items items;   /* appended */
    struct stk_items members; /* added as to a set */
    struct stk_pairs pairs;   /* set as in a dict */

    const struct stk_name *type;   /* of which it is an object; NULL: not known */
    const struct stk_array *array; /* of TENSOR, NDARRAY, STORAGE; else NULL */
    struct stk_value member;       /* of ENUM: its value, or, if by_name, its name */
    bool by_name;
};
