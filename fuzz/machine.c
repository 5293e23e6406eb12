/* SPDX-License-Identifier: Apache-2.0
 *
 * Follows the input as a stream, as the first run and as one of the readings does, from
 * memory and from a source that is read in pieces: both must tell the judge the same,
 * also where the machine's window on the source ends inside the input. The judge answers
 * as the input says: it skips, lets streams follow in place, stops. Then once more with
 * an allocation that fails, and with a source that fails. Effects stay inside the input
 * and in order, none comes behind a stop, and all memory is given back.
 */
#include <stdlib.h>
#include <string.h>

#include "base/checked.h"
#include "pickle/machine.h"

/* Bytes that the machine holds of a source: in front of an input so many less a few, so
 * that what it holds ends behind those few. */
#define WINDOW ((size_t)256 << 10)
#define SHIFTED_MAX ((size_t)4096)

struct heap {
    struct stk_alloc alloc;
    uint64_t requests;
    uint64_t fail_at;
    uint64_t held;
};

struct file {
    const uint8_t *data;
    size_t len;
    uint64_t reads;
    uint64_t fail_at;
};

/* What the judge was told, as one sum, and what it answers. */
struct sink {
    const uint8_t *data;
    size_t begin; /* where the stream begins in data */
    size_t len;
    uint64_t sum;
    uint64_t n_effects;
    uint64_t off;
    bool stopped;
    bool answers; /* else everything gets the default */
};

static void require(int expr)
{
    if (!expr) {
        abort();
    }
}

/* The block for the window is the largest by far; it is kept from run to run. */
static void *spare;

static void give_back(void *block, size_t len)
{
    if (len == WINDOW && spare == NULL) {
        spare = block;
    } else {
        free(block);
    }
}

static void *take(size_t len)
{
    void *block = len == WINDOW ? spare : NULL;
    if (block != NULL) {
        spare = NULL;
        return block;
    }
    block = malloc(len);
    require(block != NULL);
    return block;
}

static void *resize(void *ctx, void *block, size_t old, size_t len)
{
    struct heap *heap = ctx;
    if (len == 0) {
        give_back(block, old);
        heap->held -= old;
        return NULL;
    }
    if (++heap->requests == heap->fail_at) {
        return NULL;
    }
    /* Moves always, so that a pointer kept across growth is found. */
    void *next = take(len);
    if (block != NULL) {
        memcpy(next, block, old < len ? old : len);
        give_back(block, old);
    }
    heap->held += len;
    heap->held -= old;
    return next;
}

STK_WRAPS static uint64_t mix(uint64_t sum, uint64_t value)
{
    return (sum ^ value) * UINT64_C(0x100000001b3) + (sum >> 47);
}

static uint64_t mix_bytes(uint64_t sum, const void *bytes, size_t len)
{
    const uint8_t *p = bytes;
    for (size_t i = 0; i < len; i++) {
        sum = mix(sum, p[i]);
    }
    return mix(sum, len);
}

static void note_shown(struct sink *sink, struct stk_machine *machine, stk_slot slot)
{
    const char *text = stk_slot_show(machine, slot, 40);
    size_t len = strlen(text);
    require(len <= 43);
    for (size_t i = 0; i < len; i++) {
        require(text[i] >= ' ' && text[i] <= '~');
    }
    sink->sum = mix_bytes(sink->sum, text, len);
}

static void note_text(struct sink *sink, struct stk_machine *machine, stk_slot slot)
{
    struct stk_span text = {0};
    uint64_t off = 0;
    uint64_t len = 0;
    enum stk_status status = stk_slot_text(machine, slot, 1000, &text);
    if (status == STK_OK) {
        sink->sum = mix_bytes(sink->sum, text.data, text.len);
    }
    require(status == STK_OK || status == STK_E_LIMIT || status == STK_E_UNSUPPORTED);
    if (stk_slot_place(machine, slot, &off, &len) == STK_OK) {
        require(stk_range_ok(off, len, sink->len));
        sink->sum = mix(mix(sink->sum, off), len);
    }
}

static void note_inside(struct sink *sink, struct stk_machine *machine, stk_slot slot)
{
    uint64_t n = 0;
    const stk_slot *items = stk_slot_items(machine, slot, &n);
    for (uint64_t i = 0; items != NULL && i < n && i < 8; i++) {
        sink->sum = mix(sink->sum, items[i]);
    }
    const stk_slot *pairs = stk_slot_pairs(machine, slot, &n);
    for (uint64_t i = 0; pairs != NULL && i < 2 * n && i < 16; i++) {
        sink->sum = mix(sink->sum, pairs[i]);
    }
    sink->sum = mix(sink->sum, (uint64_t)stk_slot_uniform(machine, slot));
}

static void note_slot(struct sink *sink, struct stk_machine *machine, stk_slot slot)
{
    sink->sum = mix(sink->sum, slot);
    require(stk_slot_kind(slot) < STK_KINDS);
    require(stk_slot_kind(slot) != STK_GLOBAL || stk_slot_global(machine, slot) != NULL);
    note_inside(sink, machine, slot);
    if (sink->answers) {
        note_shown(sink, machine, slot);
        note_text(sink, machine, slot);
    }
}

static void answer(struct sink *sink, const struct stk_effect *effect,
                   struct stk_outcome *outcome)
{
    size_t len = sink->len - sink->begin;
    const uint8_t *data = sink->data + sink->begin;
    uint64_t off = effect->off - sink->begin;
    uint8_t byte = data[(off + 1) % len];
    if (!sink->answers || effect->kind == STK_EFFECT_IMPORT) {
        return;
    }
    outcome->stop = byte % 64 == 5;
    outcome->nested = effect->kind == STK_EFFECT_BUILD && byte % 4 == 1;
    outcome->skip = byte % 8 == 2 ? data[off % len] : 0;
    if (byte % 8 == 3) {
        outcome->result = stk_slot_object(byte, 1, 7);
    }
    sink->stopped = outcome->stop;
}

static enum stk_status effect(void *ctx, struct stk_machine *machine,
                              const struct stk_effect *effect,
                              struct stk_outcome *outcome)
{
    struct sink *sink = ctx;
    require(!sink->stopped);
    require(effect->off >= sink->off && effect->off < sink->len);
    require(effect->op == (enum stk_opcode)sink->data[effect->off]);
    require((effect->kind == STK_EFFECT_IMPORT) == (effect->global != NULL));
    sink->off = effect->off;
    sink->n_effects++;
    sink->sum = mix(mix(sink->sum, effect->off), effect->kind);
    if (effect->global != NULL) {
        const struct stk_global *g = effect->global;
        require(g->off <= effect->off || !sink->answers);
        sink->sum = mix_bytes(sink->sum, g->module.data, g->module.len);
        sink->sum = mix_bytes(sink->sum, g->name.data, g->name.len);
        sink->sum = mix_bytes(sink->sum, g->mapped_module.data, g->mapped_module.len);
        sink->sum = mix_bytes(sink->sum, g->mapped_name.data, g->mapped_name.len);
    } else {
        note_slot(sink, machine, effect->target);
        note_slot(sink, machine, effect->args);
        note_slot(sink, machine, effect->kwargs);
    }
    for (size_t i = 0; i < effect->n_items && i < 8; i++) {
        note_slot(sink, machine, effect->items[i]);
    }
    answer(sink, effect, outcome);
    return STK_OK;
}

static enum stk_status opcode(void *ctx, struct stk_machine *machine, uint8_t op,
                              uint64_t off, uint64_t len)
{
    struct sink *sink = ctx;
    stk_slot top = 0;
    require(off < sink->len && op == sink->data[off]);
    require(len >= 1 && len <= 9);
    require(stk_machine_peek(machine, 0, &top) == (stk_machine_depth(machine) > 0));
    sink->sum = mix(mix(sink->sum, top), off);
    return STK_OK;
}

static enum stk_status read_at(void *ctx, uint64_t off, void *buf, size_t len)
{
    struct file *file = ctx;
    require(stk_range_ok(off, len, file->len));
    if (++file->reads == file->fail_at) {
        return STK_E_SHRUNK;
    }
    memcpy(buf, file->data + off, len);
    return STK_OK;
}

/* Small, so that inputs reach them. */
static struct stk_limits small_limits(void)
{
    struct stk_limits limits = STK_LIMITS_DEFAULT;
    limits.stack_max = 4096;
    limits.mark_max = 1024;
    limits.memo_max = 1024;
    limits.kept_slots = 1024;
    limits.kept_items = 16;
    limits.globals_max = 64;
    limits.name_max = 300;
    limits.depth_max = 3;
    return limits;
}

static void check_run(const struct stk_run *run, const struct sink *sink)
{
    require(run->end <= sink->len && run->begin <= run->end);
    require(run->stopped == (run->fault.code == STK_FAULT_NONE));
    require(run->fault.code < STK_FAULTS && run->fault.off <= sink->len);
    require(run->quirks >> STK_QUIRK_COUNT == 0);
    require((run->effects != 0) == (sink->n_effects > 0));
    require(!sink->stopped || run->fault.code == STK_FAULT_JUDGE);
    /* Time is linear in what there is. */
    require(run->n_ops <= sink->len - sink->begin + 1);
}

static enum stk_status any_effect(void *ctx, struct stk_machine *machine,
                                  const struct stk_effect *effect,
                                  struct stk_outcome *outcome)
{
    (void)ctx;
    (void)machine;
    (void)effect;
    (void)outcome;
    return STK_OK;
}

/* A run over what lies in front of the stream, which leaves the window there. */
static enum stk_status warm_up(struct stk_machine *machine,
                               const struct stk_source *source, const struct sink *sink)
{
    struct stk_judge judge = {.effect = any_effect};
    struct stk_run run = {0};
    if (sink->begin == 0) {
        return STK_OK;
    }
    return stk_machine_run(machine, source, 0, &stk_reading_reference, &judge, &run);
}

static enum stk_status follow(const struct stk_source *source,
                              const struct stk_reading *reading, uint64_t fail_at,
                              struct sink *sink)
{
    struct heap heap = {.alloc = {resize, NULL}, .fail_at = fail_at};
    struct stk_limits limits = small_limits();
    struct stk_judge judge = {.effect = effect, .opcode = opcode, .ctx = sink};
    struct stk_run run = {0};
    heap.alloc.ctx = &heap;
    sink->sum = 0;
    sink->n_effects = 0;
    sink->off = sink->begin;
    sink->stopped = false;
    struct stk_machine *machine = stk_machine_new(&heap.alloc, &limits);
    enum stk_status status = STK_E_NOMEM;
    if (machine != NULL) {
        status = warm_up(machine, source, sink);
    }
    if (status == STK_OK) {
        status = stk_machine_run(machine, source, sink->begin, reading, &judge, &run);
    }
    if (status == STK_OK) {
        check_run(&run, sink);
        require(stk_machine_n_globals(machine) <= limits.globals_max);
        sink->sum = mix(mix(mix(sink->sum, run.end), run.fault.code), run.quirks);
        sink->sum = mix(sink->sum, stk_machine_n_globals(machine));
        if (run.stopped) {
            note_slot(sink, machine, run.value);
        }
    }
    stk_machine_free(machine);
    require(heap.held == 0);
    return status;
}

static void also(void *ctx, const struct stk_reading *reading, const struct stk_run *run)
{
    unsigned *n = ctx;
    require(reading != &stk_reading_reference);
    require(run->quirks != 0);
    ++*n;
}

/* Over all readings: none where there is no quirk. */
static void follow_all(const struct stk_source *source)
{
    struct stk_limits limits = small_limits();
    struct stk_judge judge = {.effect = any_effect};
    struct stk_run run = {0};
    unsigned n = 0;
    struct stk_machine *machine = stk_machine_new(&stk_alloc_libc, &limits);
    require(machine != NULL);
    require(stk_machine_run_all(machine, source, 0, &judge, also, &n, &run) == STK_OK);
    require(n == 0 || run.quirks != 0);
    require(n < limits.readings_max && n <= stk_n_readings);
    stk_machine_free(machine);
}

static void follow_both(const uint8_t *data, size_t begin, size_t len,
                        const struct stk_reading *reading, bool answers)
{
    struct file file = {.data = data, .len = len};
    struct stk_source memory = stk_source_of(stk_span_of(data, len));
    struct stk_source pieces = {.size = len, .read_at = read_at, .ctx = &file};
    struct sink a = {.data = data, .begin = begin, .len = len, .answers = answers};
    struct sink b = a;
    require(follow(&memory, reading, 0, &a) == STK_OK);
    require(follow(&pieces, reading, 0, &b) == STK_OK);
    require(a.sum == b.sum && a.n_effects == b.n_effects);
}

static void follow_shifted(const uint8_t *data, size_t len)
{
    static uint8_t shifted[WINDOW + SHIFTED_MAX];
    if (len < 2 || len > SHIFTED_MAX) {
        return;
    }
    size_t begin = WINDOW - 1 - (data[0] + data[len - 1] * (size_t)7) % (len - 1);
    memset(shifted + WINDOW - SHIFTED_MAX, 0, SHIFTED_MAX);
    memcpy(shifted + begin, data, len);
    follow_both(shifted, begin, begin + len, &stk_reading_reference, true);
}

static void follow_failing(const uint8_t *data, size_t len)
{
    struct file file = {.data = data, .len = len, .fail_at = 1 + data[len / 3] % 8};
    struct stk_source pieces = {.size = len, .read_at = read_at, .ctx = &file};
    struct sink sink = {.data = data, .len = len};
    enum stk_status status = follow(&pieces, &stk_reading_reference, 0, &sink);
    require(status == (file.reads >= file.fail_at ? STK_E_SHRUNK : STK_OK));
    file.fail_at = 0;
    status = follow(&pieces, &stk_reading_reference, 1 + data[len / 2] % 32, &sink);
    require(status == STK_OK || status == STK_E_NOMEM);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    if (len == 0) {
        return 0;
    }
    struct stk_source memory = stk_source_of(stk_span_of(data, len));
    follow_both(data, 0, len, &stk_reading_reference, true);
    follow_both(data, 0, len, &stk_readings[data[len - 1] % stk_n_readings], false);
    follow_shifted(data, len);
    follow_all(&memory);
    follow_failing(data, len);
    return 0;
}
