/* SPDX-License-Identifier: Apache-2.0 */
#include "pickle/machine.h"

#include "pickle/build.h"
#include "pickle/state.h"

const char *stk_fault_text(enum stk_fault_code code)
{
    static const char *const texts[STK_FAULTS] = {
        [STK_FAULT_NONE] = "no fault",
        [STK_FAULT_END] = "the bytes end before STOP",
        [STK_FAULT_TRUNCATED] = "the bytes end inside an argument",
        [STK_FAULT_OPCODE] = "no such opcode",
        [STK_FAULT_UNDERFLOW] = "too few values on the stack",
        [STK_FAULT_MARK] = "no mark on the stack",
        [STK_FAULT_MEMO] = "a memo entry that was never made",
        [STK_FAULT_PROTOCOL] = "a protocol above 5",
        [STK_FAULT_NUMBER] = "text that is no number",
        [STK_FAULT_TEXT] = "text that cannot be decoded",
        [STK_FAULT_LENGTH] = "a length that no unpickler accepts",
        [STK_FAULT_ODD] = "a key without a value",
        [STK_FAULT_UNHASHABLE] = "a key or set member that cannot be hashed",
        [STK_FAULT_TYPE] = "an opcode applied to a value that cannot take it",
        [STK_FAULT_EXTENSION] = "an extension code below 1",
        [STK_FAULT_READINGS] = "this unpickler stops here",
        [STK_FAULT_JUDGE] = "ended by the judge",
        [STK_FAULT_LIMIT_STACK] = "more values on the stack than stack-max",
        [STK_FAULT_LIMIT_MARK] = "more open marks than mark-max",
        [STK_FAULT_LIMIT_MEMO] = "more memo entries than memo-max",
        [STK_FAULT_LIMIT_CUTS] = "more bytes dropped at frames than cuts-max",
        [STK_FAULT_LIMIT_GLOBAL] = "more imports than globals-max",
        [STK_FAULT_LIMIT_NAME] = "a name longer than name-max",
        [STK_FAULT_LIMIT_DEPTH] = "streams nested deeper than depth-max",
        [STK_FAULT_VALUE] = "nothing that a value can stand for",
        [STK_FAULT_READ] = "the source could not be read",
    };
    return code < STK_FAULTS ? texts[code] : "";
}

bool stk_fault(struct stk_machine *m, enum stk_fault_code code)
{
    if (m->run.fault.code == STK_FAULT_NONE) {
        m->run.fault.code = code;
        m->run.fault.off = stk_cuts_real(m, m->off);
        m->run.fault.op = m->op;
        m->run.fault.depth = m->n_marks;
    }
    return false;
}

bool stk_failed(struct stk_machine *m, enum stk_status status)
{
    m->status = m->status == STK_OK ? status : m->status;
    return stk_fault(m, STK_FAULT_READ);
}

void stk_quirk_note(struct stk_machine *m, enum stk_quirk quirk)
{
    if (m->run.quirks == 0) {
        m->run.quirk_off = stk_cuts_real(m, m->off);
    }
    m->run.quirks |= UINT32_C(1) << quirk;
}

bool stk_quirk(struct stk_machine *m, enum stk_quirk quirk, bool c_goes_on)
{
    stk_quirk_note(m, quirk);
    if (m->reading == &stk_reading_reference || stk_goes_python(m, quirk) != c_goes_on) {
        return true;
    }
    return stk_fault(m, STK_FAULT_READINGS);
}

/* ---- life ---- */

struct stk_machine *stk_machine_new(const struct stk_alloc *alloc,
                                    const struct stk_limits *limits)
{
    struct stk_machine *m = stk_new(alloc, sizeof *m);
    if (m == NULL) {
        return NULL;
    }
    m->alloc = alloc;
    m->limits = limits;
    m->kept.max = (size_t)limits->kept_slots;
    stk_memo_init(&m->memo, alloc, limits);
    stk_map_init(&m->dirty, alloc, m->memo.max, 1);
    stk_map_init(&m->held, alloc, m->memo.max, 2);
    stk_map_init(&m->by_name, alloc, SIZE_MAX, 2);
    stk_arena_init(&m->arena, alloc, (size_t)limits->arena_max);
    return m;
}

void stk_machine_free(struct stk_machine *m)
{
    if (m == NULL) {
        return;
    }
    const struct stk_alloc *alloc = m->alloc;
    stk_memo_release(&m->memo, alloc);
    stk_map_release(&m->dirty);
    stk_map_release(&m->held);
    stk_map_release(&m->by_name);
    stk_arena_release(&m->arena);
    stk_free(alloc, m->kept.slots, m->kept.cap * sizeof *m->kept.slots);
    stk_free(alloc, m->stack, (size_t)(m->stack_end - m->stack) * sizeof *m->stack);
    stk_free(alloc, m->marks, m->cap_marks * sizeof *m->marks);
    stk_free(alloc, m->globals, m->cap_globals * sizeof *m->globals);
    stk_free(alloc, m->cuts.list, m->cuts.cap * sizeof *m->cuts.list);
    stk_free(alloc, m->win_buf, STK_WINDOW_SIZE);
    stk_free(alloc, m->pages.bytes, STK_PAGES * STK_PAGE_SIZE);
    if (m->builder != NULL) {
        stk_build_release(m->builder);
        stk_free(alloc, m->builder, sizeof *m->builder);
    }
    stk_free(alloc, m, sizeof *m);
}

void stk_machine_forget(struct stk_machine *m)
{
    m->source = (struct stk_source){0};
    stk_input_forget(m);
}

/* Forgets the stream before; keeps its memory. */
static void forget_globals(struct stk_machine *m)
{
    m->n_globals = 0;
    stk_map_clear(&m->by_name);
    stk_arena_clear(&m->arena);
}

static enum stk_status run(struct stk_machine *m, const struct stk_source *source,
                           uint64_t off, const struct stk_reading *reading,
                           const struct stk_judge *judge, struct stk_run *ret_run)
{
    m->judge = judge;
    m->reading = reading;
    m->sp = m->stack;
    m->floor = m->stack;
    m->n_marks = 0;
    m->mark_base = 0;
    m->nesting = 0;
    m->kept.head = 0;
    stk_memo_clear(&m->memo);
    stk_map_clear(&m->dirty);
    m->all_dirty = false;
    stk_map_clear(&m->held);
    m->all_held = false;
    m->any_unheld = false;
    m->protocol = 0;
    m->n_buffers = 0;
    m->status = STK_OK;
    m->run = (struct stk_run){.begin = off, .end = off, .protocol = -1};
    m->next = off;
    stk_input_open(m, source, off);
    if (m->stack != NULL || stk_stack_grow(m)) {
        stk_machine_loop(m);
    }
    *ret_run = m->run;
    return m->status;
}

enum stk_status stk_machine_run(struct stk_machine *m, const struct stk_source *source,
                                uint64_t off, const struct stk_reading *reading,
                                const struct stk_judge *judge, struct stk_run *ret_run)
{
    forget_globals(m);
    return run(m, source, off, reading, judge, ret_run);
}

enum stk_status stk_machine_run_all(
    struct stk_machine *m, const struct stk_source *source, uint64_t off,
    const struct stk_judge *judge,
    void (*also)(void *ctx, const struct stk_reading *reading, const struct stk_run *run),
    void *also_ctx, struct stk_run *ret_run)
{
    struct stk_run first;
    forget_globals(m);
    STK_TRY(run(m, source, off, &stk_reading_reference, judge, &first));
    uint64_t n_runs = 1;
    for (size_t i = 0; i < stk_n_readings && first.quirks != 0; i++) {
        if (n_runs >= m->limits->readings_max || !stk_reading_is_new(i, first.quirks)) {
            continue;
        }
        struct stk_run other;
        STK_TRY(run(m, source, off, &stk_readings[i], judge, &other));
        n_runs++;
        first.quirks |= other.quirks;
        first.effects |= other.effects;
        if (also != NULL) {
            also(also_ctx, &stk_readings[i], &other);
        }
    }
    *ret_run = first;
    return STK_OK;
}

/* ---- decoding ---- */

enum stk_status stk_machine_decode(struct stk_machine *m, const struct stk_source *source,
                                   uint64_t off, const struct stk_judge *judge,
                                   struct stk_arena *arena, struct stk_run *ret_run,
                                   struct stk_value *ret_value)
{
    if (source->mem == NULL) {
        return STK_E_UNSUPPORTED;
    }
    if (m->builder == NULL) {
        m->builder = stk_new(m->alloc, sizeof *m->builder);
        if (m->builder == NULL) {
            return STK_E_NOMEM;
        }
        stk_build_init(m->builder, m->alloc);
    }
    forget_globals(m);
    stk_build_begin(m->builder, arena);
    m->build = m->builder;
    enum stk_status status = stk_build_room(m) ? STK_OK : STK_E_NOMEM;
    if (status == STK_OK) {
        status = run(m, source, off, &stk_reading_reference, judge, ret_run);
    }
    m->build = NULL;
    if (status == STK_OK && ret_run->stopped) {
        *ret_value = m->builder->stack[m->sp - m->stack];
        status = stk_build_finish(m->builder);
    }
    return status;
}

const char *stk_machine_reason(const struct stk_machine *m)
{
    bool known = m->builder != NULL && m->builder->reason != NULL;
    return known ? m->builder->reason : stk_fault_text(STK_FAULT_VALUE);
}
