/* SPDX-License-Identifier: Apache-2.0 */
#include "scan/scan.h"

#include "scan/state.h"

/* Work that searching may cost besides its multiple of the size. */
#define SEARCH_FLOOR (UINT64_C(1) << 20)

/* Each level takes stack, so that more are not followed whatever depth-max says. */
#define DEPTH_CAP UINT64_C(256)

struct stk_scanner *stk_scanner_new(const struct stk_alloc *alloc,
                                    const struct stk_limits *limits)
{
    struct stk_scanner *s = stk_new(alloc, sizeof *s);
    if (s == NULL) {
        return NULL;
    }
    s->alloc = alloc;
    s->limits = limits;
    s->depth_max = limits->depth_max < DEPTH_CAP ? limits->depth_max : DEPTH_CAP;
    stk_arena_init(&s->arena, alloc, (size_t)limits->arena_max);
    stk_map_init(&s->storage_by_key, alloc, SIZE_MAX, 3);
    s->machines = stk_new(alloc, ((size_t)s->depth_max + 1) * sizeof(void *));
    if (s->machines == NULL) {
        stk_scanner_free(s);
        return NULL;
    }
    return s;
}

void stk_scanner_free(struct stk_scanner *s)
{
    if (s == NULL) {
        return;
    }
    const struct stk_alloc *alloc = s->alloc;
    size_t n_machines = s->machines == NULL ? 0 : (size_t)s->depth_max + 1;
    for (size_t i = 0; i < n_machines; i++) {
        stk_machine_free(s->machines[i]);
    }
    stk_free(alloc, s->machines, n_machines * sizeof(void *));
    stk_free(alloc, s->streams, s->cap_streams * sizeof *s->streams);
    stk_free(alloc, s->notes, s->cap_notes * sizeof *s->notes);
    stk_free(alloc, s->storages, s->cap_storages * sizeof *s->storages);
    stk_map_release(&s->storage_by_key);
    stk_arena_release(&s->arena);
    stk_free(alloc, s, sizeof *s);
}

void stk_scanner_watch(struct stk_scanner *s,
                       enum stk_status (*found)(void *ctx,
                                                const struct stk_scan_found *found),
                       void *ctx)
{
    s->found = found;
    s->found_ctx = ctx;
}

struct stk_machine *stk_scanner_machine(struct stk_scanner *s)
{
    struct stk_machine **machine = &s->machines[s->depth];
    if (*machine == NULL) {
        *machine = stk_machine_new(s->alloc, s->limits);
    }
    return *machine;
}

/* ---- notes and names ---- */

enum stk_status stk_scan_note(struct stk_scanner *s, const struct stk_place *place,
                              enum stk_rule rule, uint64_t off, const char *message)
{
    if (s->worst < stk_rules[rule].verdict) {
        s->worst = stk_rules[rule].verdict;
    }
    if (s->n_notes >= s->limits->findings_max) {
        return STK_OK;
    }
    void *array = s->notes;
    STK_TRY(stk_grow(s->alloc, &array, &s->cap_notes, sizeof *s->notes, s->n_notes + 1,
                     SIZE_MAX / sizeof *s->notes));
    s->notes = array;
    char *copy =
        stk_arena_text(&s->arena, stk_span_of(message, __builtin_strlen(message)));
    if (copy == NULL) {
        return STK_E_NOMEM;
    }
    s->notes[s->n_notes++] = (struct stk_note){
        .member = place->member,
        .finding = {.rule = rule, .off = place->base + off, .message = copy}};
    return STK_OK;
}

void stk_scan_name_init(struct stk_scanner *s, struct stk_buf *name)
{
    stk_buf_init(name, s->alloc, s->arena.cap);
}

const char *stk_scan_name_keep(struct stk_scanner *s, struct stk_buf *name)
{
    const char *copy =
        name->status == STK_OK ? stk_arena_text(&s->arena, stk_buf_span(name)) : NULL;
    stk_buf_release(name);
    return copy;
}

/* ---- containers ---- */

/* One walk: what the visitor's functions need to know. */
struct walk {
    struct stk_scanner *s;
    const struct stk_place *place;
    bool front_taken; /* the format hands out the first bytes as a stream itself */
};

static enum stk_status part_place(struct walk *w, const struct stk_part *part,
                                  struct stk_place *ret_place)
{
    bool stream = part->role != STK_ROLE_ANY && part->role != STK_ROLE_DATA;
    w->front_taken = w->front_taken || (stream && part->in_file && part->off == 0);
    ret_place->source = part->source;
    ret_place->member = w->place->member;
    ret_place->base = 0;
    if (part->name == NULL) {
        ret_place->base = part->in_file ? w->place->base + part->off : 0;
        return STK_OK;
    }
    struct stk_buf name;
    stk_scan_name_init(w->s, &name);
    stk_member_part(&name, w->place->member, part->name);
    ret_place->member = stk_scan_name_keep(w->s, &name);
    return ret_place->member == NULL ? STK_E_NOMEM : STK_OK;
}

static enum stk_status visit_part(void *ctx, const struct stk_part *part)
{
    struct walk *w = ctx;
    struct stk_place place;
    STK_TRY(part_place(w, part, &place));
    return stk_scan_inside(w->s, &place, part->role);
}

static enum stk_status visit_stream(void *ctx, const struct stk_part *part,
                                    uint64_t *ret_end)
{
    struct walk *w = ctx;
    struct stk_place place;
    struct stk_run run;
    bool found = false;
    STK_TRY(part_place(w, part, &place));
    STK_TRY(stk_scan_stream(w->s, &place, 0, stk_loader_of(part->role),
                            STK_STANCE_DECLARED, &run, &found));
    if (run.stopped && run.frame_end > run.end) {
        STK_TRY(stk_scan_frame_note(w->s, &place, &run));
    }
    *ret_end = run.stopped ? run.end : 0;
    return STK_OK;
}

static enum stk_status visit_note(void *ctx, enum stk_note_kind kind, uint64_t off,
                                  const char *message)
{
    static const enum stk_rule rules[] = {
        [STK_NOTE_MALFORMED] = STK_RULE_MALFORMED,
        [STK_NOTE_AMBIGUOUS] = STK_RULE_CONTAINER,
        [STK_NOTE_LIMIT] = STK_RULE_LIMIT,
        [STK_NOTE_UNSUPPORTED] = STK_RULE_UNSUPPORTED,
        [STK_NOTE_CODE] = STK_RULE_CODE_FORMAT,
        [STK_NOTE_ENCRYPTED] = STK_RULE_ENCRYPTED,
    };
    struct walk *w = ctx;
    return stk_scan_note(w->s, w->place, rules[kind], off, message);
}

static bool is_storage(void *ctx, struct stk_span key)
{
    struct walk *w = ctx;
    uint64_t index = 0;
    return stk_map_get(&w->s->storage_by_key, stk_storage_hash(w->s, key), &index);
}

static bool storage_size(void *ctx, struct stk_span key, uint64_t *ret_items,
                         uint64_t *ret_item_size)
{
    struct walk *w = ctx;
    uint64_t index = 0;
    if (!stk_map_get(&w->s->storage_by_key, stk_storage_hash(w->s, key), &index) ||
        w->s->storages[index].item_size == 0) {
        return false;
    }
    *ret_items = w->s->storages[index].items;
    *ret_item_size = w->s->storages[index].item_size;
    return true;
}

static void refine(void *ctx, const char *format)
{
    struct walk *w = ctx;
    if (w->s->depth == 0) {
        w->s->format = format;
    }
}

static enum stk_status walk_format(struct stk_scanner *s, const struct stk_place *place,
                                   const struct stk_format *format, bool *front_taken)
{
    struct walk w = {.s = s, .place = place};
    struct stk_visitor visitor = {
        .ctx = &w,
        .alloc = s->alloc,
        .limits = s->limits,
        .expand_left = &s->expand_left,
        .part = visit_part,
        .note = visit_note,
        .is_storage = is_storage,
        .storage_size = storage_size,
        .stream = visit_stream,
        .refine = refine,
    };
    if (s->depth == 0 && s->format == NULL) {
        s->format = format->name;
    }
    uint64_t around = s->walk;
    s->walk = ++s->n_walks;
    enum stk_status status = format->walk(&place->source, &visitor);
    s->walk = around;
    *front_taken = *front_taken || w.front_taken;
    return status;
}

/* A source that keeps the first failure, since recognising answers yes or no only. */
struct watched {
    struct stk_source source;
    enum stk_status failure;
};

static enum stk_status read_watched(void *ctx, uint64_t off, void *buf, size_t len)
{
    struct watched *w = ctx;
    enum stk_status status = stk_source_read(&w->source, off, buf, len);
    if (w->failure == STK_OK) {
        w->failure = status;
    }
    return status;
}

static enum stk_status recognise(const struct stk_format *format,
                                 const struct stk_place *place, struct stk_span head,
                                 bool *ret_yes)
{
    struct watched w = {.source = place->source};
    struct stk_source source = {
        .size = place->source.size, .read_at = read_watched, .ctx = &w};
    bool in_memory = place->source.mem != NULL;
    *ret_yes = format->recognise(in_memory ? &place->source : &source, head);
    return w.failure;
}

/* Bytes that may be any format, or several at once. Whatever else they are, a loader may
 * also unpickle them from their first byte on. */
static enum stk_status scan_any(struct stk_scanner *s, const struct stk_place *place)
{
    uint8_t head[STK_HEAD_MAX];
    size_t len =
        place->source.size < sizeof head ? (size_t)place->source.size : sizeof head;
    STK_TRY(stk_source_read(&place->source, 0, head, len));
    bool known = false;
    bool front_taken = false;
    for (size_t i = 0; stk_formats[i] != NULL; i++) {
        bool yes = false;
        STK_TRY(recognise(stk_formats[i], place, stk_span_of(head, len), &yes));
        if (yes) {
            known = true;
            STK_TRY(walk_format(s, place, stk_formats[i], &front_taken));
        }
    }
    if (!known) {
        return stk_scan_streams(s, place, STK_LOADER_PICKLE, STK_STANCE_LOADER);
    }
    if (front_taken) {
        return STK_OK;
    }
    uint64_t end = 0;
    return stk_scan_row(s, place, STK_LOADER_PICKLE, STK_STANCE_LOADER, &end);
}

static enum stk_status scan_place(struct stk_scanner *s, const struct stk_place *place,
                                  enum stk_role role)
{
    switch (role) {
    case STK_ROLE_ANY:
        return scan_any(s, place);
    case STK_ROLE_STREAM:
    case STK_ROLE_TORCH:
    case STK_ROLE_JOBLIB:
        return stk_scan_streams(s, place, stk_loader_of(role), STK_STANCE_DECLARED);
    case STK_ROLE_DATA:
        break;
    }
    return STK_OK;
}

enum stk_status stk_scan_inside(struct stk_scanner *s, const struct stk_place *place,
                                enum stk_role role)
{
    if (s->depth >= s->depth_max) {
        return stk_scan_note(s, place, STK_RULE_LIMIT, 0,
                             "containers and streams nested deeper than depth-max");
    }
    s->depth++;
    enum stk_status status = scan_place(s, place, role);
    s->depth--;
    return status;
}

/* ---- one object ---- */

/* Work that may be done for an object of this size, however small it is. */
static uint64_t allowance(uint64_t size, uint64_t factor)
{
    uint64_t work = 0;
    bool fits = stk_mul(size, factor, &work) && stk_add(work, SEARCH_FLOOR, &work);
    return fits ? work : UINT64_MAX;
}

static void forget(struct stk_scanner *s, uint64_t size)
{
    for (size_t i = 0; i <= s->depth_max; i++) {
        if (s->machines[i] != NULL) {
            stk_machine_forget(s->machines[i]);
        }
    }
    stk_arena_clear(&s->arena);
    stk_map_clear(&s->storage_by_key);
    s->walk = 0;
    s->n_walks = 0;
    s->n_streams = 0;
    s->n_notes = 0;
    s->n_storages = 0;
    s->depth = 0;
    s->expand_left = s->limits->expand_max;
    s->search_left = allowance(size, s->limits->search_factor);
    s->nested_left = allowance(size, s->depth_max);
    if (!stk_add(s->nested_left, s->limits->expand_max, &s->nested_left)) {
        s->nested_left = UINT64_MAX;
    }
    s->worst = STK_VERDICT_CLEAN;
    s->format = NULL;
}

enum stk_status stk_scan(struct stk_scanner *s, const struct stk_source *source,
                         const struct stk_report **ret_report)
{
    struct stk_place place = {.source = *source};
    forget(s, source->size);
    STK_TRY(scan_place(s, &place, STK_ROLE_ANY));
    s->report = (struct stk_report){
        .format = s->format != NULL  ? s->format
                  : s->n_streams > 0 ? "pickle"
                                     : "data",
        .size = source->size,
        .verdict = s->worst,
        .streams = s->streams,
        .n_streams = s->n_streams,
        .notes = s->notes,
        .n_notes = s->n_notes,
    };
    *ret_report = &s->report;
    return STK_OK;
}
