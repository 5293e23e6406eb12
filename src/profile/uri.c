/* SPDX-License-Identifier: Apache-2.0 */
#include "profile/uri.h"

/* Takes from the front up to one of `ends`, or all; the rest stays. */
static struct stk_span take(struct stk_span *text, const char *ends)
{
    size_t n = 0;
    while (n < text->len &&
           (text->data[n] == 0 || __builtin_strchr(ends, text->data[n]) == NULL)) {
        n++;
    }
    struct stk_span part = stk_span_of(text->data, n);
    *text = stk_span_of(text->data + n, text->len - n);
    return part;
}

static bool begins(struct stk_span text, char byte)
{
    return text.len > 0 && text.data[0] == (uint8_t)byte;
}

static struct stk_span behind(struct stk_span text, size_t n)
{
    return stk_span_of(text.data + n, text.len - n);
}

static bool is_scheme(struct stk_span text)
{
    for (size_t i = 0; i < text.len; i++) {
        uint8_t c = text.data[i];
        bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
        bool other = (c >= '0' && c <= '9') || c == '+' || c == '-' || c == '.';
        if (!letter && (i == 0 || !other)) {
            return false;
        }
    }
    return text.len > 0;
}

struct stk_uri stk_uri_split(struct stk_span text)
{
    static const uint8_t empty;
    struct stk_uri uri = {0};
    struct stk_span rest = text.data == NULL ? stk_span_of(&empty, 0) : text;
    struct stk_span after = rest;
    struct stk_span scheme = take(&after, ":/?#");
    if (begins(after, ':') && is_scheme(scheme)) {
        uri.scheme = scheme;
        rest = behind(after, 1);
    }
    if (rest.len >= 2 && rest.data[0] == '/' && rest.data[1] == '/') {
        rest = behind(rest, 2);
        uri.authority = take(&rest, "/?#");
    }
    uri.path = take(&rest, "?#");
    if (begins(rest, '?')) {
        rest = behind(rest, 1);
        uri.query = take(&rest, "#");
    }
    if (begins(rest, '#')) {
        uri.fragment = behind(rest, 1);
    }
    return uri;
}

/* ---- resolution ---- */

/* Takes the last segment with its slash from what begins at `from`. */
static void drop_segment(struct stk_buf *out, size_t from)
{
    while (out->len > from && out->data[out->len - 1] != '/') {
        out->len--;
    }
    out->len -= out->len > from ? 1 : 0;
}

/* RFC 3986, 5.2.4, a segment at a time. */
static void put_path(struct stk_buf *out, struct stk_span path)
{
    size_t from = out->len;
    while (path.len > 0) {
        bool slash = begins(path, '/');
        struct stk_span rest = slash ? behind(path, 1) : path;
        struct stk_span segment = take(&rest, "/");
        bool last = rest.len == 0;
        path = rest;
        if (stk_span_is(segment, ".") || stk_span_is(segment, "..")) {
            if (segment.len == 2) {
                drop_segment(out, from);
            }
            if (last && slash) {
                stk_buf_byte(out, '/');
            }
            continue;
        }
        if (slash) {
            stk_buf_byte(out, '/');
        }
        stk_buf_put(out, segment.data, segment.len);
    }
}

/* RFC 3986, 5.2.3: beside what is behind the last slash of the base. */
static void put_merged(struct stk_buf *out, const struct stk_uri *base,
                       struct stk_span path)
{
    struct stk_buf merged;
    stk_buf_init(&merged, out->alloc, out->max);
    if (base->authority.data != NULL && base->path.len == 0) {
        stk_buf_byte(&merged, '/');
    } else {
        size_t n = base->path.len;
        while (n > 0 && base->path.data[n - 1] != '/') {
            n--;
        }
        stk_buf_put(&merged, base->path.data, n);
    }
    stk_buf_put(&merged, path.data, path.len);
    put_path(out, stk_buf_span(&merged));
    out->status = out->status == STK_OK ? merged.status : out->status;
    stk_buf_release(&merged);
}

static void put_front(struct stk_buf *out, struct stk_span scheme,
                      struct stk_span authority)
{
    if (scheme.data != NULL) {
        stk_buf_put(out, scheme.data, scheme.len);
        stk_buf_byte(out, ':');
    }
    if (authority.data != NULL) {
        stk_buf_str(out, "//");
        stk_buf_put(out, authority.data, authority.len);
    }
}

static void put_query(struct stk_buf *out, struct stk_span query)
{
    if (query.data != NULL) {
        stk_buf_byte(out, '?');
        stk_buf_put(out, query.data, query.len);
    }
}

void stk_uri_resolve(struct stk_buf *out, struct stk_span base, struct stk_span ref)
{
    struct stk_uri b = stk_uri_split(base);
    struct stk_uri r = stk_uri_split(ref);
    if (r.scheme.data != NULL || r.authority.data != NULL) {
        put_front(out, r.scheme.data != NULL ? r.scheme : b.scheme, r.authority);
        put_path(out, r.path);
        put_query(out, r.query);
        return;
    }
    put_front(out, b.scheme, b.authority);
    if (r.path.len == 0) {
        stk_buf_put(out, b.path.data, b.path.len);
        put_query(out, r.query.data != NULL ? r.query : b.query);
        return;
    }
    if (begins(r.path, '/')) {
        put_path(out, r.path);
    } else {
        put_merged(out, &b, r.path);
    }
    put_query(out, r.query);
}

static int hex(uint8_t c)
{
    if (c >= '0' && c <= '9') {
        return c - '0';
    }
    c |= 0x20;
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

bool stk_uri_decode(struct stk_buf *out, struct stk_span text)
{
    for (size_t i = 0; i < text.len; i++) {
        if (text.data[i] != '%') {
            stk_buf_byte(out, text.data[i]);
            continue;
        }
        if (text.len - i < 3 || hex(text.data[i + 1]) < 0 || hex(text.data[i + 2]) < 0) {
            return false;
        }
        stk_buf_byte(out, (uint8_t)(hex(text.data[i + 1]) * 16 + hex(text.data[i + 2])));
        i += 2;
    }
    return true;
}
