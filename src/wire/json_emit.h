/* SPDX-License-Identifier: Apache-2.0
 *
 * JSON text, token by token: what all writers of JSON in this module share. Commas, line
 * ends and indentation come by themselves. A failure stays in the buffer, so that a
 * writer looks at its status once in a while and at its end.
 */
#pragma once

#include "base/buf.h"
#include "value/value.h"

struct stk_json_emit {
    struct stk_buf *out; /* borrowed */
    uint32_t indent;     /* spaces a level; 0: all on one line */
    bool ascii;          /* nothing past ASCII */
    bool replace;        /* lone surrogates become U+FFFD; else they are escaped */
    bool more;           /* something stands in front of what comes, in its group */
    bool named;          /* a name was written, its value comes */
    bool lone;           /* set where a lone surrogate was met */
    bool paired;         /* set where an escaped high one met a low one */
    uint32_t depth;      /* open groups */
};

/* A line's end and the indentation of the next one. */
void stk_json_emit_line(struct stk_json_emit *e);

/* What stands in front of a value or a name. */
static inline void stk_json_emit_begin(struct stk_json_emit *e)
{
    if (e->named) {
        e->named = false;
        return;
    }
    if (e->more) {
        stk_buf_byte(e->out, ',');
    }
    if (e->indent != 0 && e->depth > 0) {
        stk_json_emit_line(e);
    }
    e->more = true;
}

static inline void stk_json_emit_open(struct stk_json_emit *e, char bracket)
{
    stk_json_emit_begin(e);
    stk_buf_byte(e->out, (uint8_t)bracket);
    e->depth++;
    e->more = false;
}

static inline void stk_json_emit_close(struct stk_json_emit *e, char bracket)
{
    e->depth--;
    if (e->indent != 0 && e->more) {
        stk_json_emit_line(e);
    }
    stk_buf_byte(e->out, (uint8_t)bracket);
    e->more = true;
}

/* Between quotation marks. text: valid UTF-8 (surrogatepass). The first puts nothing in
 * front; the others begin a value. */
void stk_json_emit_quoted(struct stk_json_emit *e, struct stk_span text);

static inline void stk_json_emit_text(struct stk_json_emit *e, struct stk_span text)
{
    stk_json_emit_begin(e);
    stk_json_emit_quoted(e, text);
}

/* Our own text, without anything to escape. */
void stk_json_emit_word(struct stk_json_emit *e, const char *text);

/* A member's name; its value comes next. */
static inline void stk_json_emit_name(struct stk_json_emit *e, struct stk_span name)
{
    stk_json_emit_begin(e);
    stk_json_emit_quoted(e, name);
    stk_buf_put(e->out, ": ", e->indent != 0 ? 2 : 1);
    e->named = true;
}

/* The same with a character of ours in front of it. */
void stk_json_emit_name_behind(struct stk_json_emit *e, char first, struct stk_span name);

/* The same of our own, without anything to escape. */
void stk_json_emit_member(struct stk_json_emit *e, const char *name);

/* null, true, false, … as they are. */
static inline void stk_json_emit_raw(struct stk_json_emit *e, const char *token)
{
    stk_json_emit_begin(e);
    stk_buf_str(e->out, token);
}

void stk_json_emit_bool(struct stk_json_emit *e, bool value);
void stk_json_emit_int(struct stk_json_emit *e, int64_t value);
void stk_json_emit_uint(struct stk_json_emit *e, uint64_t value);

/* A finite number, as CPython writes it: the shortest decimal that reads as it, with a
 * point or an exponent. */
void stk_json_emit_float(struct stk_json_emit *e, double number);

/* false: it has more than digits_max digits, and nothing was written. Time grows with the
 * square of the digits: 4,300 take about 0.2 ms, ten times as many 20 ms. */
bool stk_json_emit_big(struct stk_json_emit *e, const struct stk_big *big,
                       size_t digits_max);

/* -0x… between quotation marks; time is linear. */
void stk_json_emit_hex(struct stk_json_emit *e, const struct stk_big *big);

/* Base64 between quotation marks. */
void stk_json_emit_base64(struct stk_json_emit *e, struct stk_span bytes);
