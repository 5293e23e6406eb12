/* SPDX-License-Identifier: Apache-2.0
 *
 * Follows streams and writes what the judge was told as lines of text, an effect a line:
 *
 *   0 import os.system              what Python 3 imports instead stands behind "as"
 *   11 call os.system ('id',)       INST, OBJ: [item, item]; keywords behind "kw"
 *   9 build <object> {'a': 1}
 *   9 items <object> [1, 2]
 *   4 persistent 'x'
 *   4 extension 7
 *   quirk LINE_EMPTY at 0
 *   stop 23                         or: fault "no mark on the stack" at 9
 *
 * Include behind cmocka.h.
 */
#pragma once

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/checked.h"
#include "oom.h"
#include "pickle/machine.h"

/* What the judge answers to calls and BUILDs, by the name of the global. */
struct answer {
    const char *name;
    struct stk_outcome outcome;
};

struct follow {
    struct stk_limits limits;
    struct stk_oom oom;
    struct stk_machine *machine;
    struct stk_judge judge;
    struct stk_buf text;
    struct stk_run run;
    enum stk_status status;
    const struct answer *answers; /* up to one without a name */
    enum stk_status judge_status; /* what the judge returns */
    /* Called with each effect, if it is set. */
    void (*look)(struct follow *f, const struct stk_effect *effect);
    void *look_ctx;
    uint64_t n_effects;
    uint64_t last_off; /* effects come in the order of their offsets within one stream */
    uint64_t size;     /* of the source */
    bool stopped;      /* the judge ended the run: nothing may come behind it */
};

static inline void put_show(struct follow *f, stk_slot slot)
{
    stk_buf_str(&f->text, " ");
    stk_buf_str(&f->text, stk_slot_show(f->machine, slot, 200));
}

static inline void put_items(struct follow *f, const struct stk_effect *effect)
{
    stk_buf_str(&f->text, " [");
    for (size_t i = 0; i < effect->n_items; i++) {
        const char *shown = stk_slot_show(f->machine, effect->items[i], 200);
        stk_buf_printf(&f->text, "%s%s", i > 0 ? ", " : "", shown);
    }
    stk_buf_str(&f->text, "]");
}

static inline void put_text(struct follow *f, struct stk_span text)
{
    stk_buf_put(&f->text, text.data, text.len);
}

static inline void put_import(struct follow *f, const struct stk_global *g)
{
    if (g->computed) {
        stk_buf_str(&f->text, " (computed)");
        return;
    }
    stk_buf_str(&f->text, " ");
    put_text(f, g->module);
    stk_buf_str(&f->text, ".");
    put_text(f, g->name);
    if (!stk_span_equal(g->module, g->mapped_module) ||
        !stk_span_equal(g->name, g->mapped_name)) {
        stk_buf_str(&f->text, " as ");
        put_text(f, g->mapped_module);
        stk_buf_str(&f->text, ".");
        put_text(f, g->mapped_name);
    }
}

static inline void put_effect(struct follow *f, const struct stk_effect *effect)
{
    static const char *const names[] = {
        [STK_EFFECT_IMPORT] = "import",         [STK_EFFECT_CALL] = "call",
        [STK_EFFECT_BUILD] = "build",           [STK_EFFECT_ITEMS] = "items",
        [STK_EFFECT_PERSISTENT] = "persistent", [STK_EFFECT_EXTENSION] = "extension",
    };
    stk_buf_printf(&f->text, "%llu %s", (unsigned long long)effect->off,
                   names[effect->kind]);
    if (effect->kind == STK_EFFECT_IMPORT) {
        put_import(f, effect->global);
    } else if (effect->kind == STK_EFFECT_EXTENSION) {
        stk_buf_printf(&f->text, " %llu",
                       (unsigned long long)stk_slot_payload(effect->target));
    } else {
        put_show(f, effect->target);
        bool items = effect->kind == STK_EFFECT_ITEMS || effect->op == STK_OP_INST ||
                     effect->op == STK_OP_OBJ;
        if (items) {
            put_items(f, effect);
        } else if (effect->kind != STK_EFFECT_PERSISTENT) {
            put_show(f, effect->args);
        }
        if (effect->op == STK_OP_NEWOBJ_EX) {
            stk_buf_str(&f->text, " kw");
            put_show(f, effect->kwargs);
        }
    }
    stk_buf_str(&f->text, "\n");
}

static inline void answer_effect(struct follow *f, const struct stk_effect *effect,
                                 struct stk_outcome *outcome)
{
    const struct stk_global *g = stk_slot_global(f->machine, effect->target);
    for (const struct answer *a = f->answers; a != NULL && a->name != NULL; a++) {
        bool hit = g != NULL && stk_span_is(g->name, a->name);
        if (hit && effect->kind != STK_EFFECT_IMPORT) {
            stk_slot result = outcome->result;
            *outcome = a->outcome;
            outcome->result = outcome->result == 0 ? result : outcome->result;
            f->stopped = outcome->stop;
        }
    }
}

static inline enum stk_status follow_effect(void *ctx, struct stk_machine *machine,
                                            const struct stk_effect *effect,
                                            struct stk_outcome *outcome)
{
    struct follow *f = ctx;
    assert_ptr_equal(machine, f->machine);
    assert_false(f->stopped);
    assert_true(effect->off >= f->last_off);
    assert_true(effect->off < f->size);
    f->last_off = effect->off;
    f->n_effects++;
    put_effect(f, effect);
    answer_effect(f, effect, outcome);
    if (f->look != NULL) {
        f->look(f, effect);
    }
    return f->judge_status;
}

/* Prepared, with the default limits, which may be changed before follow_open(). */
static inline void follow_init(struct follow *f)
{
    memset(f, 0, sizeof *f);
    f->limits = (struct stk_limits)STK_LIMITS_DEFAULT;
    stk_oom_init(&f->oom, 0, false);
    stk_buf_init(&f->text, &stk_alloc_libc, (size_t)1 << 22);
    f->judge = (struct stk_judge){.effect = follow_effect, .ctx = f};
}

static inline void follow_open(struct follow *f)
{
    f->machine = stk_machine_new(&f->oom.alloc, &f->limits);
    assert_non_null(f->machine);
}

static inline void follow_close(struct follow *f)
{
    stk_machine_free(f->machine);
    stk_buf_release(&f->text);
    assert_int_equal(f->oom.blocks, 0);
    assert_false(f->oom.wrong_size);
}

static inline void put_end(struct follow *f, const struct stk_run *run)
{
    static const char *const names[] = {
#define QUIRK_NAME(name, text) #name,
        STK_QUIRKS(QUIRK_NAME)
#undef QUIRK_NAME
    };
    for (unsigned i = 0; i < STK_QUIRK_COUNT; i++) {
        if ((run->quirks >> i & 1) != 0) {
            stk_buf_printf(&f->text, "quirk %s at %llu\n", names[i],
                           (unsigned long long)run->quirk_off);
        }
    }
    if (run->stopped) {
        assert_int_equal(run->fault.code, STK_FAULT_NONE);
        stk_buf_printf(&f->text, "stop %llu\n", (unsigned long long)run->end);
    } else {
        assert_int_not_equal(run->fault.code, STK_FAULT_NONE);
        stk_buf_printf(&f->text, "fault \"%s\" at %llu\n",
                       stk_fault_text(run->fault.code),
                       (unsigned long long)run->fault.off);
    }
}

/* As text, NUL-terminated; the buffer's own. */
static inline const char *follow_text(struct follow *f)
{
    stk_buf_byte(&f->text, 0);
    assert_int_equal(f->text.status, STK_OK);
    f->text.len--;
    return (const char *)f->text.data;
}

static inline void follow_run(struct follow *f, const struct stk_source *source,
                              const struct stk_reading *reading)
{
    stk_buf_clear(&f->text);
    f->n_effects = 0;
    f->last_off = 0;
    f->size = source->size;
    f->stopped = false;
    f->status = stk_machine_run(f->machine, source, 0, reading, &f->judge, &f->run);
    if (f->status == STK_OK) {
        put_end(f, &f->run);
    }
}

/* A source that is read in pieces. It fails the test where the machine asks for what is
 * not there; from read `fail_at` on it fails itself, with `failure`. */
struct pieces {
    const uint8_t *data;
    size_t len;
    uint64_t reads;
    uint64_t fail_at; /* ordinal, from 1; 0: never */
    enum stk_status failure;
};

static inline enum stk_status pieces_read_at(void *ctx, uint64_t off, void *buf,
                                             size_t len)
{
    struct pieces *p = ctx;
    assert_true(stk_range_ok(off, len, p->len));
    p->reads++;
    if (p->fail_at != 0 && p->reads >= p->fail_at) {
        return p->failure;
    }
    memcpy(buf, p->data + off, len);
    return STK_OK;
}

static inline struct stk_source pieces_source(struct pieces *p)
{
    return (struct stk_source){.size = p->len, .read_at = pieces_read_at, .ctx = p};
}

static inline const struct stk_reading *reading_named(const char *name)
{
    for (size_t i = 0; i < stk_n_readings; i++) {
        if (strcmp(stk_readings[i].name, name) == 0) {
            return &stk_readings[i];
        }
    }
    fail_msg("no reading is called %s", name);
    return NULL;
}

/* Runs over memory and over a file; both must say the same. Bytes lie in a block of their
 * exact size. */
static inline void follow_bytes(struct follow *f, const struct stk_reading *reading,
                                const void *bytes, size_t len)
{
    uint8_t *copy = malloc(len + 1);
    assert_non_null(copy);
    uint8_t *exact = realloc(copy, len > 0 ? len : 1);
    assert_non_null(exact);
    memcpy(exact, bytes, len);
    struct pieces pieces = {.data = exact, .len = len};
    struct stk_source file = pieces_source(&pieces);
    struct stk_source memory = stk_source_of(stk_span_of(exact, len));
    follow_run(f, &file, reading);
    assert_int_equal(f->status, STK_OK);
    char *of_file = strdup(follow_text(f));
    stk_machine_forget(f->machine);
    follow_run(f, &memory, reading);
    assert_int_equal(f->status, STK_OK);
    assert_string_equal(of_file, follow_text(f));
    stk_machine_forget(f->machine);
    free(of_file);
    free(exact);
}

/* The same of a literal, as the first run follows it. */
#define FOLLOW(f, bytes)                                                                 \
    follow_bytes((f), &stk_reading_reference, (bytes), sizeof(bytes) - 1)

static inline void expect_follow(const struct stk_reading *reading,
                                 const struct answer *answers, const void *bytes,
                                 size_t len, const char *text)
{
    struct follow f;
    follow_init(&f);
    f.answers = answers;
    follow_open(&f);
    follow_bytes(&f, reading, bytes, len);
    assert_string_equal(follow_text(&f), text);
    follow_close(&f);
}

/* A stream given as a literal, as the first run follows it. */
#define EXPECT(bytes, text)                                                              \
    expect_follow(&stk_reading_reference, NULL, (bytes), sizeof(bytes) - 1, (text))

/* The same, with answers of the judge. */
#define EXPECT_ANSWERED(answers, bytes, text)                                            \
    expect_follow(&stk_reading_reference, (answers), (bytes), sizeof(bytes) - 1, (text))

/* The same, as one reading follows it. */
#define EXPECT_READING(name, bytes, text)                                                \
    expect_follow(reading_named(name), NULL, (bytes), sizeof(bytes) - 1, (text))

/* A stream that the C and the Python unpickler follow differently, each with its text. */
#define EXPECT_BOTH(bytes, c, python)                                                    \
    do {                                                                                 \
        EXPECT_READING("C", bytes, c);                                                   \
        EXPECT_READING("Python", bytes, python);                                         \
    } while (0)

/* The judge of runs of which only globals and end matter. */
static inline enum stk_status ignore_effect(void *ctx, struct stk_machine *machine,
                                            const struct stk_effect *effect,
                                            struct stk_outcome *outcome)
{
    (void)ctx;
    (void)machine;
    (void)effect;
    (void)outcome;
    return STK_OK;
}

/* Over all readings: the globals of the union, as "import module.name" a line, then the
 * quirks and how the first run ended. */
static inline void expect_union(const void *bytes, size_t len, const char *text)
{
    struct follow f;
    follow_init(&f);
    follow_open(&f);
    struct stk_source source = stk_source_of(stk_span_of(bytes, len));
    struct stk_judge judge = {.effect = ignore_effect};
    assert_int_equal(
        stk_machine_run_all(f.machine, &source, 0, &judge, NULL, NULL, &f.run), STK_OK);
    for (size_t i = 0; i < stk_machine_n_globals(f.machine); i++) {
        stk_buf_str(&f.text, "import");
        put_import(&f, stk_machine_global(f.machine, i));
        stk_buf_str(&f.text, "\n");
    }
    put_end(&f, &f.run);
    assert_string_equal(follow_text(&f), text);
    follow_close(&f);
}

#define EXPECT_UNION(bytes, text) expect_union((bytes), sizeof(bytes) - 1, (text))

/* A stream put together piece by piece. */
static inline void put_u32(struct stk_buf *out, uint32_t value)
{
    uint8_t le[4] = {(uint8_t)value, (uint8_t)(value >> 8), (uint8_t)(value >> 16),
                     (uint8_t)(value >> 24)};
    stk_buf_put(out, le, sizeof le);
}

static inline void put_u64(struct stk_buf *out, uint64_t value)
{
    put_u32(out, (uint32_t)value);
    put_u32(out, (uint32_t)(value >> 32));
}

static inline void put_repeat(struct stk_buf *out, const char *bytes, size_t len,
                              size_t n)
{
    for (size_t i = 0; i < n; i++) {
        stk_buf_put(out, bytes, len);
    }
}

#define PUT(out, literal) stk_buf_put((out), (literal), sizeof(literal) - 1)
#define PUT_REPEAT(out, literal, n) put_repeat((out), (literal), sizeof(literal) - 1, (n))

/* What is in the buffer, as the first run follows it; then it is released. */
static inline void expect_built(struct stk_buf *stream, const char *text)
{
    assert_int_equal(stream->status, STK_OK);
    expect_follow(&stk_reading_reference, NULL, stream->data, stream->len, text);
    stk_buf_release(stream);
}

static inline void build_init(struct stk_buf *stream)
{
    stk_buf_init(stream, &stk_alloc_libc, (size_t)1 << 27);
}
