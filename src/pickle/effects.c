/* SPDX-License-Identifier: Apache-2.0 */
#include "base/utf8.h"
#include "pickle/build.h"
#include "pickle/state.h"

bool stk_effect(struct stk_machine *m, struct stk_effect *effect,
                struct stk_outcome *outcome)
{
    effect->op = (enum stk_opcode)m->op;
    effect->off = stk_cuts_real(m, m->off);
    m->run.effects |= UINT32_C(1) << effect->kind;
    if (m->build != NULL) {
        if (!stk_build_operands(m, effect)) {
            return false;
        }
        effect->operands = &m->build->operands;
    }
    enum stk_status status = m->judge->effect(m->judge->ctx, m, effect, outcome);
    if (status != STK_OK) {
        return stk_failed(m, status);
    }
    if (m->build != NULL) {
        stk_build_outcome(m, outcome);
        if (outcome->skip != 0 || outcome->nested) {
            return stk_build_fault(m, "an array of joblib's behind its wrapper");
        }
    }
    return outcome->stop ? stk_fault(m, STK_FAULT_JUDGE) : true;
}

/* ---- imports ---- */

/* A line that may not be read before the next one moves the window. */
static bool keep_line(struct stk_machine *m, struct stk_span *line)
{
    if (m->source.mem != NULL) {
        return true;
    }
    uint8_t *copy = stk_arena_alloc(&m->arena, line->len);
    if (copy == NULL) {
        return stk_failed(m, STK_E_NOMEM);
    }
    stk_copy(copy, line->data, line->len);
    line->data = copy;
    return true;
}

/* The two lines of GLOBAL and INST. The C reader refuses empty ones (load_global,
 * load_inst: "pickle data was truncated"). */
static bool name_lines(struct stk_machine *m, struct stk_span *ret_module,
                       struct stk_span *ret_name)
{
    uint64_t next = 0;
    uint64_t max = m->limits->name_max;
    if (!stk_input_line(m, m->off + 1, max, ret_module, &next) ||
        !keep_line(m, ret_module) ||
        (ret_module->len == 0 && !stk_quirk(m, STK_QUIRK_LINE_EMPTY, false)) ||
        !stk_input_line(m, next, max, ret_name, &next)) {
        return false;
    }
    m->next = next;
    return ret_name->len > 0 || stk_quirk(m, STK_QUIRK_LINE_EMPTY, false);
}

bool stk_op_global(struct stk_machine *m)
{
    struct stk_span module;
    struct stk_span name;
    stk_slot slot = 0;
    if (!name_lines(m, &module, &name)) {
        return false;
    }
    if (stk_utf8_valid(module, false) != module.len ||
        stk_utf8_valid(name, false) != name.len) {
        return stk_fault(m, STK_FAULT_TEXT);
    }
    return stk_import(m, module, name, &slot) && stk_push(m, slot);
}

/* A value that may turn out to be a str once the calls before it have run. */
static bool may_be_str(stk_slot slot)
{
    enum stk_kind kind = stk_slot_kind(slot);
    return kind >= STK_GLOBAL && kind != STK_BUFFER;
}

bool stk_op_stack_global(struct stk_machine *m)
{
    if (!stk_has(m, 2)) {
        return false;
    }
    stk_slot slots[2] = {m->sp[-2], m->sp[-1]};
    struct stk_span texts[2] = {{0}};
    bool computed = false;
    m->sp -= 2;
    for (int i = 0; i < 2; i++) {
        if (may_be_str(slots[i])) {
            computed = true;
            continue;
        }
        if (stk_slot_kind(slots[i]) != STK_STR) {
            return stk_fault(m, STK_FAULT_TYPE);
        }
        enum stk_status status =
            stk_slot_text(m, slots[i], m->limits->name_max, &texts[i]);
        if (status != STK_OK) {
            return status == STK_E_LIMIT ? stk_fault(m, STK_FAULT_LIMIT_NAME)
                                         : stk_failed(m, status);
        }
    }
    stk_slot slot = 0;
    bool ok = computed ? stk_import_computed(m, &slot)
                       : stk_import(m, texts[0], texts[1], &slot);
    return ok && stk_push(m, slot);
}

/* ---- calls ---- */

static void mark_called(struct stk_machine *m, stk_slot callee)
{
    struct stk_global *global = stk_slot_global(m, callee);
    if (global != NULL) {
        global->called = true;
    }
}

/* What a call leaves on the stack when the judge does not say. */
static stk_slot opaque_result(stk_slot callee)
{
    bool named = stk_slot_kind(callee) == STK_GLOBAL;
    return stk_slot_make(STK_OPAQUE, named ? stk_slot_payload(callee) + 1 : 0);
}

/* Skips what the judge says is no opcode. The Python unframer has read its frame to the
 * end, so raw bytes inside one would be read from elsewhere. */
static bool skip_raw(struct stk_machine *m, uint64_t len)
{
    if (len == 0) {
        return true;
    }
    if (m->frame_end != STK_NO_FRAME && m->next < m->frame_end &&
        !stk_quirk(m, STK_QUIRK_FRAME_STRADDLE, true)) {
        return false;
    }
    if (!stk_range_ok(m->next, len, m->source.size)) {
        return stk_fault(m, STK_FAULT_TRUNCATED);
    }
    m->next += len;
    return true;
}

/* Runs the stream that follows in place of a value (joblib: an array of objects) with a
 * stack, a memo and a protocol of its own, and goes on behind its STOP. */
static bool run_nested(struct stk_machine *m, stk_slot *ret_value)
{
    if (m->nesting >= m->limits->depth_max) {
        return stk_fault(m, STK_FAULT_LIMIT_DEPTH);
    }
    struct stk_memo memo = m->memo;
    size_t mark_base = m->mark_base;
    size_t floor = (size_t)(m->floor - m->stack);
    size_t depth = (size_t)(m->sp - m->stack);
    int protocol = m->protocol;
    stk_memo_init(&m->memo, m->alloc, m->limits);
    m->mark_base = m->n_marks;
    m->floor = m->sp;
    m->protocol = 0;
    m->frame_end = STK_NO_FRAME;
    stk_input_bounds(m);
    m->nesting++;

    stk_machine_loop(m);
    /* Who reads it has read its last frame to the end. */
    bool stopped =
        m->run.stopped && (m->frame_end == STK_NO_FRAME || m->next >= m->frame_end ||
                           stk_quirk(m, STK_QUIRK_FRAME_STRADDLE, true));

    m->frame_end = STK_NO_FRAME;
    stk_input_bounds(m);
    m->nesting--;
    m->run.stopped = false;
    m->protocol = protocol;
    m->sp = m->stack + depth;
    m->floor = m->stack + floor;
    m->n_marks = m->mark_base;
    m->mark_base = mark_base;
    stk_memo_release(&m->memo, m->alloc);
    m->memo = memo;
    *ret_value = m->run.value;
    return stopped;
}

static bool call(struct stk_machine *m, struct stk_effect *effect)
{
    struct stk_outcome outcome = {.result = opaque_result(effect->target)};
    effect->kind = STK_EFFECT_CALL;
    mark_called(m, effect->target);
    return stk_effect(m, effect, &outcome) && skip_raw(m, outcome.skip) &&
           stk_push(m, outcome.result);
}

bool stk_op_inst(struct stk_machine *m)
{
    struct stk_span module;
    struct stk_span name;
    stk_slot callee = 0;
    /* The C reader looks for the mark first, the Python reader imports first. */
    if (m->n_marks == m->mark_base && !stk_quirk(m, STK_QUIRK_INST_ORDER, false)) {
        return false;
    }
    if (!name_lines(m, &module, &name)) {
        return false;
    }
    if (!stk_is_ascii(module) || !stk_is_ascii(name)) {
        return stk_fault(m, STK_FAULT_TEXT);
    }
    struct stk_effect effect = {0};
    stk_slot *items = NULL;
    if (!stk_import(m, module, name, &callee) ||
        !stk_pop_mark(m, &items, &effect.n_items)) {
        return false;
    }
    effect.items = items;
    effect.target = callee;
    return call(m, &effect);
}

bool stk_op_obj(struct stk_machine *m)
{
    struct stk_effect effect = {0};
    stk_slot *items = NULL;
    size_t n = 0;
    if (!stk_pop_mark(m, &items, &n)) {
        return false;
    }
    if (n == 0) {
        return stk_fault(m, STK_FAULT_UNDERFLOW);
    }
    if (stk_is_literal(items[0])) {
        return stk_fault(m, STK_FAULT_TYPE);
    }
    effect.target = items[0];
    effect.items = items + 1;
    effect.n_items = n - 1;
    return call(m, &effect);
}

/* f(*args): the C reader wants a tuple, the Python reader takes what can be iterated. */
static bool args_ok(struct stk_machine *m, stk_slot args)
{
    switch (stk_slot_kind(args)) {
    case STK_TUPLE:
        return true;
    case STK_NONE:
    case STK_BOOL:
    case STK_INT:
    case STK_BIGINT:
    case STK_FLOAT:
        return stk_fault(m, STK_FAULT_TYPE);
    case STK_STR:
    case STK_BYTES:
    case STK_BYTEARRAY:
    case STK_LIST:
    case STK_DICT:
    case STK_DICT_KEPT:
    case STK_SET:
    case STK_FROZENSET:
    case STK_GLOBAL:
    case STK_OBJECT:
    case STK_OPAQUE:
    case STK_PERSISTENT:
    case STK_EXTENSION:
    case STK_BUFFER:
    case STK_KINDS:
        break;
    }
    return stk_quirk(m, STK_QUIRK_ARGS_TYPE, false);
}

bool stk_op_reduce(struct stk_machine *m)
{
    if (!stk_has(m, 2)) {
        return false;
    }
    struct stk_effect effect = {.target = m->sp[-2], .args = m->sp[-1]};
    m->sp -= 2;
    if (stk_is_literal(effect.target)) {
        return stk_fault(m, STK_FAULT_TYPE);
    }
    return args_ok(m, effect.args) && call(m, &effect);
}

bool stk_op_newobj(struct stk_machine *m, bool with_kwargs)
{
    if (!stk_has(m, with_kwargs ? 3 : 2)) {
        return false;
    }
    struct stk_effect effect = {.kwargs = STK_NONE};
    if (with_kwargs) {
        effect.kwargs = *--m->sp;
    }
    effect.target = m->sp[-2];
    effect.args = m->sp[-1];
    m->sp -= 2;
    if (stk_is_literal(effect.target)) {
        return stk_fault(m, STK_FAULT_TYPE);
    }
    return args_ok(m, effect.args) && call(m, &effect);
}

/* ---- BUILD ---- */

static bool is_empty_state(struct stk_machine *m, stk_slot state)
{
    uint64_t n = 0;
    const stk_slot *items = stk_slot_items(m, state, &n);
    if (items == NULL || n != 2 || stk_slot_kind(items[0]) != STK_NONE) {
        return stk_slot_kind(state) == STK_NONE;
    }
    return stk_slot_pairs(m, items[1], &n) != NULL && n == 0;
}

/* BUILD on a list, a number, … has no place to put a state. Nothing happens with None or
 * (None, {}); with another empty state the C reader stops and the Python reader does not;
 * with any other both stop. */
static bool build_literal(struct stk_machine *m, struct stk_effect *effect)
{
    struct stk_outcome outcome = {0};
    if (is_empty_state(m, effect->args)) {
        return true;
    }
    return stk_effect(m, effect, &outcome) && stk_quirk(m, STK_QUIRK_BUILD_STATE, false);
}

bool stk_op_build(struct stk_machine *m)
{
    if (!stk_has(m, 2)) {
        return false;
    }
    struct stk_effect effect = {
        .kind = STK_EFFECT_BUILD, .target = m->sp[-2], .args = m->sp[-1]};
    m->sp--;
    if (stk_is_literal(effect.target) || stk_slot_kind(effect.target) == STK_BUFFER) {
        return build_literal(m, &effect);
    }
    struct stk_outcome outcome = {.result = effect.target};
    if (!stk_effect(m, &effect, &outcome) || !skip_raw(m, outcome.skip)) {
        return false;
    }
    if (outcome.nested && m->frame_end != STK_NO_FRAME && m->next < m->frame_end &&
        !stk_quirk(m, STK_QUIRK_FRAME_STRADDLE, true)) {
        return false; /* as for raw bytes */
    }
    if (outcome.nested && !run_nested(m, &outcome.result)) {
        return false;
    }
    m->sp[-1] = outcome.result;
    return true;
}

/* ---- items ---- */

bool stk_effect_items(struct stk_machine *m, stk_slot *target, const stk_slot *items,
                      size_t n)
{
    bool literal = stk_is_literal(*target);
    if (literal && n > 0) {
        return stk_fault(m, STK_FAULT_TYPE);
    }
    if (literal || (n == 0 && stk_slot_kind(*target) == STK_BUFFER)) {
        return stk_quirk(m, STK_QUIRK_EMPTY_ITEMS, true);
    }
    /* The Python reader calls extend with nothing; add is called once an item. */
    if (n == 0 && m->op != STK_OP_APPENDS) {
        return true;
    }
    struct stk_effect effect = {
        .kind = STK_EFFECT_ITEMS, .target = *target, .items = items, .n_items = n};
    struct stk_outcome outcome = {.result = *target};
    return stk_effect(m, &effect, &outcome);
}

/* ---- persistent ids and extensions ---- */

static bool persistent(struct stk_machine *m, stk_slot id)
{
    struct stk_effect effect = {.kind = STK_EFFECT_PERSISTENT, .target = id};
    struct stk_outcome outcome = {.result = stk_slot_make(STK_PERSISTENT, 0)};
    return stk_effect(m, &effect, &outcome) && stk_push(m, outcome.result);
}

bool stk_op_persid(struct stk_machine *m)
{
    struct stk_span line;
    uint64_t next = 0;
    if (!stk_input_line(m, m->off + 1, m->limits->name_max, &line, &next)) {
        return false;
    }
    m->next = next;
    if (!stk_is_ascii(line)) {
        return stk_fault(m, STK_FAULT_TEXT);
    }
    return persistent(m, stk_slot_make(STK_STR, m->off));
}

bool stk_op_binpersid(struct stk_machine *m)
{
    if (!stk_has(m, 1)) {
        return false;
    }
    stk_slot id = *--m->sp;
    return persistent(m, id);
}

bool stk_op_ext(struct stk_machine *m, int64_t code)
{
    if (code <= 0) {
        return stk_fault(m, STK_FAULT_EXTENSION);
    }
    stk_slot slot = stk_slot_make(STK_EXTENSION, (uint64_t)code);
    struct stk_effect effect = {.kind = STK_EFFECT_EXTENSION, .target = slot};
    struct stk_outcome outcome = {.result = slot};
    return stk_effect(m, &effect, &outcome) && stk_push(m, outcome.result);
}
