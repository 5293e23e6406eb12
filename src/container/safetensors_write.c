/* SPDX-License-Identifier: Apache-2.0 */
#include "container/safetensors_write.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/checked.h"
#include "base/utf8.h"

const char *stk_safetensors_dtype(enum stk_dtype dtype)
{
    static const char *const names[STK_DTYPES] = {
        [STK_DTYPE_BOOL] = "BOOL",           [STK_DTYPE_UINT8] = "U8",
        [STK_DTYPE_UINT16] = "U16",          [STK_DTYPE_UINT32] = "U32",
        [STK_DTYPE_UINT64] = "U64",          [STK_DTYPE_INT8] = "I8",
        [STK_DTYPE_INT16] = "I16",           [STK_DTYPE_INT32] = "I32",
        [STK_DTYPE_INT64] = "I64",           [STK_DTYPE_FLOAT16] = "F16",
        [STK_DTYPE_FLOAT32] = "F32",         [STK_DTYPE_FLOAT64] = "F64",
        [STK_DTYPE_BFLOAT16] = "BF16",       [STK_DTYPE_FLOAT8_E4M3FN] = "F8_E4M3",
        [STK_DTYPE_FLOAT8_E5M2] = "F8_E5M2", [STK_DTYPE_COMPLEX64] = "C64",
    };
    return names[dtype];
}

bool stk_safetensors_text_ok(struct stk_span text)
{
    return stk_utf8_valid(text, false) == text.len;
}

/* ---- order ---- */

static int compare_spans(struct stk_span a, struct stk_span b)
{
    size_t len = a.len < b.len ? a.len : b.len;
    int order = len == 0 ? 0 : memcmp(a.data, b.data, len);
    return order != 0 ? order : (a.len > b.len) - (a.len < b.len);
}

static int compare(const void *left, const void *right)
{
    const struct stk_safetensor *a = left;
    const struct stk_safetensor *b = right;
    uint64_t size_a = stk_dtype_item_size(a->dtype);
    uint64_t size_b = stk_dtype_item_size(b->dtype);
    if (size_a != size_b) {
        return size_a > size_b ? -1 : 1;
    }
    return compare_spans(a->name, b->name);
}

static bool size_of(const struct stk_safetensor *tensor, uint64_t *ret_len)
{
    uint64_t len = stk_dtype_item_size(tensor->dtype);
    for (uint32_t i = 0; i < tensor->rank; i++) {
        if (!stk_mul(len, tensor->shape[i], &len)) {
            return false;
        }
    }
    *ret_len = len;
    return true;
}

enum stk_status stk_safetensors_place(struct stk_safetensor *list, size_t n,
                                      uint64_t *ret_size)
{
    uint64_t off = 0;
    if (n > 1) {
        qsort(list, n, sizeof *list, compare);
    }
    for (size_t i = 0; i < n; i++) {
        list[i].off = off;
        if (!size_of(&list[i], &list[i].len) || !stk_add(off, list[i].len, &off)) {
            return STK_E_LIMIT;
        }
    }
    *ret_size = off;
    return STK_OK;
}

/* ---- the header ---- */

static void put_string(struct stk_buf *out, struct stk_span text)
{
    stk_buf_byte(out, '"');
    for (size_t i = 0; i < text.len; i++) {
        uint8_t byte = text.data[i];
        if (byte < ' ' || byte == 0x7f) {
            stk_buf_printf(out, "\\u%04x", byte);
            continue;
        }
        if (byte == '"' || byte == '\\') {
            stk_buf_byte(out, '\\');
        }
        stk_buf_byte(out, byte);
    }
    stk_buf_byte(out, '"');
}

static void put_metadata(struct stk_buf *out, const struct stk_safetensors_entry *entries,
                         size_t n)
{
    stk_buf_str(out, "\"__metadata__\":{");
    for (size_t i = 0; i < n; i++) {
        stk_buf_str(out, i == 0 ? "" : ",");
        put_string(out, entries[i].key);
        stk_buf_byte(out, ':');
        put_string(out, entries[i].text);
    }
    stk_buf_byte(out, '}');
}

static void put_tensor(struct stk_buf *out, const struct stk_safetensor *tensor)
{
    put_string(out, tensor->name);
    stk_buf_printf(out, ":{\"dtype\":\"%s\",\"shape\":[",
                   stk_safetensors_dtype(tensor->dtype));
    for (uint32_t i = 0; i < tensor->rank; i++) {
        stk_buf_printf(out, "%s%" PRIu64, i == 0 ? "" : ",", tensor->shape[i]);
    }
    stk_buf_printf(out, "],\"data_offsets\":[%" PRIu64 ",%" PRIu64 "]}", tensor->off,
                   tensor->off + tensor->len);
}

enum stk_status stk_safetensors_header(const struct stk_safetensor *list, size_t n,
                                       const struct stk_safetensors_entry *entries,
                                       size_t n_entries, struct stk_buf *out)
{
    size_t start = out->len;
    uint8_t length[8] = {0};
    stk_buf_put(out, length, sizeof length);
    stk_buf_byte(out, '{');
    if (n_entries > 0) {
        put_metadata(out, entries, n_entries);
    }
    for (size_t i = 0; i < n && out->status == STK_OK; i++) {
        stk_buf_str(out, i > 0 || n_entries > 0 ? "," : "");
        put_tensor(out, &list[i]);
    }
    stk_buf_byte(out, '}');
    while (out->status == STK_OK && (out->len - start) % 8 != 0) {
        stk_buf_byte(out, ' ');
    }
    STK_TRY(out->status);
    uint64_t len = out->len - start - sizeof length;
    for (size_t i = 0; i < sizeof length; i++) {
        out->data[start + i] = (uint8_t)(len >> (8 * i));
    }
    return len > STK_SAFETENSORS_HEADER_MAX ? STK_E_LIMIT : STK_OK;
}
