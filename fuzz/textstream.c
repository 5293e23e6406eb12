/* SPDX-License-Identifier: Apache-2.0
 *
 * Text that carries bytes, the tokens of JSON, and names: the output is never longer than
 * it may be, and what a token says depends on its bytes alone.
 */
#include "container/textstream.h"
#include "container/jsontext.h"
#include "walk.h"

static void decode(struct stk_span text, uint64_t fail_at, size_t most)
{
    struct fuzz_heap heap = {.alloc = {fuzz_resize, NULL}, .fail_at = fail_at};
    heap.alloc.ctx = &heap;
    struct stk_buf out;
    stk_buf_init(&out, &heap.alloc, most);
    stk_buf_byte(&out, 'x');
    bool found = stk_textstream_decode(text, &heap.alloc, &out);
    require(!found || (out.status == STK_OK && out.len > 1));
    require(found || out.status != STK_OK || out.len == 1);
    require(out.len <= most && out.len <= 1 + text.len);
    stk_buf_release(&out);
    require(heap.held == 0);
}

/* One token after another, whichever the bytes call for. */
static uint64_t tokens(const struct stk_source *source)
{
    struct stk_reader r;
    struct stk_json_text text;
    uint64_t sum = 0;
    stk_reader_init(&r, source);
    while (stk_reader_left(&r) > 0) {
        uint64_t before = r.pos;
        uint64_t value = 0;
        if (stk_json_accept(&r, '1')) {
            value = stk_json_number(&r);
        } else if (stk_json_accept(&r, ':')) {
            stk_json_text(&r, &text);
            require(text.len <= STK_JSON_TEXT_MAX);
            value = text.hash ^ text.len;
        } else {
            stk_json_expect(&r, ',');
        }
        sum = fuzz_mix(sum, value);
        require(r.pos > before || r.status != STK_OK);
    }
    require(r.status == STK_OK || r.status == STK_E_MALFORMED ||
            r.status == STK_E_TRUNCATED);
    return fuzz_mix(fuzz_mix(sum, r.pos), r.status);
}

static void escape(struct stk_span text)
{
    char out[64];
    for (size_t size = 4; size <= sizeof(out); size += 5) {
        require(stk_escape(out, size, text) == out && strlen(out) < size);
        for (size_t i = 0; out[i] != '\0'; i++) {
            require(out[i] >= ' ' && out[i] <= '~');
        }
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    struct stk_span text = stk_span_of(data, len);
    struct stk_source memory = stk_source_of(text);
    struct fuzz_file file = {.data = data, .len = len};
    struct stk_source pieces = {.size = len, .read_at = fuzz_read_at, .ctx = &file};
    decode(text, 0, SIZE_MAX);
    decode(text, 0, 16);
    decode(text, len > 0 ? 1 + data[0] % 4 : 1, SIZE_MAX);
    require(tokens(&memory) == tokens(&pieces));
    escape(text);
    return 0;
}
