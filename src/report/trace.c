/* SPDX-License-Identifier: Apache-2.0 */
#include "report/trace.h"

#include <string.h>

#include "report/escape.h"
#include "report/marks.h"

/* Where the rating stands in a line. */
#define COLUMN_RATING 56

/* Room for the items of a statement, and how many of them are looked at. */
#define ITEMS_MAX 96
#define ITEMS_SEEN 64

/* Dicts whose entries the machine keeps carry a position instead of the offset that names
 * them; this many of the last positions are remembered. A power of two. */
#define DICTS 4096

struct dict {
    uint64_t position;
    uint64_t off;
};

struct trace {
    struct stk_listing *l;
    struct stk_marks marks;
    struct dict *dicts;  /* owned array of DICTS */
    bool dict_on_top;    /* the opcode before left a dict that is named dict_off */
    uint64_t dict_off;   /* */
    struct stk_buf text; /* of a statement */
};

/* ---- statements ---- */

static void json_statement(struct trace *t, uint64_t off, const char *kind,
                           enum stk_rating rating)
{
    struct stk_jsonw *json = &t->l->json;
    stk_buf_str(json->out, t->l->n_lines > 1 ? ",\n  " : "\n  ");
    json->comma = false;
    stk_jsonw_begin(json, '{');
    stk_jsonw_key(json, "offset");
    stk_jsonw_uint(json, off);
    stk_jsonw_key(json, "kind");
    stk_jsonw_str(json, kind);
    stk_jsonw_key(json, "text");
    stk_jsonw_span(json, stk_buf_span(&t->text));
    if (rating != STK_RATING_NONE) {
        stk_jsonw_key(json, "rating");
        stk_jsonw_str(json, stk_rating_name(rating));
    }
    stk_jsonw_end(json, '}');
}

/* The text that was put together becomes a line. */
static enum stk_status statement(struct trace *t, uint64_t off, const char *kind,
                                 enum stk_rating rating, const char *reason)
{
    struct stk_buf *out = &t->l->out;
    STK_TRY(t->text.status);
    STK_TRY(stk_listing_line(t->l));
    if (t->l->options->json) {
        json_statement(t, off, kind, rating);
        return stk_listing_flush(t->l);
    }
    stk_buf_printf(out, "%8llu  ", (unsigned long long)off);
    size_t start = out->len;
    stk_buf_put(out, t->text.data, t->text.len);
    if (rating != STK_RATING_NONE) {
        stk_listing_pad(out, start, COLUMN_RATING);
        stk_listing_color(t->l, stk_rating_verdict(rating));
        stk_buf_printf(out, "# %s", stk_rating_name(rating));
        stk_listing_plain(t->l);
        if (reason != NULL) {
            stk_buf_str(out, ": ");
            stk_escape_again(out, reason);
        }
    }
    stk_buf_byte(out, '\n');
    return stk_listing_flush(t->l);
}

/* ---- the stream's own containers ---- */

/* Values from depth n - 1 up to the top, bottom first, as far as they are looked at. */
static size_t take_items(struct trace *t, size_t n, stk_slot items[ITEMS_SEEN])
{
    size_t seen = n < ITEMS_SEEN ? n : ITEMS_SEEN;
    for (size_t i = 0; i < seen; i++) {
        if (!stk_machine_peek(t->l->show.machine, n - 1 - i, &items[i])) {
            return i;
        }
    }
    return seen;
}

static void put_items(struct trace *t, size_t n, bool pairs)
{
    stk_slot items[ITEMS_SEEN] = {0};
    size_t seen = take_items(t, n, items);
    if (pairs) {
        stk_pairs_put(&t->text, &t->l->show, items, seen / 2, ITEMS_MAX);
    } else {
        stk_values_put(&t->text, &t->l->show, items, seen, ITEMS_MAX);
    }
    if (seen < n) {
        size_t more = (n - seen) / (pairs ? 2 : 1);
        stk_buf_printf(&t->text, ", ...(%llu more)", (unsigned long long)more);
    }
}

/* The offset that names a dict; false: it was forgotten. */
static bool dict_name(const struct trace *t, stk_slot slot, uint64_t *ret_off)
{
    uint64_t payload = stk_slot_payload(slot);
    *ret_off = payload;
    if (stk_slot_kind(slot) == STK_DICT) {
        return true;
    }
    const struct dict *dict = &t->dicts[payload % DICTS];
    *ret_off = dict->off;
    return dict->position == payload + 1;
}

/* The container that an opcode fills, by name; false: it is not the stream's own. */
static bool put_target(struct trace *t, stk_slot slot)
{
    enum stk_kind kind = stk_slot_kind(slot);
    uint64_t off = stk_slot_payload(slot);
    switch (kind) {
    case STK_LIST:
    case STK_SET:
    case STK_BYTEARRAY:
        break;
    case STK_DICT:
    case STK_DICT_KEPT:
        if (!dict_name(t, slot, &off)) {
            stk_buf_str(&t->text, "dict");
            return true;
        }
        t->dict_on_top = true;
        t->dict_off = off;
        kind = STK_DICT;
        break;
    case STK_NONE:
    case STK_BOOL:
    case STK_INT:
    case STK_BIGINT:
    case STK_FLOAT:
    case STK_STR:
    case STK_BYTES:
    case STK_TUPLE:
    case STK_FROZENSET:
    case STK_GLOBAL:
    case STK_OBJECT:
    case STK_OPAQUE:
    case STK_PERSISTENT:
    case STK_EXTENSION:
    case STK_BUFFER:
    case STK_KINDS:
        return false;
    }
    stk_buf_printf(&t->text, "%s_%llu", stk_kind_name(kind), (unsigned long long)off);
    return true;
}

static enum stk_status make(struct trace *t, const char *what, uint64_t off,
                            const char *open, size_t n, const char *close)
{
    stk_buf_printf(&t->text, "%s_%llu = %s", what, (unsigned long long)off, open);
    put_items(t, n, strcmp(what, "dict") == 0);
    stk_buf_str(&t->text, close);
    return statement(t, off, "make", STK_RATING_NONE, NULL);
}

static enum stk_status fill(struct trace *t, uint64_t off, size_t n, const char *open,
                            const char *close, bool pairs)
{
    stk_slot target = 0;
    if (n == 0 || !stk_machine_peek(t->l->show.machine, n, &target) ||
        !put_target(t, target)) {
        return STK_OK;
    }
    stk_buf_str(&t->text, open);
    put_items(t, n, pairs);
    stk_buf_str(&t->text, close);
    return statement(t, off, "fill", STK_RATING_NONE, NULL);
}

static enum stk_status set_item(struct trace *t, uint64_t off)
{
    stk_slot slots[3];
    for (size_t i = 0; i < 3; i++) {
        if (!stk_machine_peek(t->l->show.machine, i, &slots[i])) {
            return STK_OK;
        }
    }
    if (!put_target(t, slots[2])) {
        return STK_OK;
    }
    stk_buf_byte(&t->text, '[');
    stk_value_put(&t->text, &t->l->show, slots[1], ITEMS_MAX);
    stk_buf_str(&t->text, "] = ");
    stk_value_put(&t->text, &t->l->show, slots[0], ITEMS_MAX);
    return statement(t, off, "fill", STK_RATING_NONE, NULL);
}

static enum stk_status finish(struct trace *t, uint64_t off)
{
    stk_slot slot = 0;
    if (!stk_machine_peek(t->l->show.machine, 0, &slot)) {
        return STK_OK;
    }
    bool inner = stk_machine_nesting(t->l->show.machine) > 0;
    stk_buf_str(&t->text, inner ? "# the stream inside gives " : "return ");
    stk_value_put(&t->text, &t->l->show, slot, ITEMS_MAX);
    return statement(t, off, "return", STK_RATING_NONE, NULL);
}

/* The dict that the opcode before filled is known by a position now. */
static void remember_dict(struct trace *t)
{
    stk_slot slot = 0;
    if (t->dict_on_top && stk_machine_peek(t->l->show.machine, 0, &slot) &&
        stk_slot_kind(slot) == STK_DICT_KEPT) {
        uint64_t position = stk_slot_payload(slot);
        t->dicts[position % DICTS] =
            (struct dict){.position = position + 1, .off = t->dict_off};
    }
    t->dict_on_top = false;
}

static enum stk_status opcode(void *ctx, struct stk_machine *machine, uint8_t op,
                              uint64_t off, uint64_t len)
{
    struct trace *t = ctx;
    struct stk_taken taken;
    (void)len;
    remember_dict(t);
    stk_buf_clear(&t->text);
    STK_TRY(stk_marks_step(&t->marks, machine, op, off, &taken));
    if (taken.mark && !taken.has_mark) {
        return STK_OK;
    }
    switch (op) {
    case STK_OP_EMPTY_LIST:
        return make(t, "list", off, "[", 0, "]");
    case STK_OP_LIST:
        return make(t, "list", off, "[", taken.n, "]");
    case STK_OP_EMPTY_SET:
        return make(t, "set", off, "set(", 0, ")");
    case STK_OP_FROZENSET:
        return make(t, "frozenset", off, "frozenset([", taken.n, "])");
    case STK_OP_EMPTY_DICT:
        return make(t, "dict", off, "{", 0, "}");
    case STK_OP_DICT:
        t->dict_on_top = true;
        t->dict_off = off;
        return make(t, "dict", off, "{", taken.n, "}");
    case STK_OP_APPEND:
        return fill(t, off, 1, ".append(", ")", false);
    case STK_OP_APPENDS:
        return fill(t, off, taken.n, ".extend([", "])", false);
    case STK_OP_ADDITEMS:
        return fill(t, off, taken.n, ".update([", "])", false);
    case STK_OP_SETITEM:
        return set_item(t, off);
    case STK_OP_SETITEMS:
        return fill(t, off, taken.n, ".update({", "})", true);
    case STK_OP_STOP:
        return finish(t, off);
    default:
        return STK_OK;
    }
}

static enum stk_status effect(void *ctx, struct stk_machine *machine,
                              const struct stk_effect *effect,
                              struct stk_outcome *outcome)
{
    struct trace *t = ctx;
    enum stk_rating rating = stk_effect_rating(t->l->in, machine, effect);
    uint64_t number = t->l->number;
    stk_inspection_outcome(t->l->in, effect, &t->l->number, outcome);
    stk_buf_clear(&t->text);
    stk_effect_put(&t->text, &t->l->show, effect, number);
    if (outcome->skip > 0) {
        stk_buf_printf(&t->text, "; read %llu raw bytes",
                       (unsigned long long)outcome->skip);
    } else if (outcome->nested) {
        stk_buf_str(&t->text, "; a stream follows");
    }
    return statement(t, effect->off, stk_effect_name(effect->kind), rating,
                     stk_listing_reason(t->l, effect));
}

static enum stk_status last(void *ctx)
{
    (void)ctx;
    return STK_OK;
}

enum stk_status stk_trace(const struct stk_inspection *in,
                          const struct stk_listing_options *options)
{
    struct stk_listing l;
    struct trace t = {.l = &l};
    const struct stk_judge judge = {.effect = effect, .opcode = opcode, .ctx = &t};
    struct stk_machine *machine = stk_machine_new(in->alloc, in->limits);
    stk_marks_init(&t.marks, in->alloc);
    stk_buf_init(&t.text, in->alloc, (size_t)1 << 22);
    t.dicts = stk_new(in->alloc, DICTS * sizeof(*t.dicts));
    enum stk_status status = stk_listing_init(&l, in, options, machine);
    if (status == STK_OK) {
        status = t.dicts == NULL ? STK_E_NOMEM
                                 : stk_listing_run(&l, &judge, last, "statements");
    }
    stk_listing_release(&l);
    stk_free(in->alloc, t.dicts, t.dicts == NULL ? 0 : DICTS * sizeof(*t.dicts));
    stk_buf_release(&t.text);
    stk_marks_release(&t.marks);
    stk_machine_free(machine);
    return status;
}
