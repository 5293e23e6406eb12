/* SPDX-License-Identifier: Apache-2.0 */
#include "policy/catalogue.h"
#include "scan/state.h"

/* Bytes of a file that are searched at a time, and how far before their end an anchor is
 * left for the next piece, so that what an anchor needs to see lies in one. */
#define CHUNK ((size_t)64 << 10)
#define OVERLAP ((size_t)512)

/* What an attempt costs besides the opcodes it goes through, and how many bytes of text
 * cost as much as an opcode: looking for the end of a line is cheap. */
#define ATTEMPT_COST 16
#define TEXT_PER_OPCODE 8

static enum stk_status ignore_effect(void *ctx, struct stk_machine *machine,
                                     const struct stk_effect *effect,
                                     struct stk_outcome *outcome)
{
    (void)ctx;
    (void)machine;
    (void)effect;
    (void)outcome;
    return STK_OK;
}

/* Longest line that is taken for a name. Two of them fit into OVERLAP, so that where a
 * piece of a file ends makes no difference. */
#define NAME_LINE_MAX 250

/* The end of a run of bytes that may stand in a name, kept since each letter of a long
 * word asks for it. */
struct word {
    const uint8_t *begin;
    const uint8_t *end;
};

/* What the anchors of one piece ask for. */
struct words {
    const uint8_t *end; /* of the piece */
    struct word module;
    struct word name;
};

static bool is_name_byte(uint8_t c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           c == '_' || c == '.' || c >= 0x80;
}

/* The length of the line at p if it could be a module or a name, else 0. */
static size_t name_line(struct word *word, const uint8_t *p, const uint8_t *end)
{
    if (p < word->begin || p >= word->end) {
        word->begin = p;
        word->end = p;
        while (word->end < end && is_name_byte(*word->end)) {
            word->end++;
        }
    }
    size_t len = (size_t)(word->end - p);
    bool line = word->end < end && *word->end == '\n' && len <= NAME_LINE_MAX;
    return line && stk_is_module_name(stk_span_of(p, len)) ? len : 0;
}

/* GLOBAL or INST with two lines behind it that look like names. */
static bool is_text_import(struct words *words, const uint8_t *p)
{
    size_t module = name_line(&words->module, p + 1, words->end);
    return module > 0 && name_line(&words->name, p + module + 2, words->end) > 0;
}

static bool is_opcode(const uint8_t *p, size_t left, size_t at)
{
    return at < left && stk_opcodes[p[at]].name != NULL;
}

/* A stream could begin here. */
static bool is_anchor(struct words *words, const uint8_t *p)
{
    size_t left = (size_t)(words->end - p);
    switch (*p) {
    case STK_OP_PROTO:
        return left > 2 && p[1] <= STK_PROTOCOL_MAX && is_opcode(p, left, 2);
    case STK_OP_GLOBAL:
    case STK_OP_INST:
        return is_text_import(words, p);
    case STK_OP_SHORT_BINUNICODE:
        return left > 1 && p[1] > 0 && is_opcode(p, left, (size_t)2 + p[1]);
    case STK_OP_MARK:
    case STK_OP_EMPTY_DICT:
    case STK_OP_EMPTY_LIST:
        return is_opcode(p, left, 1);
    default:
        return false;
    }
}

/* Some import names what could be a module; *ret_dangerous: one that is. */
static bool imports_module(const struct stk_machine *machine, bool *ret_dangerous)
{
    bool plausible = false;
    for (size_t i = 0; i < stk_machine_n_globals(machine); i++) {
        const struct stk_global *g = stk_machine_global(machine, i);
        bool names = stk_is_module_name(g->module) && stk_is_module_name(g->name);
        plausible = plausible || names || g->computed;
        *ret_dangerous = *ret_dangerous ||
                         (names && stk_catalogue_danger(&stk_catalogue, g->mapped_module,
                                                        g->mapped_name) != NULL);
    }
    return plausible;
}

/* Bytes in the middle of others are a stream if they do what is worth finding: import
 * what could be a module, and then show that this is no accident by a PROTO before it, a
 * STOP behind it, or a call. A call that only some unpicklers make counts if the name is
 * known to be dangerous. Data alone, found where no loader would begin, says nothing. */
static bool convinces(const struct stk_machine *machine, const struct stk_run *run)
{
    const uint32_t extended = UINT32_C(1) << STK_EFFECT_EXTENSION;
    const uint32_t calls = UINT32_C(1) << STK_EFFECT_CALL;
    bool called = (run->effects & calls) != 0;
    bool dangerous = false;
    if (imports_module(machine, &dangerous)) {
        return run->stopped || run->protocol >= 0 ||
               (called && (run->quirks == 0 || dangerous));
    }
    return (run->effects & extended) != 0 && called && run->stopped;
}

/* Tries the anchor at off. *ret_next: where the search goes on. */
static enum stk_status attempt(struct stk_scanner *s, const struct stk_place *place,
                               uint64_t off, uint64_t *ret_next)
{
    static const struct stk_judge probe = {.effect = ignore_effect};
    struct stk_machine *machine = stk_scanner_machine(s);
    struct stk_run run;
    if (machine == NULL) {
        return STK_E_NOMEM;
    }
    STK_TRY(stk_machine_run(machine, &place->source, off, &stk_reading_reference, &probe,
                            &run));
    uint64_t cost = ATTEMPT_COST + run.n_ops + run.n_looked / TEXT_PER_OPCODE;
    s->search_left = s->search_left > cost ? s->search_left - cost : 0;
    *ret_next = off + 1;
    if (!convinces(machine, &run)) {
        return STK_OK;
    }
    bool found = false;
    STK_TRY(stk_scan_stream(s, place, off, STK_LOADER_PICKLE, STK_STANCE_FOUND, &run,
                            &found));
    *ret_next = run.end > off ? run.end : off + 1;
    return STK_OK;
}

static bool is_opening(uint8_t byte)
{
    return byte == STK_OP_MARK || byte == STK_OP_EMPTY_DICT || byte == STK_OP_EMPTY_LIST;
}

/* How many bytes from an anchor on need no further attempt. A run of openings cannot
 * fail, so what begins at the second of them does nothing that what begins at the first
 * did not do. */
static size_t covered(const uint8_t *p, size_t left)
{
    size_t n = 1;
    while (is_opening(p[0]) && n < left && is_opening(p[n])) {
        n++;
    }
    return n;
}

/* Searches p[0, len), which lies at base in the place, up to `until`; *ret_next is where
 * the search goes on. */
static enum stk_status search_chunk(struct stk_scanner *s, const struct stk_place *place,
                                    const uint8_t *p, size_t len, size_t until,
                                    uint64_t base, uint64_t *ret_next)
{
    struct words words = {.end = p + len, .module = {p, p}, .name = {p, p}};
    size_t i = 0;
    while (i < until) {
        if (STK_LIKELY(!is_anchor(&words, p + i))) {
            i++;
            continue;
        }
        uint64_t next = 0;
        if (s->search_left == 0) {
            break;
        }
        STK_TRY(attempt(s, place, base + i, &next));
        if (next == base + i + 1) {
            next = base + i + covered(p + i, len - i);
        }
        if (next - base >= until) {
            *ret_next = next;
            return STK_OK;
        }
        i = (size_t)(next - base);
    }
    *ret_next = base + i;
    return STK_OK;
}

enum stk_status stk_scan_search(struct stk_scanner *s, const struct stk_place *place,
                                uint64_t off)
{
    uint8_t *chunk = NULL;
    const struct stk_source *source = &place->source;
    enum stk_status status = STK_OK;
    if (source->mem == NULL) {
        chunk = stk_new_buffer(s->alloc, CHUNK);
        if (chunk == NULL) {
            return STK_E_NOMEM;
        }
    }
    while (status == STK_OK && off < source->size && s->search_left > 0) {
        uint64_t left = source->size - off;
        size_t len = left < CHUNK || chunk == NULL ? (size_t)left : CHUNK;
        const uint8_t *p = source->mem != NULL ? source->mem + off : chunk;
        if (chunk != NULL) {
            status = stk_source_read(source, off, chunk, len);
        }
        if (status == STK_OK) {
            status = search_chunk(s, place, p, len, len == left ? len : len - OVERLAP,
                                  off, &off);
        }
    }
    stk_free(s->alloc, chunk, CHUNK);
    if (status == STK_OK && s->search_left == 0 && off < source->size) {
        return stk_scan_note(
            s, place, STK_RULE_LIMIT, off,
            "looking for streams took more work than search-factor allows");
    }
    return status;
}
