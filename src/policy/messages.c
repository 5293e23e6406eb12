/* SPDX-License-Identifier: Apache-2.0 */
#include <stdarg.h>
#include <stdio.h>

#include "policy/state.h"

/* Room for one value, the least that an argument gets, and room for one name. */
#define SLOT_MAX 160
#define ARGUMENT_MIN 72
#define NAME_MAX_SHOWN 160

/* Alternatives of a contract that a message names. */
#define ALTERNATIVES_SHOWN 3
#define ALTERNATIVE_MAX 150

/* Arguments of what is vetted leave room for the contract. */
#define CONTRACT_ROOM 200

void stk_line_add(struct stk_line *line, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    int n =
        vsnprintf(line->text + line->len, sizeof line->text - line->len, format, args);
    va_end(args);
    if (n < 0) {
        return;
    }
    size_t left = sizeof line->text - 1 - line->len;
    if ((size_t)n <= left) {
        line->len += (size_t)n;
        return;
    }
    line->len = sizeof line->text - 1;
    stk_copy(line->text + line->len - 3, "...", 3);
}

/* Printable ASCII as it is, anything else escaped. */
static void add_name(struct stk_line *line, struct stk_span name)
{
    size_t i = 0;
    while (i < name.len && i < NAME_MAX_SHOWN) {
        char shown[STK_SHOWN_CHAR];
        i += stk_show_char(stk_span_of(name.data + i, name.len - i), true, shown);
        stk_line_add(line, "%s", shown);
    }
    if (i < name.len) {
        stk_line_add(line, "...");
    }
}

void stk_line_global(struct stk_line *line, const struct stk_global *global)
{
    if (global->computed) {
        stk_line_add(line, "a computed name");
        return;
    }
    add_name(line, global->mapped_module);
    stk_line_add(line, ".");
    add_name(line, global->mapped_name);
}

static void add_entry(struct stk_policy *policy, struct stk_line *line, uint32_t entry)
{
    if (entry >= policy->catalogue->n_entries) {
        return;
    }
    const struct stk_entry *e = &policy->catalogue->entries[entry];
    add_name(line, stk_catalogue_text(policy->catalogue, e->module));
    stk_line_add(line, ".");
    add_name(line, stk_catalogue_text(policy->catalogue, e->name));
}

static void add_slot(struct stk_policy *policy, struct stk_line *line, stk_slot slot,
                     size_t max)
{
    if (stk_slot_is_typed(slot)) {
        stk_line_add(line, "<%s>", stk_kind_name(stk_slot_seen_kind(slot)));
    } else if (stk_slot_kind(slot) == STK_OBJECT) {
        stk_line_add(line, "<");
        add_entry(policy, line, stk_slot_class(slot));
        stk_line_add(line, ">");
    } else {
        stk_line_add(line, "%s", stk_slot_show(policy->machine, slot, max));
    }
}

void stk_line_slot(struct stk_policy *policy, struct stk_line *line, stk_slot slot)
{
    add_slot(policy, line, slot, SLOT_MAX);
}

void stk_line_callee(struct stk_policy *policy, struct stk_line *line, stk_slot callee)
{
    const struct stk_global *global = stk_slot_global(policy->machine, callee);
    if (global != NULL) {
        stk_line_global(line, global);
    } else {
        stk_line_slot(policy, line, callee);
    }
}

/* Each gets its part of what is left of the line up to `end`, so that a long argument
 * does not hide those behind it. */
static void add_items(struct stk_policy *policy, struct stk_line *line,
                      const stk_slot *items, uint64_t n, size_t end)
{
    for (uint64_t i = 0; i < n && line->len < sizeof line->text - 1; i++) {
        stk_line_add(line, "%s", i > 0 ? ", " : "");
        size_t room = end > line->len ? end - line->len : 0;
        uint64_t part = room / (n - i);
        add_slot(policy, line, items[i],
                 part < ARGUMENT_MIN ? ARGUMENT_MIN : (size_t)part);
    }
}

/* Where the arguments of a call should end. */
static size_t arguments_end(const struct stk_policy *policy,
                            const struct stk_effect *effect)
{
    const struct stk_global *global = stk_slot_global(policy->machine, effect->target);
    bool held = global == NULL || global->rating == STK_RATING_VETTED;
    size_t end = sizeof((struct stk_line *)NULL)->text - sizeof "...)";
    end -= held ? CONTRACT_ROOM : 0;
    return end - (effect->op == STK_OP_NEWOBJ_EX ? SLOT_MAX : 0);
}

void stk_line_arguments(struct stk_policy *policy, struct stk_line *line,
                        const struct stk_effect *effect)
{
    struct stk_arguments args = {0};
    size_t end = arguments_end(policy, effect);
    stk_line_add(line, "(");
    if (!stk_effect_arguments(policy, effect, &args)) {
        stk_line_add(line, "*");
        stk_line_slot(policy, line, effect->args);
    } else if (args.items != NULL) {
        add_items(policy, line, args.items, args.n, end);
    } else {
        stk_line_add(line, "...");
    }
    if (effect->op == STK_OP_NEWOBJ_EX) {
        stk_line_add(line, ", **");
        stk_line_slot(policy, line, effect->kwargs);
    }
    stk_line_add(line, ")");
}

void stk_line_contract(struct stk_policy *policy, struct stk_line *line, uint32_t entry,
                       enum stk_clause clause, const char *cause)
{
    size_t n = 0;
    const struct stk_alternative *a = NULL;
    if (entry < policy->catalogue->n_entries) {
        a = stk_entry_clause(policy->catalogue, entry, clause, &n);
    }
    if (n == 0) {
        return;
    }
    if (cause == NULL || cause[0] == '\0') {
        stk_line_add(line, "; its contract asks for ");
    } else {
        stk_line_add(line, "; %s breaks its contract, which asks for ", cause);
    }
    for (size_t i = 0; i < n && i < ALTERNATIVES_SHOWN; i++) {
        struct stk_span text = stk_catalogue_text(policy->catalogue, a[i].text);
        bool whole = text.len <= ALTERNATIVE_MAX;
        stk_line_add(line, "%s%.*s%s", i > 0 ? " or " : "",
                     whole ? (int)text.len : ALTERNATIVE_MAX, (const char *)text.data,
                     whole ? "" : "...");
    }
    if (n > ALTERNATIVES_SHOWN) {
        stk_line_add(line, " or %zu others", n - ALTERNATIVES_SHOWN);
    }
}

enum stk_status stk_policy_note(struct stk_policy *policy, enum stk_rule rule,
                                uint64_t off, const struct stk_line *line)
{
    struct stk_subject subject = {.rule = rule, .off = off};
    return stk_findings_wants(policy, &subject)
               ? stk_findings_put(policy, &subject, line->text, NULL)
               : STK_OK;
}
