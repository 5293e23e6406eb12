/* SPDX-License-Identifier: Apache-2.0 */
#include "pickle/state.h"
#include "pickle/write_state.h"

static enum stk_status put_literal(struct stk_pickle_writer *w, const char *text)
{
    return put_str(w, stk_value_none(0), stk_span_of(text, __builtin_strlen(text)));
}

enum stk_status stk_write_name(struct stk_pickle_writer *w, struct stk_value value,
                               struct stk_span module, struct stk_span qualified)
{
    if (w->protocol >= 4) {
        STK_TRY(put_str(w, value, module));
        STK_TRY(put_str(w, value, qualified));
        put(w, STK_OP_STACK_GLOBAL);
        return STK_OK;
    }
    if (stk_span_find(qualified, ".", 1) < qualified.len ||
        stk_span_find(module, "\n", 1) < module.len ||
        stk_span_find(qualified, "\n", 1) < qualified.len) {
        return unsupported(w, value, "a name of this kind needs protocol 4");
    }
    if (w->protocol < 3 && stk_name_is_fixed(module, qualified)) {
        return unsupported(w, value, "a name that Python 2 has needs protocol 3");
    }
    put(w, STK_OP_GLOBAL);
    stk_buf_put(w->out, module.data, module.len);
    stk_buf_byte(w->out, '\n');
    stk_buf_put(w->out, qualified.data, qualified.len);
    stk_buf_byte(w->out, '\n');
    return STK_OK;
}

enum stk_status stk_write_builtin(struct stk_pickle_writer *w, const char *module,
                                  const char *name)
{
    return stk_write_name(w, stk_value_none(0),
                          stk_span_of(module, __builtin_strlen(module)),
                          stk_span_of(name, __builtin_strlen(name)));
}

/* ---- bytes ---- */

/* Protocol 2 has no bytes: _codecs.encode(text, 'latin1'). */
static enum stk_status put_encoded(struct stk_pickle_writer *w, struct stk_value value,
                                   struct stk_span bytes)
{
    size_t len = bytes.len;
    for (size_t i = 0; i < bytes.len; i++) {
        len += bytes.data[i] >> 7;
    }
    if (len > UINT32_MAX) {
        return unsupported(w, value, "bytes of this length need protocol 4");
    }
    STK_TRY(stk_write_builtin(w, "_codecs", "encode"));
    put_number(w, STK_OP_BINUNICODE, len, 4);
    for (size_t i = 0; i < bytes.len; i++) {
        uint8_t c = bytes.data[i];
        if (c >= 0x80) {
            stk_buf_byte(w->out, (uint8_t)(0xc0 | c >> 6));
            c = (uint8_t)(0x80 | (c & 0x3f));
        }
        stk_buf_byte(w->out, c);
    }
    STK_TRY(put_literal(w, "latin1"));
    put(w, STK_OP_TUPLE2);
    put(w, STK_OP_REDUCE);
    return STK_OK;
}

static enum stk_status put_bytes_head(struct stk_pickle_writer *w, struct stk_value value,
                                      uint64_t len)
{
    if (len < 256) {
        put_number(w, STK_OP_SHORT_BINBYTES, len, 1);
    } else if (len <= UINT32_MAX) {
        put_number(w, STK_OP_BINBYTES, len, 4);
    } else if (w->protocol >= 4) {
        put_number(w, STK_OP_BINBYTES8, len, 8);
    } else {
        return unsupported(w, value, "bytes of 4 GiB need protocol 4");
    }
    return STK_OK;
}

enum stk_status stk_write_bytes(struct stk_pickle_writer *w, struct stk_value value,
                                struct stk_span bytes)
{
    if (w->protocol < 3) {
        return put_encoded(w, value, bytes);
    }
    STK_TRY(put_bytes_head(w, value, bytes.len));
    stk_buf_put(w->out, bytes.data, bytes.len);
    return STK_OK;
}

enum stk_status stk_write_bytearray(struct stk_pickle_writer *w, struct stk_value value)
{
    struct stk_span bytes = value.text->bytes;
    if (w->protocol >= 5) {
        put_number(w, STK_OP_BYTEARRAY8, bytes.len, 8);
        stk_buf_put(w->out, bytes.data, bytes.len);
        return STK_OK;
    }
    STK_TRY(stk_write_builtin(w, "builtins", "bytearray"));
    if (bytes.len == 0) {
        put(w, STK_OP_EMPTY_TUPLE);
    } else {
        STK_TRY(stk_write_bytes(w, value, bytes));
        put(w, STK_OP_TUPLE1);
    }
    put(w, STK_OP_REDUCE);
    return STK_OK;
}

/* ---- storages ---- */

/* As BININT1, BININT2, BININT or LONG1: what an integer of up to 63 bits is written as.
 */
static void put_count(struct stk_pickle_writer *w, uint64_t n)
{
    size_t width = 1;
    while (width < 8 && n >> (8 * width - 1) != 0) {
        width++;
    }
    if (n < 65536) {
        put_number(w, n < 256 ? STK_OP_BININT1 : STK_OP_BININT2, n, n < 256 ? 1 : 2);
    } else if (n <= INT32_MAX) {
        put_number(w, STK_OP_BININT, n, 4);
    } else {
        put_number(w, STK_OP_LONG1, width, 1);
        for (size_t i = 0; i < width; i++) {
            stk_buf_byte(w->out, (uint8_t)(n >> (8 * i)));
        }
    }
}

/* The streams in front of the data, as torch 1.13 and 2.x write them with protocol 2: the
 * magic number, the version, facts of a machine, the storage, the list of its key. */
static enum stk_status put_storage_streams(struct stk_pickle_writer *w,
                                           struct stk_value value)
{
    static const char first[] =
        "\x80\x02\x8a\x0a\x6c\xfc\x9c\x46\xf9\x20\x6a\xa8\x50\x19."
        "\x80\x02M\xe9\x03."
        "\x80\x02}(X\x10\0\0\0protocol_versionM\xe9\x03X\x0d\0\0\0little_endian\x88"
        "X\x0a\0\0\0type_sizes}(X\x05\0\0\0shortK\x02X\x03\0\0\0intK\x04"
        "X\x04\0\0\0longK\x04uu.";
    const struct stk_array *array = value.object->array;
    stk_buf_put(w->out, first, sizeof first - 1);
    put_number(w, STK_OP_PROTO, 2, 1);
    put(w, STK_OP_MARK);
    STK_TRY(put_literal(w, "storage"));
    STK_TRY(stk_write_name(w, value, array->class_name->module,
                           array->class_name->qualified));
    STK_TRY(put_str(w, value, array->key));
    STK_TRY(put_str(w, value, array->location));
    if (array->n_items > INT64_MAX) {
        return unsupported(w, value, "a storage of this size");
    }
    put_count(w, array->n_items);
    put(w, STK_OP_NONE);
    put(w, STK_OP_TUPLE);
    put(w, STK_OP_BINPERSID);
    put(w, STK_OP_STOP);

    put_number(w, STK_OP_PROTO, 2, 1);
    put(w, STK_OP_EMPTY_LIST);
    STK_TRY(put_str(w, value, array->key));
    put(w, STK_OP_APPEND);
    put(w, STK_OP_STOP);
    uint8_t count[8];
    for (size_t i = 0; i < 8; i++) {
        count[i] = (uint8_t)(array->n_items >> (8 * i));
    }
    stk_buf_put(w->out, count, sizeof count);
    return w->out->status;
}

/* The streams are short and come into a buffer of their own, the data goes straight to
 * where it is wanted. */
enum stk_status stk_write_storage(struct stk_pickle_writer *w, struct stk_value value)
{
    const struct stk_array *array = value.object->array;
    struct stk_buf *out = w->out;
    struct stk_buf head;
    int protocol = w->protocol;
    if (array == NULL || !array->present) {
        return unsupported(w, value, "a storage without its bytes");
    }
    stk_buf_init(&head, w->alloc, (size_t)1 << 20);
    w->out = &head;
    w->protocol = 2;
    enum stk_status status = put_storage_streams(w, value);
    w->out = out;
    w->protocol = protocol;
    if (status == STK_OK) {
        status = stk_write_builtin(w, "torch.storage", "_load_from_bytes");
    }
    if (status == STK_OK && protocol >= 3) {
        status = put_bytes_head(w, value, head.len + array->bytes.len);
        stk_buf_put(out, head.data, head.len);
        stk_buf_put(out, array->bytes.data, array->bytes.len);
    } else if (status == STK_OK) {
        head.max = SIZE_MAX;
        stk_buf_put(&head, array->bytes.data, array->bytes.len);
        status = head.status == STK_OK ? put_encoded(w, value, stk_buf_span(&head))
                                       : head.status;
    }
    stk_buf_release(&head);
    put(w, STK_OP_TUPLE1);
    put(w, STK_OP_REDUCE);
    return status;
}
