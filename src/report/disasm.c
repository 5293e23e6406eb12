/* SPDX-License-Identifier: Apache-2.0 */
#include "report/disasm.h"

#include <string.h>

#include "pickle/number.h"
#include "report/escape.h"
#include "report/marks.h"

/* Columns of the text, and how deep marks indent. */
#define COLUMN_NAME 20
#define COLUMN_ARGUMENT 26
#define INDENT_MAX 4

/* Room for an argument, and for the values of a note. */
#define ARGUMENT_MAX 60
#define NOTE_MAX 40

/* What is missing of a line until its opcode has run. */
enum after {
    AFTER_NOTHING,
    AFTER_VALUE,  /* the value that it left: the whole note */
    AFTER_RESULT, /* the same, behind what it took */
};

struct disasm {
    struct stk_listing *l;
    struct stk_marks marks;
    bool pending; /* a line is waiting for its end */
    uint8_t op;
    uint64_t off;
    size_t indent;
    enum after after;
    struct stk_taken taken;
    bool has_memo; /* reads or writes this entry */
    uint64_t memo;
    struct stk_buf argument;
    struct stk_buf note;
    struct stk_buf effects; /* lines or objects */
    struct stk_jsonw effects_json;
};

/* ---- what an opcode takes and puts ---- */

static void put_top(struct disasm *d, struct stk_buf *out, size_t n)
{
    stk_slot slot = 0;
    if (stk_machine_peek(d->l->show.machine, n, &slot)) {
        stk_value_put(out, &d->l->show, slot, NOTE_MAX);
    } else {
        stk_buf_str(out, "<nothing>");
    }
}

static void note_taken(struct disasm *d, const struct stk_taken *taken)
{
    if (!taken->mark) {
        for (size_t i = taken->n; i-- > 0;) {
            put_top(d, &d->note, i);
            stk_buf_str(&d->note, i > 0 ? ", " : "");
        }
        return;
    }
    if (!taken->has_mark) {
        stk_buf_str(&d->note, "no mark");
        return;
    }
    if (taken->below > 0) {
        put_top(d, &d->note, taken->n);
        stk_buf_str(&d->note, " and ");
    }
    stk_buf_printf(&d->note, "%llu value%s from the mark at %llu",
                   (unsigned long long)taken->n, taken->n == 1 ? "" : "s",
                   (unsigned long long)taken->mark_off);
}

/* The memo index that an opcode names; false: no reader takes it for one. */
static bool memo_index(struct disasm *d, uint8_t op, uint64_t off, uint64_t *ret_index)
{
    struct stk_span text = stk_peek_at(d->l->peek, off + 1, 64);
    if (op == STK_OP_MEMOIZE) {
        *ret_index = stk_marks_memoize(&d->marks);
        return true;
    }
    if (text.len < stk_opcodes[op].fixed || text.len == 0) {
        return false;
    }
    if (stk_opcodes[op].arg != STK_ARG_LINE_INT) {
        *ret_index = stk_opcodes[op].fixed == 1 ? text.data[0] : stk_le32(text.data);
        return true;
    }
    size_t end = stk_span_find(text, "\n", 1);
    struct stk_integer number =
        stk_integer_index_c(stk_span_of(text.data, end < text.len ? end : text.len));
    *ret_index = (uint64_t)number.value;
    return number.ok && number.fits;
}

static enum stk_status note_put(struct disasm *d, uint8_t op, uint64_t off)
{
    uint64_t index = 0;
    uint64_t before = 0;
    if (!memo_index(d, op, off, &index) || stk_machine_depth(d->l->show.machine) == 0) {
        return STK_OK;
    }
    d->has_memo = true;
    d->memo = index;
    stk_buf_printf(&d->note, "memo[%llu] = ", (unsigned long long)index);
    put_top(d, &d->note, 0);
    if (stk_marks_get(&d->marks, index, &before)) {
        stk_buf_printf(&d->note, ", in place of the one from %llu",
                       (unsigned long long)before);
    }
    return stk_marks_put(&d->marks, index, off);
}

static void note_get(struct disasm *d, uint8_t op, uint64_t off)
{
    uint64_t index = 0;
    uint64_t made = 0;
    if (!memo_index(d, op, off, &index)) {
        return;
    }
    d->has_memo = true;
    d->memo = index;
    stk_buf_printf(&d->note, "memo[%llu]", (unsigned long long)index);
    if (stk_marks_get(&d->marks, index, &made)) {
        stk_buf_printf(&d->note, " from %llu", (unsigned long long)made);
        d->after = AFTER_RESULT;
    } else {
        stk_buf_str(&d->note, ", which was never made");
    }
}

static void note_frame(struct disasm *d, uint64_t off)
{
    uint64_t size = d->l->in->source.size;
    struct stk_span text = stk_peek_at(d->l->peek, off + 1, 8);
    uint64_t begin = off + 9;
    uint64_t len = text.len == 8 ? stk_le64(text.data) : 0;
    if (len > size - begin) {
        stk_buf_printf(&d->note, "longer than the %llu bytes that follow",
                       (unsigned long long)(size - begin));
    } else {
        stk_buf_printf(&d->note, "up to %llu", (unsigned long long)(begin + len));
    }
}

static void note_stop(struct disasm *d)
{
    size_t depth = stk_machine_depth(d->l->show.machine);
    stk_buf_str(&d->note, "returns ");
    put_top(d, &d->note, 0);
    if (depth > 1) {
        stk_buf_printf(&d->note, ", %llu more left on the stack",
                       (unsigned long long)(depth - 1));
    }
}

/* What can be said before the opcode runs. */
static enum stk_status note_opcode(struct disasm *d, uint8_t op, uint64_t off)
{
    const struct stk_opinfo *info = &stk_opcodes[op];
    if (info->name == NULL) {
        return STK_OK;
    }
    switch (op) {
    case STK_OP_PUT:
    case STK_OP_BINPUT:
    case STK_OP_LONG_BINPUT:
    case STK_OP_MEMOIZE:
        return note_put(d, op, off);
    case STK_OP_GET:
    case STK_OP_BINGET:
    case STK_OP_LONG_BINGET:
        note_get(d, op, off);
        return STK_OK;
    case STK_OP_FRAME:
        note_frame(d, off);
        return STK_OK;
    case STK_OP_PROTO:
        stk_buf_str(&d->note, off == d->l->in->off ? "" : "not at the start");
        return STK_OK;
    case STK_OP_STOP:
        note_stop(d);
        return STK_OK;
    case STK_OP_POP:
    case STK_OP_POP_MARK:
        stk_buf_str(&d->note, "drops ");
        break;
    default:
        d->after = *info->before != '\0' ? AFTER_RESULT : AFTER_VALUE;
        break;
    }
    if (*info->before != '\0') {
        note_taken(d, &d->taken);
    }
    /* The argument is the value, or nothing is put. */
    if (*info->after == '\0' || op == STK_OP_MARK ||
        (d->after == AFTER_VALUE && info->arg != STK_ARG_NONE && info->risk == 0)) {
        d->after = AFTER_NOTHING;
    }
    return STK_OK;
}

/* ---- lines ---- */

static void text_reading_notes(struct disasm *d, const char *lead)
{
    const struct stk_inspection *in = d->l->in;
    struct stk_buf *out = &d->l->out;
    bool differs = in->run.quirks != 0 && in->run.quirk_off == d->off;
    for (size_t i = 0; i < in->n_others; i++) {
        const struct stk_run *run = &in->others[i].run;
        const char *why = stk_listing_why(run);
        if (!run->stopped && run->fault.off == d->off) {
            stk_listing_color(d->l, STK_VERDICT_UNDECIDED);
            stk_buf_printf(out, "%s%s stops here%s%s\n", lead,
                           in->others[i].reading->name, *why == '\0' ? "" : ": ", why);
            stk_listing_plain(d->l);
            differs = false;
        }
    }
    if (differs) {
        stk_listing_color(d->l, STK_VERDICT_UNDECIDED);
        stk_buf_printf(out, "%sunpicklers differ from here on\n", lead);
        stk_listing_plain(d->l);
    }
}

static void text_findings(struct disasm *d, const char *lead)
{
    size_t n = 0;
    size_t first = stk_listing_findings(d->l, d->off, &n);
    for (size_t i = first; i < first + n; i++) {
        const struct stk_finding *finding = &d->l->findings[d->l->by_off[i]];
        const struct stk_rule_info *rule = &stk_rules[finding->rule];
        stk_listing_color(d->l, rule->verdict);
        stk_buf_printf(&d->l->out, "%s%s %s: ", lead, rule->id,
                       stk_severity_name(rule->severity));
        stk_escape_again(&d->l->out, finding->message);
        stk_listing_plain(d->l);
        if (finding->reason != NULL) {
            stk_buf_str(&d->l->out, " (");
            stk_escape_again(&d->l->out, finding->reason);
            stk_buf_byte(&d->l->out, ')');
        }
        stk_buf_byte(&d->l->out, '\n');
    }
}

static void text_line(struct disasm *d)
{
    static const char lead[] = "          ^ ";
    struct stk_buf *out = &d->l->out;
    const char *name = stk_opcodes[d->op].name;
    stk_buf_printf(out, "%8llu  ", (unsigned long long)d->off);
    size_t start = out->len;
    for (size_t i = 0; i < d->indent && i < INDENT_MAX; i++) {
        stk_buf_str(out, ". ");
    }
    if (name == NULL) {
        stk_buf_printf(out, "0x%02x", d->op);
    } else {
        stk_buf_str(out, name);
    }
    if (d->argument.len > 0 || d->note.len > 0) {
        stk_listing_pad(out, start, COLUMN_NAME);
        start = out->len;
        stk_buf_put(out, d->argument.data, d->argument.len);
    }
    if (d->note.len > 0) {
        stk_listing_pad(out, start, COLUMN_ARGUMENT);
        stk_buf_put(out, d->note.data, d->note.len);
    }
    stk_buf_byte(out, '\n');
    stk_buf_put(out, d->effects.data, d->effects.len);
    text_findings(d, lead);
    text_reading_notes(d, lead);
}

static void json_member(struct stk_jsonw *json, const char *key,
                        const struct stk_buf *buf)
{
    if (buf->len > 0) {
        stk_jsonw_key(json, key);
        stk_jsonw_span(json, stk_buf_span(buf));
    }
}

static void json_findings(struct disasm *d)
{
    size_t n = 0;
    size_t first = stk_listing_findings(d->l, d->off, &n);
    struct stk_jsonw *json = &d->l->json;
    if (n == 0) {
        return;
    }
    stk_jsonw_key(json, "findings");
    stk_jsonw_begin(json, '[');
    for (size_t i = first; i < first + n; i++) {
        const struct stk_finding *finding = &d->l->findings[d->l->by_off[i]];
        stk_jsonw_begin(json, '{');
        stk_jsonw_key(json, "rule");
        stk_jsonw_str(json, stk_rules[finding->rule].id);
        stk_jsonw_key(json, "severity");
        stk_jsonw_str(json, stk_severity_name(stk_rules[finding->rule].severity));
        stk_jsonw_key(json, "message");
        stk_jsonw_str(json, finding->message);
        stk_jsonw_end(json, '}');
    }
    stk_jsonw_end(json, ']');
}

static void json_line(struct disasm *d)
{
    struct stk_jsonw *json = &d->l->json;
    const char *name = stk_opcodes[d->op].name;
    stk_buf_str(json->out, d->l->n_lines > 1 ? ",\n  " : "\n  ");
    json->comma = false;
    stk_jsonw_begin(json, '{');
    stk_jsonw_key(json, "offset");
    stk_jsonw_uint(json, d->off);
    stk_jsonw_key(json, "opcode");
    if (name == NULL) {
        stk_jsonw_null(json);
        stk_jsonw_key(json, "byte");
        stk_jsonw_uint(json, d->op);
    } else {
        stk_jsonw_str(json, name);
    }
    json_member(json, "argument", &d->argument);
    stk_jsonw_key(json, "marks");
    stk_jsonw_uint(json, d->indent);
    if (d->taken.has_mark) {
        stk_jsonw_key(json, "mark");
        stk_jsonw_uint(json, d->taken.mark_off);
    }
    if (d->has_memo) {
        stk_jsonw_key(json, "memo");
        stk_jsonw_uint(json, d->memo);
    }
    json_member(json, "note", &d->note);
    if (d->effects.len > 0) {
        stk_jsonw_key(json, "effects");
        stk_jsonw_begin(json, '[');
        stk_buf_put(json->out, d->effects.data, d->effects.len);
        stk_jsonw_end(json, ']');
    }
    json_findings(d);
    stk_jsonw_end(json, '}');
}

/* The pending line, now that its opcode has run or has failed. */
static enum stk_status finish(struct disasm *d, bool ran)
{
    if (!d->pending) {
        return STK_OK;
    }
    if (ran && d->after != AFTER_NOTHING) {
        stk_buf_str(&d->note, d->after == AFTER_RESULT ? " -> " : "");
        put_top(d, &d->note, 0);
    }
    d->pending = false;
    if (d->l->options->json) {
        json_line(d);
    } else {
        text_line(d);
    }
    STK_TRY(d->argument.status);
    STK_TRY(d->note.status);
    STK_TRY(d->effects.status);
    return stk_listing_flush(d->l);
}

/* ---- the judge ---- */

static enum stk_status opcode(void *ctx, struct stk_machine *machine, uint8_t op,
                              uint64_t off, uint64_t len)
{
    struct disasm *d = ctx;
    (void)len;
    STK_TRY(finish(d, true));
    STK_TRY(stk_listing_line(d->l));
    d->indent = stk_marks_open(&d->marks);
    STK_TRY(stk_marks_step(&d->marks, machine, op, off, &d->taken));
    size_t open = stk_marks_open(&d->marks);
    d->indent = open < d->indent ? open : d->indent;
    stk_buf_clear(&d->argument);
    stk_buf_clear(&d->note);
    stk_buf_clear(&d->effects);
    stk_jsonw_init(&d->effects_json, &d->effects);
    d->pending = true;
    d->op = op;
    d->off = off;
    d->after = AFTER_NOTHING;
    d->has_memo = false;
    stk_literal_put(&d->argument, &d->l->show, off, ARGUMENT_MAX);
    return note_opcode(d, op, off);
}

/* The stream that a call loads from its argument. */
static size_t nested_stream(struct disasm *d, const struct stk_effect *effect)
{
    uint64_t n = effect->n_items;
    const stk_slot *items = effect->items;
    if (items == NULL) {
        items = stk_slot_items(d->l->show.machine, effect->args, &n);
    }
    for (uint64_t i = 0; items != NULL && i < n; i++) {
        size_t index = stk_inspection_nested(d->l->in, d->l->show.machine, items[i]);
        if (index != SIZE_MAX) {
            return index;
        }
    }
    return SIZE_MAX;
}

static bool is_mapped(const struct stk_global *global)
{
    return !global->computed && !(stk_span_equal(global->module, global->mapped_module) &&
                                  stk_span_equal(global->name, global->mapped_name));
}

static void text_effect(struct disasm *d, const struct stk_effect *effect,
                        enum stk_rating rating, size_t stream, uint64_t skip)
{
    struct stk_buf *out = &d->effects;
    stk_buf_str(out, "          > ");
    stk_effect_put(out, &d->l->show, effect, d->l->number);
    if (effect->kind == STK_EFFECT_IMPORT && is_mapped(effect->global)) {
        stk_buf_str(out, "  (written ");
        stk_escape_put(out, effect->global->module, d->l->show.utf8);
        stk_buf_byte(out, '.');
        stk_escape_put(out, effect->global->name, d->l->show.utf8);
        stk_buf_byte(out, ')');
    }
    if (rating != STK_RATING_NONE) {
        stk_buf_printf(out, "  [%s]", stk_rating_name(rating));
    }
    if (stream != SIZE_MAX) {
        stk_buf_printf(out, "\n          > loads another stream: --stream %llu",
                       (unsigned long long)stream + 1);
    }
    if (skip > 0) {
        stk_buf_printf(out, "\n          > reads %llu bytes that are no opcodes",
                       (unsigned long long)skip);
    }
    stk_buf_byte(out, '\n');
}

static void json_effect(struct disasm *d, const struct stk_effect *effect,
                        enum stk_rating rating, size_t stream, uint64_t skip)
{
    struct stk_jsonw *json = &d->effects_json;
    struct stk_buf text;
    stk_buf_init(&text, d->l->in->alloc, (size_t)1 << 22);
    stk_effect_put(&text, &d->l->show, effect, d->l->number);
    if (text.status != STK_OK) {
        d->effects.status = text.status;
    }
    stk_jsonw_begin(json, '{');
    stk_jsonw_key(json, "kind");
    stk_jsonw_str(json, stk_effect_name(effect->kind));
    stk_jsonw_key(json, "text");
    stk_jsonw_span(json, stk_buf_span(&text));
    if (rating != STK_RATING_NONE) {
        stk_jsonw_key(json, "rating");
        stk_jsonw_str(json, stk_rating_name(rating));
    }
    if (stream != SIZE_MAX) {
        stk_jsonw_key(json, "stream");
        stk_jsonw_uint(json, stream + 1);
    }
    if (skip > 0) {
        stk_jsonw_key(json, "skip");
        stk_jsonw_uint(json, skip);
    }
    stk_jsonw_end(json, '}');
    stk_buf_release(&text);
}

static enum stk_status effect(void *ctx, struct stk_machine *machine,
                              const struct stk_effect *effect,
                              struct stk_outcome *outcome)
{
    struct disasm *d = ctx;
    enum stk_rating rating = stk_effect_rating(d->l->in, machine, effect);
    size_t stream = effect->kind == STK_EFFECT_CALL ? nested_stream(d, effect) : SIZE_MAX;
    uint64_t number = d->l->number;
    stk_inspection_outcome(d->l->in, effect, &number, outcome);
    if (d->l->options->json) {
        json_effect(d, effect, rating, stream, outcome->skip);
    } else {
        text_effect(d, effect, rating, stream, outcome->skip);
    }
    d->l->number = number;
    return STK_OK;
}

static enum stk_status end(void *ctx)
{
    struct disasm *d = ctx;
    const struct stk_run *run = &d->l->run;
    return finish(d, run->fault.code != STK_FAULT_NONE && run->fault.off != d->off);
}

enum stk_status stk_disasm(const struct stk_inspection *in,
                           const struct stk_listing_options *options)
{
    struct stk_listing l;
    struct disasm d = {.l = &l};
    const struct stk_judge judge = {.effect = effect, .opcode = opcode, .ctx = &d};
    struct stk_machine *machine = stk_machine_new(in->alloc, in->limits);
    stk_marks_init(&d.marks, in->alloc);
    stk_buf_init(&d.argument, in->alloc, (size_t)1 << 16);
    stk_buf_init(&d.note, in->alloc, (size_t)1 << 22);
    stk_buf_init(&d.effects, in->alloc, (size_t)1 << 22);
    enum stk_status status = stk_listing_init(&l, in, options, machine);
    if (status == STK_OK) {
        status = stk_listing_run(&l, &judge, end, "opcodes");
    }
    stk_listing_release(&l);
    stk_buf_release(&d.argument);
    stk_buf_release(&d.note);
    stk_buf_release(&d.effects);
    stk_marks_release(&d.marks);
    stk_machine_free(machine);
    return status;
}
