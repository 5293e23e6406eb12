/* SPDX-License-Identifier: Apache-2.0 */
#include "pickle/text.h"
#include "scan/state.h"

/* Bytes that begin with PROTO are a stream, even though they neither end nor import
 * anything, from their second opcode on; where that is no opcode at all, from the third.
 */
#define PROTO_OPCODES 2

/* What looking into nested bytes costs besides their length. */
#define NESTED_COST UINT64_C(4096)

/* What the judge's questions need to know. */
struct stream {
    struct stk_scanner *s;
    const struct stk_place *place;
    /* What was found in bytes that a loading callable got: where they begin and how they
     * are written -> length and verdict. The same bytes are loaded again by each reading,
     * and as often as the stream likes. */
    struct stk_map nested;
};

bool stk_is_module_name(struct stk_span name)
{
    for (size_t i = 0; i < name.len; i++) {
        uint8_t c = name.data[i];
        bool letter =
            (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || c >= 0x80;
        bool inner = i > 0 && ((c >= '0' && c <= '9') || c == '.');
        if (!letter && !inner) {
            return false;
        }
    }
    return name.len > 0;
}

/* ---- questions of the judge ---- */

static enum stk_status note_storage(void *ctx, struct stk_span key, uint64_t items,
                                    uint64_t item_size)
{
    struct stream *stream = ctx;
    struct stk_scanner *s = stream->s;
    void *array = s->storages;
    bool added = false;
    STK_TRY(stk_grow(s->alloc, &array, &s->cap_storages, sizeof *s->storages,
                     s->n_storages + 1, SIZE_MAX / sizeof *s->storages));
    s->storages = array;
    STK_TRY(
        stk_map_put(&s->storage_by_key, stk_storage_hash(s, key), s->n_storages, &added));
    s->storages[s->n_storages++] =
        (struct stk_storage){.items = items, .item_size = item_size};
    return STK_OK;
}

/* Text that carries a stream: base64 or hex. */
static enum stk_status scan_text(struct stk_scanner *s, const struct stk_place *place)
{
    struct stk_buf decoded;
    enum stk_status status = stk_text_expand(&place->source, s->alloc, &decoded);
    if (status == STK_OK && decoded.len > 0) {
        struct stk_place inner = {.member = place->member,
                                  .source = stk_source_of(stk_buf_span(&decoded))};
        status = stk_scan_inside(s, &inner, STK_ROLE_ANY);
    }
    stk_buf_release(&decoded);
    return status;
}

/* Arena, or NULL. */
static const char *nested_member(struct stream *stream, const char *how, uint64_t off)
{
    struct stk_buf name;
    stk_scan_name_init(stream->s, &name);
    stk_member_nested(&name, stream->place->member, how, off);
    return stk_scan_name_keep(stream->s, &name);
}

/* Not finding a stream is no proof that there is none. Nor is what is loaded a storage,
 * for which the caller takes it, when it is an object: _rebuild_tensor calls methods of
 * it. */
static enum stk_status look_into(struct stk_scanner *s, const struct stk_place *inner,
                                 enum stk_verdict *ret_verdict)
{
    size_t n_streams = s->n_streams;
    enum stk_verdict around = s->worst;
    bool made = s->made;
    s->made = false;
    s->worst = STK_VERDICT_CLEAN;
    STK_TRY(stk_scan_inside(s, inner, STK_ROLE_ANY));
    if (s->n_streams == n_streams && s->worst == STK_VERDICT_CLEAN) {
        STK_TRY(scan_text(s, inner));
    }
    bool nothing = s->n_streams == n_streams || s->made;
    *ret_verdict =
        nothing && s->worst == STK_VERDICT_CLEAN ? STK_VERDICT_UNDECIDED : s->worst;
    s->made = made;
    s->worst = s->worst > around ? s->worst : around;
    return STK_OK;
}

/* The Latin-1 form of UTF-8, at most as long; they may be the same memory. */
static bool to_latin1(struct stk_span text, uint8_t *out, size_t *ret_len)
{
    size_t len = 0;
    for (size_t i = 0; i < text.len; i++) {
        uint8_t c = text.data[i];
        if (c >= 0x80) {
            if ((c & 0xfe) != 0xc2 || ++i == text.len || (text.data[i] & 0xc0) != 0x80) {
                return false;
            }
            c = (uint8_t)((c & 3) << 6 | (text.data[i] & 0x3f));
        }
        out[len++] = c;
    }
    *ret_len = len;
    return true;
}

/* Turns a text as it is written into its Latin-1 form, in place. *ret_fits: it has one.
 */
static enum stk_status encode(struct stk_scanner *s, enum stk_writing writing,
                              uint8_t *bytes, size_t *len, bool *ret_fits)
{
    struct stk_span raw = stk_span_of(bytes, *len);
    if (writing == STK_WRITTEN_UTF8) {
        *ret_fits = to_latin1(raw, bytes, len);
        return STK_OK;
    }
    struct stk_buf text;
    stk_buf_init(&text, s->alloc, 2 * raw.len + 1); /* of a byte above 0x7f two */
    bool valid = writing == STK_WRITTEN_UNICODE ? stk_text_raw_unicode(raw, &text)
                                                : stk_text_quoted(raw, &text);
    enum stk_status status = text.status;
    if (status == STK_OK) {
        *ret_fits = valid && to_latin1(stk_buf_span(&text), bytes, len);
    }
    stk_buf_release(&text);
    return status;
}

/* Looks into the Latin-1 form of the text at a place; where it has none, the callable
 * gets no bytes. */
static enum stk_status scan_encoded(struct stk_scanner *s, const struct stk_place *inner,
                                    enum stk_writing writing,
                                    enum stk_verdict *ret_verdict)
{
    size_t size = 0;
    bool fits = false;
    if (!stk_to_size(inner->source.size, &size) || size > SIZE_MAX / 4) {
        *ret_verdict = STK_VERDICT_UNDECIDED;
        return STK_OK;
    }
    size_t len = size;
    uint8_t *bytes = stk_new_buffer(s->alloc, size + 1);
    enum stk_status status =
        bytes == NULL ? STK_E_NOMEM : stk_source_read(&inner->source, 0, bytes, size);
    if (status == STK_OK) {
        status = encode(s, writing, bytes, &len, &fits);
    }
    if (status == STK_OK && fits) {
        struct stk_place decoded = {.member = inner->member,
                                    .source = stk_source_of(stk_span_of(bytes, len))};
        status = look_into(s, &decoded, ret_verdict);
    } else if (status == STK_OK) {
        *ret_verdict = STK_VERDICT_UNDECIDED;
    }
    stk_free(s->alloc, bytes, size + 1);
    return status;
}

/* Takes what looking into len bytes costs; NULL: it may be done, else why not. */
static const char *take_cost(struct stk_scanner *s, enum stk_writing writing,
                             uint64_t len)
{
    if (len >= s->nested_left || s->nested_left - len < NESTED_COST) {
        return "nested streams overlap more often than depth-max allows";
    }
    if (writing != STK_WRITTEN_BYTES) {
        if (len > s->expand_left) {
            return "nested streams written as text expand to more than expand-max";
        }
        s->expand_left -= len;
    }
    s->nested_left -= len + NESTED_COST;
    return NULL;
}

/* Bytes that a loading callable gets, for the first time or once more. */
static enum stk_status scan_encoding(void *ctx, const char *how, enum stk_writing writing,
                                     uint64_t off, uint64_t len,
                                     enum stk_verdict *ret_verdict)
{
    struct stream *stream = ctx;
    struct stk_scanner *s = stream->s;
    uint64_t key = off << 2 | (uint64_t)writing;
    uint64_t known = 0;
    bool added = false;
    if (stk_map_get(&stream->nested, key, &known) && known >> 2 == len) {
        *ret_verdict = (enum stk_verdict)(known & 3);
        return STK_OK;
    }
    struct stk_place inner = {
        .source = stk_source_part(&stream->place->source, off, len),
        .member = nested_member(stream, how, off),
    };
    if (inner.member == NULL) {
        return STK_E_NOMEM;
    }
    const char *refused = take_cost(s, writing, len);
    if (refused != NULL) {
        *ret_verdict = STK_VERDICT_UNDECIDED;
        return stk_scan_note(s, &inner, STK_RULE_LIMIT, 0, refused);
    }
    STK_TRY(writing == STK_WRITTEN_BYTES ? look_into(s, &inner, ret_verdict)
                                         : scan_encoded(s, &inner, writing, ret_verdict));
    return stk_map_put(&stream->nested, key, len << 2 | (uint64_t)*ret_verdict, &added);
}

static enum stk_status scan_nested(void *ctx, const char *how, uint64_t off, uint64_t len,
                                   enum stk_verdict *ret_verdict)
{
    return scan_encoding(ctx, how, STK_WRITTEN_BYTES, off, len, ret_verdict);
}

/* ---- the report ---- */

static bool any_plausible_import(const struct stk_machine *machine)
{
    for (size_t i = 0; i < stk_machine_n_globals(machine); i++) {
        const struct stk_global *g = stk_machine_global(machine, i);
        if (g->computed ||
            (stk_is_module_name(g->module) && stk_is_module_name(g->name))) {
            return true;
        }
    }
    return false;
}

/* A limit ended the run: what comes behind it is not known. */
static bool hit_limit(const struct stk_run *run)
{
    enum stk_fault_code code = run->fault.code;
    return code == STK_FAULT_LIMIT_STACK || code == STK_FAULT_LIMIT_MARK ||
           code == STK_FAULT_LIMIT_MEMO || code == STK_FAULT_LIMIT_GLOBAL ||
           code == STK_FAULT_LIMIT_NAME || code == STK_FAULT_LIMIT_DEPTH ||
           code == STK_FAULT_LIMIT_CUTS;
}

/* Whether bytes that ran like this are a stream. */
static bool is_stream(const struct stk_machine *machine, const struct stk_run *run,
                      enum stk_stance stance)
{
    const uint32_t calls = UINT32_C(1) << STK_EFFECT_CALL;
    if (stance != STK_STANCE_LOADER || run->stopped || hit_limit(run)) {
        return true;
    }
    bool junk = run->fault.code == STK_FAULT_OPCODE;
    if (run->protocol >= 0 && run->n_ops >= PROTO_OPCODES + (junk ? 1 : 0)) {
        return true;
    }
    return (run->effects & calls) != 0 || any_plausible_import(machine);
}

/* A copy that outlives the machine's; data is NULL where there is no memory. */
static struct stk_span copy_text(struct stk_scanner *s, struct stk_span text)
{
    return stk_span_of(stk_arena_text(&s->arena, text), text.len);
}

static enum stk_status copy_globals(struct stk_scanner *s,
                                    const struct stk_machine *machine, uint64_t base,
                                    struct stk_stream_report *report)
{
    size_t n = stk_machine_n_globals(machine);
    struct stk_global *copies = stk_arena_array(&s->arena, n, sizeof *copies);
    if (copies == NULL) {
        return STK_E_NOMEM;
    }
    for (size_t i = 0; i < n; i++) {
        const struct stk_global *g = stk_machine_global(machine, i);
        copies[i] = *g;
        copies[i].off += base;
        copies[i].module = copy_text(s, g->module);
        copies[i].name = copy_text(s, g->name);
        /* Most names are not mapped, and lie there once. */
        copies[i].mapped_module = g->mapped_module.data == g->module.data
                                      ? copies[i].module
                                      : copy_text(s, g->mapped_module);
        copies[i].mapped_name = g->mapped_name.data == g->name.data
                                    ? copies[i].name
                                    : copy_text(s, g->mapped_name);
        if (copies[i].module.data == NULL || copies[i].name.data == NULL ||
            copies[i].mapped_module.data == NULL || copies[i].mapped_name.data == NULL) {
            return STK_E_NOMEM;
        }
    }
    report->globals = copies;
    report->n_globals = n;
    return STK_OK;
}

static enum stk_status copy_findings(struct stk_scanner *s,
                                     const struct stk_policy *policy, uint64_t base,
                                     struct stk_stream_report *report)
{
    size_t n = 0;
    const struct stk_finding *findings = stk_policy_findings(policy, &n);
    struct stk_finding *copies = stk_arena_array(&s->arena, n, sizeof *copies);
    if (copies == NULL) {
        return STK_E_NOMEM;
    }
    for (size_t i = 0; i < n; i++) {
        copies[i] = findings[i];
        copies[i].off += base;
    }
    report->findings = copies;
    report->n_findings = n;
    return STK_OK;
}

static enum stk_status add_report(struct stk_scanner *s, const struct stk_place *place,
                                  enum stk_loader loader,
                                  const struct stk_machine *machine,
                                  const struct stk_run *run,
                                  const struct stk_policy *policy)
{
    enum stk_verdict verdict = stk_policy_verdict(policy);
    s->worst = s->worst > verdict ? s->worst : verdict;
    if (s->n_streams >= s->limits->streams_max) {
        return stk_scan_note(s, place, STK_RULE_LIMIT, run->begin,
                             "more streams than streams-max");
    }
    void *array = s->streams;
    STK_TRY(stk_grow(s->alloc, &array, &s->cap_streams, sizeof *s->streams,
                     s->n_streams + 1, (size_t)s->limits->streams_max));
    s->streams = array;
    struct stk_stream_report report = {
        .member = place->member,
        .off = place->base + run->begin,
        .len = run->end - run->begin,
        .protocol = run->protocol,
        .verdict = verdict,
        .complete = run->stopped,
    };
    STK_TRY(copy_findings(s, policy, place->base, &report));
    STK_TRY(copy_globals(s, machine, place->base, &report));
    s->streams[s->n_streams++] = report;
    const struct stk_scan_found found = {
        .index = s->n_streams - 1,
        .stream = &report,
        .source = &place->source,
        .off = run->begin,
        .loader = loader,
    };
    return s->found == NULL ? STK_OK : s->found(s->found_ctx, &found);
}

/* A value that is more than data and what a loader's storages are: it has attributes and
 * methods of the sender's choice. */
static bool is_made(const struct stk_run *run)
{
    enum stk_kind kind = stk_slot_kind(run->value);
    return run->stopped && (kind == STK_GLOBAL || kind == STK_OBJECT ||
                            kind == STK_OPAQUE || kind == STK_EXTENSION);
}

static enum stk_status run_stream(struct stream *stream, uint64_t off,
                                  enum stk_loader loader, enum stk_stance stance,
                                  struct stk_run *ret_run, bool *ret_found)
{
    struct stk_scanner *s = stream->s;
    struct stk_policy_options options = {
        .loader = loader,
        .limits = s->limits,
        .nested = scan_nested,
        .encoded = scan_encoding,
        .storage = note_storage,
        .ctx = stream,
    };
    struct stk_machine *machine = stk_scanner_machine(s);
    struct stk_policy *policy = stk_policy_new(&s->arena, &options);
    if (machine == NULL || policy == NULL) {
        return STK_E_NOMEM;
    }
    STK_TRY(stk_machine_run_all(machine, &stream->place->source, off,
                                stk_policy_judge(policy), NULL, NULL, ret_run));
    *ret_found = is_stream(machine, ret_run, stance);
    if (!*ret_found) {
        return STK_OK;
    }
    s->made = s->made || is_made(ret_run);
    STK_TRY(stk_policy_finish(policy, ret_run));
    return add_report(s, stream->place, loader, machine, ret_run, policy);
}

enum stk_status stk_scan_stream(struct stk_scanner *s, const struct stk_place *place,
                                uint64_t off, enum stk_loader loader,
                                enum stk_stance stance, struct stk_run *ret_run,
                                bool *ret_found)
{
    struct stream stream = {.s = s, .place = place};
    stk_map_init(&stream.nested, s->alloc, SIZE_MAX, 5);
    enum stk_status status = run_stream(&stream, off, loader, stance, ret_run, ret_found);
    stk_map_release(&stream.nested);
    return status;
}

/* A file of joblib is also a pickle to pickle.load, which takes the arrays between the
 * opcodes for opcodes. What it would do there is looked at as well, if it does anything.
 */
static enum stk_status scan_as_plain(struct stk_scanner *s, const struct stk_place *place,
                                     uint64_t off, const struct stk_run *joblib)
{
    size_t n_streams = s->n_streams;
    size_t n_globals = n_streams > 0 ? s->streams[n_streams - 1].n_globals : 0;
    enum stk_verdict worst = s->worst;
    struct stk_run plain;
    bool found = false;
    STK_TRY(stk_scan_stream(s, place, off, STK_LOADER_PICKLE, STK_STANCE_LOADER, &plain,
                            &found));
    bool same = plain.end == joblib->end && plain.stopped == joblib->stopped;
    bool harmless = !plain.stopped && s->n_streams > n_streams &&
                    s->streams[n_streams].n_globals <= n_globals;
    if (found && (same || harmless)) {
        s->n_streams = n_streams;
        s->worst = worst;
    }
    return STK_OK;
}

/* The stream at off as every loader of the place reads it. */
static enum stk_status scan_once(struct stk_scanner *s, const struct stk_place *place,
                                 uint64_t off, enum stk_loader loader,
                                 enum stk_stance stance, struct stk_run *ret_run,
                                 bool *ret_found)
{
    STK_TRY(stk_scan_stream(s, place, off, loader, stance, ret_run, ret_found));
    return *ret_found && loader == STK_LOADER_JOBLIB
               ? scan_as_plain(s, place, off, ret_run)
               : STK_OK;
}

enum stk_status stk_scan_frame_note(struct stk_scanner *s, const struct stk_place *place,
                                    const struct stk_run *run)
{
    return stk_scan_note(s, place, STK_RULE_CONTAINER, run->end,
                         "STOP inside a frame: loaders go on at different bytes");
}

/* Who has read a frame to its end goes on behind it, with the next load, and not behind
 * the STOP that stood inside. Both rows are followed side by side, from where they part
 * to where they meet. */
enum stk_status stk_scan_row(struct stk_scanner *s, const struct stk_place *place,
                             enum stk_loader loader, enum stk_stance stance,
                             uint64_t *ret_end)
{
    uint64_t off = 0;    /* of who goes on behind STOP; UINT64_MAX: at an end */
    uint64_t framed = 0; /* of who goes on behind the frame */
    do {
        struct stk_run run;
        bool found = false;
        bool is_plain = off <= framed;
        bool is_framed = framed <= off;
        STK_TRY(
            scan_once(s, place, is_plain ? off : framed, loader, stance, &run, &found));
        bool on = found && run.stopped;
        if (is_plain) {
            *ret_end = found && run.end > off ? run.end : off + 1;
            off = on ? run.end : UINT64_MAX;
        } else if (found) {
            STK_TRY(stk_scan_frame_note(s, place, &run));
        }
        if (is_framed) {
            framed = on ? run.frame_end : UINT64_MAX;
        }
        stance = STK_STANCE_LOADER;
    } while (off < place->source.size || framed < place->source.size);
    return STK_OK;
}

enum stk_status stk_scan_streams(struct stk_scanner *s, const struct stk_place *place,
                                 enum stk_loader loader, enum stk_stance stance)
{
    uint64_t end = 0;
    STK_TRY(stk_scan_row(s, place, loader, stance, &end));
    return end < place->source.size ? stk_scan_search(s, place, end) : STK_OK;
}
