/* SPDX-License-Identifier: Apache-2.0 */
#include <stdarg.h>
#include <stdio.h>

#include "policy/state.h"

/* Room for one value, and for one name. */
#define SLOT_MAX 72
#define NAME_MAX_SHOWN 160

/* Alternatives of a contract that a message names. */
#define ALTERNATIVES_SHOWN 3

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
    size_t shown = name.len < NAME_MAX_SHOWN ? name.len : NAME_MAX_SHOWN;
    for (size_t i = 0; i < shown; i++) {
        uint8_t c = name.data[i];
        if (c >= 0x20 && c < 0x7f && c != '\\') {
            stk_line_add(line, "%c", c);
        } else {
            stk_line_add(line, "\\x%02x", c);
        }
    }
    if (shown < name.len) {
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

void stk_line_slot(struct stk_policy *policy, struct stk_line *line, stk_slot slot)
{
    if (stk_slot_is_typed(slot)) {
        stk_line_add(line, "<%s>", stk_kind_name(stk_slot_seen_kind(slot)));
    } else if (stk_slot_kind(slot) == STK_OBJECT) {
        stk_line_add(line, "<");
        add_entry(policy, line, stk_slot_class(slot));
        stk_line_add(line, ">");
    } else {
        stk_line_add(line, "%s", stk_slot_show(policy->machine, slot, SLOT_MAX));
    }
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

static void add_items(struct stk_policy *policy, struct stk_line *line,
                      const stk_slot *items, uint64_t n)
{
    for (uint64_t i = 0; i < n && line->len < sizeof line->text - 1; i++) {
        stk_line_add(line, "%s", i > 0 ? ", " : "");
        stk_line_slot(policy, line, items[i]);
    }
}

void stk_line_arguments(struct stk_policy *policy, struct stk_line *line,
                        const struct stk_effect *effect)
{
    struct stk_arguments args = {0};
    uint64_t n = 0;
    stk_line_add(line, "(");
    if (!stk_effect_arguments(effect, &args)) {
        stk_line_add(line, "*");
        stk_line_slot(policy, line, effect->args);
    } else if (args.items != NULL) {
        add_items(policy, line, args.items, args.n);
    } else {
        const stk_slot *items = stk_slot_items(policy->machine, args.tuple, &n);
        if (items != NULL) {
            add_items(policy, line, items, n);
        } else {
            stk_line_add(line, "...");
        }
    }
    if (effect->op == STK_OP_NEWOBJ_EX) {
        stk_line_add(line, ", **");
        stk_line_slot(policy, line, effect->kwargs);
    }
    stk_line_add(line, ")");
}

void stk_line_contract(struct stk_policy *policy, struct stk_line *line, uint32_t entry,
                       enum stk_clause clause)
{
    size_t n = 0;
    const struct stk_alternative *a = NULL;
    if (entry < policy->catalogue->n_entries) {
        a = stk_entry_clause(policy->catalogue, entry, clause, &n);
    }
    if (n == 0) {
        return;
    }
    stk_line_add(line, "; its contract asks for ");
    for (size_t i = 0; i < n && i < ALTERNATIVES_SHOWN; i++) {
        struct stk_span text = stk_catalogue_text(policy->catalogue, a[i].text);
        stk_line_add(line, "%s%.*s", i > 0 ? " or " : "", (int)text.len,
                     (const char *)text.data);
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
