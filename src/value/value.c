/* SPDX-License-Identifier: Apache-2.0 */
#include "value/value.h"

#include "base/map.h"
#include "base/utf8.h"
#include "value/equal.h"
#include "value/limbs.h"

const char *stk_value_kind_name(enum stk_value_kind kind)
{
    static const char *const names[] = {
        [STK_VALUE_NONE] = "none",       [STK_VALUE_BOOL] = "bool",
        [STK_VALUE_INT] = "int",         [STK_VALUE_BIGINT] = "int",
        [STK_VALUE_FLOAT] = "float",     [STK_VALUE_STR] = "str",
        [STK_VALUE_BYTES] = "bytes",     [STK_VALUE_BYTEARRAY] = "bytearray",
        [STK_VALUE_LIST] = "list",       [STK_VALUE_TUPLE] = "tuple",
        [STK_VALUE_SET] = "set",         [STK_VALUE_FROZENSET] = "frozenset",
        [STK_VALUE_DICT] = "dict",       [STK_VALUE_GLOBAL] = "global",
        [STK_VALUE_OBJECT] = "object",   [STK_VALUE_ENUM] = "enum",
        [STK_VALUE_TENSOR] = "tensor",   [STK_VALUE_NDARRAY] = "ndarray",
        [STK_VALUE_STORAGE] = "storage", [STK_VALUE_PERSISTENT] = "persistent",
        [STK_VALUE_BUFFER] = "buffer",   [STK_VALUE_REFUSED] = "refused",
    };
    STK_ASSERT(kind < STK_VALUE_KINDS);
    return names[kind];
}

/* Where, changes with each process. */
static const char place = 0;

static inline uint64_t seed(void)
{
    return (uint64_t)(uintptr_t)&place ^ UINT64_C(0x5851f42d4c957f2d);
}

uint64_t stk_value_seed(void)
{
    return seed();
}

uint64_t stk_text_hash(struct stk_span bytes)
{
    return stk_hash(bytes, seed());
}

STK_WRAPS uint64_t stk_name_hash(struct stk_span module, struct stk_span qualified)
{
    uint64_t hash = stk_hash(module, stk_value_seed());
    return stk_hash(qualified, stk_value_seed() + hash * 3);
}

const struct stk_name *stk_name_new(struct stk_arena *arena, struct stk_span module,
                                    struct stk_span qualified)
{
    struct stk_name *name = stk_arena_alloc(arena, sizeof *name);
    if (name != NULL) {
        *name = (struct stk_name){.head.shared = true, /* worth naming where it is met */
                                  .module = module,
                                  .qualified = qualified,
                                  .hash = stk_name_hash(module, qualified)};
    }
    return name;
}

/* Code points: bytes that do not continue one. */
static size_t count_codes(struct stk_span bytes)
{
    size_t n = 0;
    for (size_t i = 0; i < bytes.len; i++) {
        n += (bytes.data[i] & 0xc0) != 0x80;
    }
    return n;
}

enum stk_status stk_value_text(struct stk_arena *arena, uint64_t off,
                               enum stk_value_kind kind, struct stk_span bytes,
                               struct stk_value *ret_value)
{
    bool is_str = kind == STK_VALUE_STR;
    size_t n_codes = !is_str ? 0 : stk_is_ascii(bytes) ? bytes.len : count_codes(bytes);
    return stk_value_text_of(arena, off, kind, bytes, n_codes, ret_value);
}

enum stk_status stk_value_text_of(struct stk_arena *arena, uint64_t off,
                                  enum stk_value_kind kind, struct stk_span bytes,
                                  size_t n_codes, struct stk_value *ret_value)
{
    struct stk_text *text = stk_arena_take(arena, sizeof *text);
    if (STK_UNLIKELY(text == NULL)) {
        return STK_E_NOMEM;
    }
    *text = (struct stk_text){
        .bytes = bytes,
        .hash = kind == STK_VALUE_STR ? stk_hash(bytes, seed()) : 0,
        .n_codes = n_codes,
    };
    *ret_value = (struct stk_value){
        .kind = kind & 0xff, .off = off & STK_VALUE_OFF_MAX, .text = text};
    return STK_OK;
}

STK_WRAPS static bool fits(bool negative, const uint64_t *limbs, size_t n,
                           int64_t *ret_integer)
{
    uint64_t limb = n == 0 ? 0 : limbs[0];
    if (n > 1 || limb > (uint64_t)INT64_MAX + negative) {
        return false;
    }
    *ret_integer = (int64_t)(negative ? 0 - limb : limb);
    return true;
}

enum stk_status stk_value_big(struct stk_arena *arena, uint64_t off, bool negative,
                              const uint64_t *limbs, size_t n,
                              struct stk_value *ret_value)
{
    int64_t integer = 0;
    size_t len = 0;
    n = stk_limbs_trim(limbs, n);
    if (fits(negative, limbs, n, &integer)) {
        *ret_value = stk_value_int(off, integer);
        return STK_OK;
    }
    if (__builtin_mul_overflow(n, sizeof limbs[0], &len) ||
        __builtin_add_overflow(len, sizeof(struct stk_big), &len)) {
        return STK_E_NOMEM;
    }
    struct stk_big *big = stk_arena_alloc(arena, len);
    if (big == NULL) {
        return STK_E_NOMEM;
    }
    big->negative = negative;
    big->n = n;
    stk_copy(big->limbs, limbs, n * sizeof limbs[0]);
    *ret_value = (struct stk_value){
        .kind = STK_VALUE_BIGINT, .off = off & STK_VALUE_OFF_MAX, .big = big};
    return STK_OK;
}
