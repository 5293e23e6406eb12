/* SPDX-License-Identifier: Apache-2.0 */
#include "report/listing.h"

#include <string.h>

#include "report/escape.h"
#include "report/report.h"

/* Handed on when this much was written. */
#define FLUSH_AT ((size_t)32 << 10)

/* Longest text of one line and of what belongs to it: names have up to name-max bytes,
 * and an escape of a byte four. */
#define LINE_ROOM ((size_t)4 << 20)

static int by_offset(const struct stk_finding *a, const struct stk_finding *b)
{
    return a->off < b->off ? -1 : a->off > b->off ? 1 : 0;
}

/* An index of the findings: at most findings-max of them, nearly in order as they come.
 */
static enum stk_status sort_findings(struct stk_listing *l)
{
    l->findings = stk_inspection_findings(l->in, &l->n_findings);
    l->by_off = stk_new(l->in->alloc, (l->n_findings + 1) * sizeof(*l->by_off));
    if (l->by_off == NULL) {
        return STK_E_NOMEM;
    }
    for (size_t i = 0; i < l->n_findings; i++) {
        size_t at = i;
        while (at > 0 &&
               by_offset(&l->findings[l->by_off[at - 1]], &l->findings[i]) > 0) {
            l->by_off[at] = l->by_off[at - 1];
            at--;
        }
        l->by_off[at] = i;
    }
    return STK_OK;
}

enum stk_status stk_listing_init(struct stk_listing *l, const struct stk_inspection *in,
                                 const struct stk_listing_options *options,
                                 struct stk_machine *machine)
{
    *l = (struct stk_listing){.in = in, .options = options};
    stk_buf_init(&l->out, in->alloc, FLUSH_AT + LINE_ROOM);
    stk_jsonw_init(&l->json, &l->out);
    l->peek = stk_new(in->alloc, sizeof(*l->peek));
    if (l->peek == NULL || machine == NULL) {
        return STK_E_NOMEM;
    }
    stk_peek_init(l->peek, &in->source);
    l->show = (struct stk_show){
        .machine = machine,
        .peek = l->peek,
        .utf8 = options->utf8 && !options->json,
    };
    return sort_findings(l);
}

void stk_listing_release(struct stk_listing *l)
{
    stk_free(l->in->alloc, l->peek, l->peek == NULL ? 0 : sizeof(*l->peek));
    stk_free(l->in->alloc, l->by_off,
             l->by_off == NULL ? 0 : (l->n_findings + 1) * sizeof(*l->by_off));
    stk_buf_release(&l->out);
}

static enum stk_status hand_on(struct stk_listing *l)
{
    STK_TRY(l->out.status);
    STK_TRY(l->options->write(l->options->ctx, stk_buf_span(&l->out)));
    stk_buf_clear(&l->out);
    return STK_OK;
}

enum stk_status stk_listing_flush(struct stk_listing *l)
{
    STK_TRY(l->peek->status);
    return l->out.len < FLUSH_AT ? l->out.status : hand_on(l);
}

enum stk_status stk_listing_line(struct stk_listing *l)
{
    if (l->options->lines_max > 0 && l->n_lines >= l->options->lines_max) {
        l->cut = true;
        return STK_E_LIMIT;
    }
    l->n_lines++;
    return STK_OK;
}

size_t stk_listing_findings(const struct stk_listing *l, uint64_t off, size_t *ret_n)
{
    size_t low = 0;
    size_t high = l->n_findings;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (l->findings[l->by_off[middle]].off < off) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    size_t n = 0;
    while (low + n < l->n_findings && l->findings[l->by_off[low + n]].off == off) {
        n++;
    }
    *ret_n = n;
    return low;
}

const char *stk_listing_reason(const struct stk_listing *l,
                               const struct stk_effect *effect)
{
    const struct stk_global *global =
        effect->kind == STK_EFFECT_IMPORT
            ? effect->global
            : stk_slot_global(l->show.machine, effect->target);
    const char *reason = NULL;
    size_t n = 0;
    if (global == NULL || stk_inspection_rating(l->in, global) != STK_RATING_DANGEROUS) {
        return NULL;
    }
    size_t first = stk_listing_findings(l, global->off, &n);
    for (size_t i = first; i < first + n && reason == NULL; i++) {
        reason = l->findings[l->by_off[i]].reason;
    }
    return reason;
}

/* A run that stops where unpicklers differ stops for the difference, if there is one. */
const char *stk_listing_why(const struct stk_run *run)
{
    if (run->fault.code != STK_FAULT_READINGS) {
        return stk_fault_text(run->fault.code);
    }
    const char *why = "";
    if (__builtin_popcount(run->quirks) == 1) {
        why = stk_quirk_text((enum stk_quirk)__builtin_ctz(run->quirks));
    }
    return why;
}

void stk_listing_pad(struct stk_buf *out, size_t start, size_t column)
{
    size_t used = 0;
    for (size_t i = start; i < out->len; i++) {
        used += (out->data[i] & 0xc0) != 0x80;
    }
    do {
        stk_buf_byte(out, ' ');
        used++;
    } while (used < column);
}

void stk_listing_color(struct stk_listing *l, enum stk_verdict verdict)
{
    static const char *const colors[STK_VERDICTS] = {
        [STK_VERDICT_CLEAN] = "\033[32m",
        [STK_VERDICT_REVIEW] = "\033[33m",
        [STK_VERDICT_UNDECIDED] = "\033[35m",
        [STK_VERDICT_DANGEROUS] = "\033[1;31m",
    };
    stk_buf_str(&l->out, l->options->color ? colors[verdict] : "");
}

void stk_listing_plain(struct stk_listing *l)
{
    stk_buf_str(&l->out, l->options->color ? "\033[0m" : "");
}

/* ---- head ---- */

static void json_head(struct stk_listing *l, const char *key)
{
    const struct stk_inspection *in = l->in;
    const char *member = in->stream == NULL ? NULL : in->stream->member;
    stk_jsonw_begin(&l->json, '{');
    stk_jsonw_key(&l->json, "member");
    if (member == NULL) {
        stk_jsonw_null(&l->json);
    } else {
        stk_jsonw_str(&l->json, member);
    }
    stk_jsonw_key(&l->json, "offset");
    stk_jsonw_uint(&l->json, in->off);
    stk_jsonw_key(&l->json, "length");
    stk_jsonw_uint(&l->json, in->run.end - in->run.begin);
    stk_jsonw_key(&l->json, "protocol");
    if (in->run.protocol < 0) {
        stk_jsonw_null(&l->json);
    } else {
        stk_jsonw_int(&l->json, in->run.protocol);
    }
    stk_jsonw_key(&l->json, "reading");
    stk_jsonw_str(&l->json, in->reading->name);
    stk_jsonw_key(&l->json, "verdict");
    stk_jsonw_str(&l->json, stk_verdict_name(stk_inspection_verdict(in)));
    stk_jsonw_key(&l->json, "complete");
    stk_jsonw_bool(&l->json, in->run.stopped);
    stk_jsonw_key(&l->json, key);
    stk_jsonw_begin(&l->json, '[');
}

static void text_head(struct stk_listing *l)
{
    const struct stk_inspection *in = l->in;
    const char *member = in->stream == NULL ? NULL : in->stream->member;
    enum stk_verdict verdict = stk_inspection_verdict(in);
    stk_buf_str(&l->out, "# ");
    if (member != NULL) {
        stk_escape_again(&l->out, member);
        stk_buf_str(&l->out, ", ");
    }
    stk_buf_printf(&l->out, "byte %llu: ", (unsigned long long)in->off);
    stk_report_count(&l->out, in->run.end - in->run.begin);
    stk_buf_str(&l->out, in->run.end - in->run.begin == 1 ? " byte" : " bytes");
    if (in->run.protocol >= 0) {
        stk_buf_printf(&l->out, ", protocol %d", in->run.protocol);
    } else {
        stk_buf_str(&l->out, ", no PROTO");
    }
    if (in->reading != &stk_reading_reference) {
        stk_buf_printf(&l->out, ", as %s reads it", in->reading->name);
    }
    stk_buf_str(&l->out, ", ");
    stk_listing_color(l, verdict);
    stk_buf_str(&l->out, stk_verdict_name(verdict));
    stk_listing_plain(l);
    stk_buf_byte(&l->out, '\n');
}

/* ---- end ---- */

static void json_fault(struct stk_listing *l, const struct stk_run *run)
{
    const char *name = stk_opcodes[run->fault.op].name;
    stk_jsonw_begin(&l->json, '{');
    stk_jsonw_key(&l->json, "offset");
    stk_jsonw_uint(&l->json, run->fault.off);
    stk_jsonw_key(&l->json, "byte");
    stk_jsonw_uint(&l->json, run->fault.op);
    stk_jsonw_key(&l->json, "opcode");
    if (name == NULL || run->fault.code == STK_FAULT_END) {
        stk_jsonw_null(&l->json);
    } else {
        stk_jsonw_str(&l->json, name);
    }
    stk_jsonw_key(&l->json, "reason");
    stk_jsonw_str(&l->json, stk_listing_why(run));
    stk_jsonw_end(&l->json, '}');
}

static void json_reading(struct stk_listing *l, const struct stk_other_reading *other)
{
    stk_jsonw_begin(&l->json, '{');
    stk_jsonw_key(&l->json, "reading");
    stk_jsonw_str(&l->json, other->reading->name);
    stk_jsonw_key(&l->json, "complete");
    stk_jsonw_bool(&l->json, other->run.stopped);
    stk_jsonw_key(&l->json, "end");
    stk_jsonw_uint(&l->json, other->run.end);
    if (other->new_global != NULL) {
        stk_jsonw_key(&l->json, "also_imports");
        stk_jsonw_str(&l->json, other->new_global);
    }
    if (!other->run.stopped) {
        stk_jsonw_key(&l->json, "fault");
        json_fault(l, &other->run);
    }
    stk_jsonw_end(&l->json, '}');
}

static void json_end(struct stk_listing *l)
{
    const struct stk_run *run = &l->in->run;
    stk_jsonw_end(&l->json, ']');
    stk_jsonw_key(&l->json, "cut");
    stk_jsonw_bool(&l->json, l->cut);
    stk_jsonw_key(&l->json, "fault");
    if (run->stopped) {
        stk_jsonw_null(&l->json);
    } else {
        json_fault(l, run);
    }
    stk_jsonw_key(&l->json, "differences");
    stk_jsonw_begin(&l->json, '[');
    for (int i = 0; i < STK_QUIRK_COUNT; i++) {
        if (((run->quirks >> i) & 1) != 0) {
            stk_jsonw_str(&l->json, stk_quirk_text((enum stk_quirk)i));
        }
    }
    stk_jsonw_end(&l->json, ']');
    stk_jsonw_key(&l->json, "readings");
    stk_jsonw_begin(&l->json, '[');
    for (size_t i = 0; i < l->in->n_others; i++) {
        json_reading(l, &l->in->others[i]);
    }
    stk_jsonw_end(&l->json, ']');
    stk_jsonw_end(&l->json, '}');
}

static void text_fault(struct stk_listing *l, const struct stk_run *run)
{
    const char *why = stk_listing_why(run);
    stk_buf_printf(&l->out, "byte %llu%s%s", (unsigned long long)run->fault.off,
                   *why == '\0' ? "" : ": ", why);
    if (run->fault.code == STK_FAULT_OPCODE) {
        stk_buf_printf(&l->out, " (0x%02x)", run->fault.op);
    }
    stk_buf_byte(&l->out, '\n');
}

static void text_reading(struct stk_listing *l, const struct stk_other_reading *other)
{
    stk_buf_printf(&l->out, "#   %s ", other->reading->name);
    if (other->run.stopped) {
        stk_buf_printf(&l->out, "reads to byte %llu\n",
                       (unsigned long long)other->run.end);
    } else {
        stk_buf_str(&l->out, "stops at ");
        text_fault(l, &other->run);
    }
    if (other->new_global != NULL) {
        stk_buf_printf(&l->out, "#   %s also imports ", other->reading->name);
        stk_escape_again(&l->out, other->new_global);
        stk_buf_printf(&l->out, " at byte %llu\n",
                       (unsigned long long)other->new_global_off);
    }
}

static void text_end(struct stk_listing *l)
{
    const struct stk_run *run = &l->in->run;
    if (l->cut) {
        stk_buf_str(&l->out, "# cut here by --limit; the stream has ");
        stk_report_count(&l->out, run->n_ops);
        stk_buf_str(&l->out, run->n_ops == 1 ? " opcode\n" : " opcodes\n");
    }
    if (!run->stopped) {
        stk_listing_color(l, STK_VERDICT_UNDECIDED);
        stk_buf_str(&l->out, "# stops at ");
        text_fault(l, run);
        stk_listing_plain(l);
    }
    if (run->quirks == 0) {
        return;
    }
    stk_listing_color(l, STK_VERDICT_UNDECIDED);
    stk_buf_printf(&l->out, "# unpicklers differ, first at byte %llu:\n",
                   (unsigned long long)run->quirk_off);
    for (int i = 0; i < STK_QUIRK_COUNT; i++) {
        if (((run->quirks >> i) & 1) != 0) {
            stk_buf_printf(&l->out, "#   %s\n", stk_quirk_text((enum stk_quirk)i));
        }
    }
    for (size_t i = 0; i < l->in->n_others; i++) {
        text_reading(l, &l->in->others[i]);
    }
    stk_listing_plain(l);
}

enum stk_status stk_listing_run(struct stk_listing *l, const struct stk_judge *judge,
                                enum stk_status (*last)(void *ctx), const char *key)
{
    if (l->options->json) {
        json_head(l, key);
    } else {
        text_head(l);
    }
    enum stk_status status = stk_machine_run(l->show.machine, &l->in->source, l->in->off,
                                             l->in->reading, judge, &l->run);
    if (status != STK_OK && !(status == STK_E_LIMIT && l->cut)) {
        return status;
    }
    STK_TRY(last(judge->ctx));
    if (l->options->json) {
        json_end(l);
    } else {
        text_end(l);
    }
    return hand_on(l);
}
