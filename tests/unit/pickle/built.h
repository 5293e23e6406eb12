/* SPDX-License-Identifier: Apache-2.0
 *
 * Streams to values, under a judge that lets every call give an object, and every
 * persistent id a value, unless it is told to answer otherwise. Include behind cmocka.h.
 */
#pragma once

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "oom.h"
#include "pickle/state.h"
#include "pickle/write.h"
#include "show_value.h"

struct built {
    struct stk_limits limits;
    struct stk_machine *machine;
    struct stk_arena arena;
    struct stk_judge judge;
    struct stk_run run;
    struct stk_value root;
    enum stk_status status;
    const struct stk_name *type; /* of what calls give */
    bool refuses;                /* calls give what nobody vetted */
    bool unheld;                 /* no container may hold a global */
    enum stk_status judge_status;
    struct stk_object
        member;      /* what a call of m.E gives, which the builder did not make */
    char seen[1024]; /* operands of each effect, a line each */
};

static inline void built_note(struct built *b, const struct stk_effect *effect)
{
    static const char *const names[] = {
        [STK_EFFECT_IMPORT] = "import",         [STK_EFFECT_CALL] = "call",
        [STK_EFFECT_BUILD] = "build",           [STK_EFFECT_ITEMS] = "items",
        [STK_EFFECT_PERSISTENT] = "persistent", [STK_EFFECT_EXTENSION] = "extension",
    };
    size_t n = strlen(b->seen);
    if (effect->kind == STK_EFFECT_IMPORT || n + 200 > sizeof b->seen) {
        return;
    }
    n += (size_t)snprintf(b->seen + n, sizeof b->seen - n, "%s %s", names[effect->kind],
                          show_value(effect->operands->target));
    n += (size_t)snprintf(b->seen + n, sizeof b->seen - n, " %s",
                          show_value(effect->operands->args));
    (void)snprintf(b->seen + n, sizeof b->seen - n, " %zu\n", effect->operands->n_items);
}

static inline enum stk_status built_effect(void *ctx, struct stk_machine *machine,
                                           const struct stk_effect *effect,
                                           struct stk_outcome *outcome)
{
    struct built *b = ctx;
    const struct stk_global *g = stk_slot_global(machine, effect->target);
    if (effect->kind == STK_EFFECT_IMPORT) {
        effect->global->unheld = b->unheld;
    }
    if (effect->operands != NULL) {
        built_note(b, effect);
    }
    if (effect->kind == STK_EFFECT_CALL && !b->refuses) {
        outcome->result = stk_slot_make(STK_OBJECT, 0);
        outcome->type = b->type;
        if (g != NULL && stk_span_is(g->name, "E")) {
            outcome->has_value = true;
            outcome->value =
                (struct stk_value){.kind = STK_VALUE_ENUM, .object = &b->member};
        }
    }
    return b->judge_status;
}

static inline void built_init(struct built *b, const struct stk_alloc *alloc)
{
    memset(b, 0, sizeof *b);
    b->limits = (struct stk_limits)STK_LIMITS_DEFAULT;
    b->judge = (struct stk_judge){.effect = built_effect, .ctx = b};
    stk_arena_init(&b->arena, alloc, (size_t)1 << 31);
    b->machine = stk_machine_new(alloc, &b->limits);
}

static inline void built_release(struct built *b)
{
    stk_machine_free(b->machine);
    stk_arena_release(&b->arena);
}

static inline void built_run(struct built *b, const void *bytes, size_t len)
{
    struct stk_source source = stk_source_of(stk_span_of(bytes, len));
    stk_arena_clear(&b->arena);
    b->seen[0] = '\0';
    b->root = (struct stk_value){.kind = STK_VALUE_KINDS};
    b->status = stk_machine_decode(b->machine, &source, 0, &b->judge, &b->arena, &b->run,
                                   &b->root);
}

/* The value, or "fault REASON at OFFSET". Good until the next call. */
static inline const char *built_text(struct built *b, const void *bytes, size_t len)
{
    static char text[512];
    uint8_t *exact = malloc(len > 0 ? len : 1);
    assert_non_null(exact);
    memcpy(exact, bytes, len);
    built_run(b, exact, len);
    assert_int_equal(b->status, STK_OK);
    const char *shown = text;
    if (b->run.stopped) {
        shown = show_value(b->root);
    } else {
        bool value = b->run.fault.code == STK_FAULT_VALUE;
        (void)snprintf(text, sizeof text, "fault %s at %llu",
                       value ? stk_machine_reason(b->machine)
                             : stk_fault_text(b->run.fault.code),
                       (unsigned long long)b->run.fault.off);
    }
    free(exact);
    return shown;
}

static inline void expect_built(const char *file, int line, const void *bytes, size_t len,
                                const char *want)
{
    struct built b;
    built_init(&b, &stk_alloc_libc);
    const char *got = built_text(&b, bytes, len);
    if (strcmp(got, want) != 0) {
        print_error("got  %s\nwant %s\n", got, want);
        _fail(file, line);
    }
    built_release(&b);
}

/* A stream given as a literal. */
#define BUILT(bytes, want)                                                               \
    expect_built(__FILE__, __LINE__, (bytes), sizeof(bytes) - 1, (want))

/* Appends a literal to a buffer. */
#define PUT(buf, literal) stk_buf_put((buf), (literal), sizeof(literal) - 1)

static inline void put_n(struct stk_buf *buf, const char *text, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        stk_buf_str(buf, text);
    }
}

static inline void put_u32(struct stk_buf *buf, uint32_t number)
{
    for (int i = 0; i < 4; i++) {
        stk_buf_byte(buf, (uint8_t)(number >> (8 * i)));
    }
}
