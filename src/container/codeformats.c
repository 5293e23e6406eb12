/* SPDX-License-Identifier: Apache-2.0
 *
 * Formats whose loading means running code, or building objects by a program that is not
 * a pickle. They are recognised by marks that other data hardly has, and named.
 */
#include "container/formats.h"

static enum stk_status note(const struct stk_visitor *v, const char *message)
{
    return stk_visitor_note(v, STK_NOTE_CODE, 0, "%s", message);
}

/* The header of a code object in marshal's form (Python/marshal.c, w_complex_object):
 * 'c', with the reference flag or not, four to six small numbers, and a bytes object that
 * holds the instructions. */
static bool is_code_object(struct stk_span span)
{
    if (span.len < 30 || (span.data[0] & 0x7f) != 'c') {
        return false;
    }
    for (size_t n = 4; n <= 6; n++) {
        bool small = true;
        for (size_t i = 0; i < n; i++) {
            small = small && stk_le32(span.data + 1 + 4 * i) < UINT32_C(1) << 28;
        }
        size_t at = 1 + 4 * n;
        uint8_t kind = span.data[at] & 0x7f;
        /* The first number counts arguments, of which there are few. */
        if (small && stk_le32(span.data + 1) < 256 && kind == 's' &&
            stk_le32(span.data + at + 1) < UINT32_C(1) << 30) {
            return true;
        }
    }
    return false;
}

static bool is_marshal(const struct stk_source *source, struct stk_span head)
{
    (void)source;
    return is_code_object(head);
}

/* Magic number, "\r\n", and 4, 8 or 12 bytes before the code (PEP 3147, PEP 552). */
static bool is_pyc(const struct stk_source *source, struct stk_span head)
{
    (void)source;
    if (head.len < 48 || head.data[2] != '\r' || head.data[3] != '\n') {
        return false;
    }
    for (size_t at = 8; at <= 16; at += 4) {
        if (is_code_object(stk_span_of(head.data + at, head.len - at))) {
            return true;
        }
    }
    return false;
}

/* Java Object Serialization Stream Protocol, 6.4.2: magic and version. */
static bool is_java(const struct stk_source *source, struct stk_span head)
{
    (void)source;
    return head.len >= 6 && stk_span_starts(head, "\xac\xed\x00\x05", 4) &&
           head.data[4] >= 0x70 && head.data[4] <= 0x7e;
}

/* R Internals 1.8: the XDR form, its version, and the R that wrote it. */
static bool is_xdr(struct stk_span span)
{
    return span.len >= 14 && stk_span_starts(span, "X\n\0\0\0", 5) &&
           (span.data[5] == 2 || span.data[5] == 3) && span.data[6] == 0 &&
           span.data[7] < 16;
}

static bool is_rds(const struct stk_source *source, struct stk_span head)
{
    (void)source;
    if (stk_span_starts(head, "RDX2\n", 5) || stk_span_starts(head, "RDX3\n", 5)) {
        return is_xdr(stk_span_of(head.data + 5, head.len - 5));
    }
    return is_xdr(head);
}

static bool is_tensorrt(const struct stk_source *source, struct stk_span head)
{
    (void)source;
    return head.len >= 32 && stk_span_starts(head, "ftrt", 4);
}

static enum stk_status walk_marshal(const struct stk_source *source,
                                    const struct stk_visitor *v)
{
    (void)source;
    return note(v, "marshalled Python code object");
}

static enum stk_status walk_pyc(const struct stk_source *source,
                                const struct stk_visitor *v)
{
    (void)source;
    return note(v, "compiled Python module");
}

static enum stk_status walk_java(const struct stk_source *source,
                                 const struct stk_visitor *v)
{
    (void)source;
    return note(v, "Java serialized object");
}

static enum stk_status walk_rds(const struct stk_source *source,
                                const struct stk_visitor *v)
{
    (void)source;
    return note(v, "R serialized object");
}

static enum stk_status walk_tensorrt(const struct stk_source *source,
                                     const struct stk_visitor *v)
{
    (void)source;
    return note(v, "TensorRT engine");
}

const struct stk_format stk_format_pyc = {"pyc", "compiled Python module", is_pyc,
                                          walk_pyc};
const struct stk_format stk_format_marshal = {"marshal", "marshalled Python code",
                                              is_marshal, walk_marshal};
const struct stk_format stk_format_tensorrt = {"tensorrt", "TensorRT engine", is_tensorrt,
                                               walk_tensorrt};
const struct stk_format stk_format_java = {"java", "Java serialization", is_java,
                                           walk_java};
const struct stk_format stk_format_rds = {"rds", "R serialization", is_rds, walk_rds};
