/* SPDX-License-Identifier: Apache-2.0
 *
 * Patterns that are not plain (regex_plain.h) are run by two matchers of PCRE2. The
 * backtracking one is fast, and hopeless on some pairs of pattern and text; it counts its
 * steps, but not the characters that a step passes over. So it has a limit that depends
 * on the length of the text, and where it gives up the automaton (pcre2_dfa_match)
 * answers, whose time is linear in the text. A pattern with backreferences has no
 * automaton: there the limit is the answer.
 *
 * Texts may have lone surrogates. PCRE2 matches them as the code points that they are
 * when it does not check the text itself (PCRE2_NO_UTF_CHECK, see
 * PCRE2_EXTRA_ALLOW_SURROGATE_ESCAPES in pcre2api(3)), so the check is made here.
 */
#include "profile/regex.h"

#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>
#include <stdio.h>

#include "base/utf8.h"
#include "profile/regex_ecma.h"
#include "profile/regex_plain.h"

/* Texts up to this length go to the backtracking matcher first, whatever the pattern. */
#define SHORT_TEXT 4096u

/* Steps times characters that the backtracking matcher may take before the automaton
 * does, and where there is none; and what lookaheads may take in the automaton. */
#define WORK_FIRST (UINT64_C(1) << 26)
#define WORK_ONLY (UINT64_C(1) << 30)
#define WORK_LOOKS (UINT64_C(1) << 26)
#define STEPS_LEAST 64u

/* Of the machine code's own stack; address space that is used as it is touched. */
#define JIT_STACK_FIRST (UINT32_C(32) << 10)
#define JIT_STACK_MAX (UINT32_C(1) << 20)

/* What the automaton may hold: three integers a state, twice, and two more. More states
 * at once than this cost too much a character. */
#define AUTOMATON_STATES 192u
#define AUTOMATON_ROOM (2u * 3u * AUTOMATON_STATES + 2u)

struct stk_regex {
    struct stk_alloc alloc;
    pcre2_general_context *memory;
    pcre2_code *code;
    pcre2_code *automaton; /* NULL where there is none; may be `code` itself */
    bool jit;
    bool anchored; /* matches at the start of a text or not at all */
    struct stk_regex_traits traits;
    bool is_plain;
    struct stk_regex_plain plain;
};

struct stk_regex_scratch {
    struct stk_alloc alloc;
    pcre2_general_context *memory;
    pcre2_match_data *data;
    pcre2_match_context *limits;
    pcre2_jit_stack *stack; /* NULL without a JIT */
    int room[AUTOMATON_ROOM];
};

/* ---- memory: PCRE2 does not say the size of what it gives back ---- */

union head {
    size_t len;
    max_align_t align;
};

static void *give(PCRE2_SIZE len, void *data)
{
    const struct stk_alloc *alloc = data;
    size_t all = 0;
    if (__builtin_add_overflow(len, sizeof(union head), &all)) {
        return NULL;
    }
    union head *head = stk_new_buffer(alloc, all);
    if (head == NULL) {
        return NULL;
    }
    head->len = all;
    return head + 1;
}

static void take_back(void *block, void *data)
{
    if (block != NULL) {
        union head *head = (union head *)block - 1;
        stk_free(data, head, head->len);
    }
}

/* ---- making ---- */

/* Puts in words what PCRE2 found; the pattern passed ECMA's grammar. */
static enum stk_status refusal(const struct stk_regex *regex, struct stk_span pattern,
                               int code, size_t off, struct stk_regex_error *ret_error)
{
    if (code == PCRE2_ERROR_HEAP_FAILED) {
        return STK_E_NOMEM;
    }
    if (code == PCRE2_ERROR_UNKNOWN_UNICODE_PROPERTY && off > 0) {
        off--; /* it is where the property ends */
    }
    ret_error->off = stk_regex_ecma_origin(&regex->alloc, pattern, off);
    const char *reason = NULL;
    if (code == PCRE2_ERROR_UNKNOWN_UNICODE_PROPERTY) {
        reason = "not a Unicode property";
    } else if (code == PCRE2_ERROR_LOOKBEHIND_NOT_FIXED_LENGTH) {
        reason = "a lookbehind that is not of one fixed length, which PCRE2 needs";
    }
    if (reason == NULL) {
        (void)pcre2_get_error_message(code, (PCRE2_UCHAR *)ret_error->reason,
                                      sizeof(ret_error->reason));
    } else {
        (void)snprintf(ret_error->reason, sizeof(ret_error->reason), "%s", reason);
    }
    return code == PCRE2_ERROR_UNKNOWN_UNICODE_PROPERTY ? STK_E_MALFORMED
                                                        : STK_E_UNSUPPORTED;
}

static pcre2_code *compile(const struct stk_regex *regex, struct stk_span text,
                           uint32_t options, int *ret_code, size_t *ret_off)
{
    pcre2_compile_context *context = pcre2_compile_context_create(regex->memory);
    if (context == NULL) {
        *ret_code = PCRE2_ERROR_HEAP_FAILED;
        return NULL;
    }
    (void)pcre2_set_newline(context, PCRE2_NEWLINE_LF);
    (void)pcre2_set_compile_extra_options(context, PCRE2_EXTRA_ALLOW_SURROGATE_ESCAPES);
    pcre2_code *code =
        pcre2_compile(text.data, text.len,
                      PCRE2_UTF | PCRE2_DOLLAR_ENDONLY | PCRE2_MATCH_UNSET_BACKREF |
                          PCRE2_NEVER_BACKSLASH_C | options,
                      ret_code, ret_off, context);
    pcre2_compile_context_free(context);
    return code;
}

/* The automaton of a pattern that may match anywhere passes once over the text, where
 * PCRE2 itself would begin anew at each character. */
static enum stk_status add_automaton(struct stk_regex *regex, struct stk_span text)
{
    if (regex->anchored) {
        regex->automaton = regex->code;
        return STK_OK;
    }
    struct stk_buf buf;
    int code = 0;
    size_t off = 0;
    stk_buf_init(&buf, &regex->alloc, text.len + 64);
    stk_buf_str(&buf, "(?s:.)*?(?:");
    stk_buf_put(&buf, text.data, text.len);
    stk_buf_byte(&buf, ')');
    if (buf.status == STK_OK) {
        regex->automaton =
            compile(regex, stk_buf_span(&buf), PCRE2_ANCHORED, &code, &off);
    }
    bool lacks = buf.status != STK_OK ||
                 (regex->automaton == NULL && code == PCRE2_ERROR_HEAP_FAILED);
    stk_buf_release(&buf);
    return lacks ? STK_E_NOMEM : STK_OK;
}

static enum stk_status make(struct stk_regex *regex, struct stk_span pattern,
                            struct stk_buf *buf, struct stk_regex_error *ret_error)
{
    static const uint8_t empty;
    STK_TRY(stk_regex_ecma(buf, pattern, &regex->traits, ret_error));
    struct stk_span text = buf->len == 0 ? stk_span_of(&empty, 0) : stk_buf_span(buf);
    int code = 0;
    size_t off = 0;
    uint32_t options = 0;
    regex->code = compile(regex, text, 0, &code, &off);
    if (regex->code == NULL) {
        return refusal(regex, pattern, code, off, ret_error);
    }
    (void)pcre2_pattern_info(regex->code, PCRE2_INFO_ALLOPTIONS, &options);
    regex->anchored = (options & PCRE2_ANCHORED) != 0;
    if (regex->traits.loops && !regex->traits.backrefs) {
        STK_TRY(add_automaton(regex, text));
    }
    regex->is_plain = stk_regex_plain(pattern, &regex->plain);
    regex->jit = pcre2_jit_compile(regex->code, PCRE2_JIT_COMPLETE) == 0;
    return STK_OK;
}

enum stk_status stk_regex_new(const struct stk_alloc *alloc, struct stk_span pattern,
                              struct stk_regex **ret_regex,
                              struct stk_regex_error *ret_error)
{
    struct stk_regex *regex = stk_new(alloc, sizeof(*regex));
    if (regex == NULL) {
        return STK_E_NOMEM;
    }
    regex->alloc = *alloc;
    regex->memory = pcre2_general_context_create(give, take_back, &regex->alloc);
    struct stk_buf buf;
    stk_buf_init(&buf, alloc, STK_REGEX_OUTPUT_MAX);
    enum stk_status status =
        regex->memory == NULL ? STK_E_NOMEM : make(regex, pattern, &buf, ret_error);
    stk_buf_release(&buf);
    if (status != STK_OK) {
        stk_regex_free(regex);
        return status;
    }
    *ret_regex = regex;
    return STK_OK;
}

void stk_regex_free(struct stk_regex *regex)
{
    if (regex == NULL) {
        return;
    }
    if (regex->automaton != regex->code) {
        pcre2_code_free(regex->automaton);
    }
    pcre2_code_free(regex->code);
    pcre2_general_context_free(regex->memory);
    struct stk_alloc alloc = regex->alloc;
    stk_free(&alloc, regex, sizeof(*regex));
}

/* ---- scratch ---- */

static enum stk_status fill(struct stk_regex_scratch *scratch)
{
    uint32_t jit = 0;
    scratch->memory = pcre2_general_context_create(give, take_back, &scratch->alloc);
    if (scratch->memory == NULL) {
        return STK_E_NOMEM;
    }
    scratch->data = pcre2_match_data_create(1, scratch->memory);
    scratch->limits = pcre2_match_context_create(scratch->memory);
    if (scratch->data == NULL || scratch->limits == NULL) {
        return STK_E_NOMEM;
    }
    (void)pcre2_set_depth_limit(scratch->limits, STK_REGEX_DEPTH_LIMIT);
    (void)pcre2_config(PCRE2_CONFIG_JIT, &jit);
    if (jit != 0) {
        scratch->stack =
            pcre2_jit_stack_create(JIT_STACK_FIRST, JIT_STACK_MAX, scratch->memory);
        if (scratch->stack == NULL) {
            return STK_E_NOMEM;
        }
        pcre2_jit_stack_assign(scratch->limits, NULL, scratch->stack);
    }
    return STK_OK;
}

enum stk_status stk_regex_scratch_new(const struct stk_alloc *alloc,
                                      struct stk_regex_scratch **ret_scratch)
{
    struct stk_regex_scratch *scratch = stk_new(alloc, sizeof(*scratch));
    if (scratch == NULL) {
        return STK_E_NOMEM;
    }
    scratch->alloc = *alloc;
    enum stk_status status = fill(scratch);
    if (status != STK_OK) {
        stk_regex_scratch_free(scratch);
        return status;
    }
    *ret_scratch = scratch;
    return STK_OK;
}

void stk_regex_scratch_free(struct stk_regex_scratch *scratch)
{
    if (scratch == NULL) {
        return;
    }
    pcre2_jit_stack_free(scratch->stack);
    pcre2_match_context_free(scratch->limits);
    pcre2_match_data_free(scratch->data);
    pcre2_general_context_free(scratch->memory);
    struct stk_alloc alloc = scratch->alloc;
    stk_free(&alloc, scratch, sizeof(*scratch));
}

/* ---- matching ---- */

static enum stk_regex_answer answer_of(int code)
{
    if (code >= 0) {
        return STK_REGEX_YES;
    }
    return code == PCRE2_ERROR_NOMATCH ? STK_REGEX_NO : STK_REGEX_GAVE_UP;
}

static enum stk_regex_answer backtrack(const struct stk_regex *regex,
                                       struct stk_regex_scratch *scratch,
                                       struct stk_span text, uint64_t steps)
{
    (void)pcre2_set_match_limit(scratch->limits, (uint32_t)steps);
    if (regex->jit) {
        return answer_of(pcre2_jit_match(regex->code, text.data, text.len, 0,
                                         PCRE2_NO_UTF_CHECK, scratch->data,
                                         scratch->limits));
    }
    return answer_of(pcre2_match(regex->code, text.data, text.len, 0, PCRE2_NO_UTF_CHECK,
                                 scratch->data, scratch->limits));
}

/* The limit counts lookarounds, each of which may pass over all of the text. */
static enum stk_regex_answer pass_once(const struct stk_regex *regex,
                                       struct stk_regex_scratch *scratch,
                                       struct stk_span text)
{
    uint64_t looks =
        regex->traits.looks_far ? WORK_LOOKS / ((uint64_t)text.len + 1) + 1 : UINT32_MAX;
    (void)pcre2_set_match_limit(scratch->limits, (uint32_t)looks);
    return answer_of(pcre2_dfa_match(
        regex->automaton, text.data, text.len, 0, PCRE2_NO_UTF_CHECK | PCRE2_DFA_SHORTEST,
        scratch->data, scratch->limits, scratch->room, AUTOMATON_ROOM));
}

/* Steps for each start, so that all of them are `work`. */
static uint64_t steps_for(const struct stk_regex *regex, size_t len, uint64_t work)
{
    bool once = regex->anchored || !regex->traits.loops;
    uint64_t starts = once ? 1 : (uint64_t)len + 1;
    uint64_t steps = work / starts / ((uint64_t)len + 1);
    steps = steps < STEPS_LEAST ? STEPS_LEAST : steps;
    return steps > STK_REGEX_MATCH_LIMIT ? STK_REGEX_MATCH_LIMIT : steps;
}

enum stk_regex_answer stk_regex_search(const struct stk_regex *regex,
                                       struct stk_regex_scratch *scratch,
                                       struct stk_span text)
{
    static const uint8_t empty;
    text.data = text.len == 0 ? &empty : text.data;
    if (regex->is_plain) {
        return stk_regex_plain_matches(&regex->plain, text) ? STK_REGEX_YES
                                                            : STK_REGEX_NO;
    }
    if (stk_utf8_valid(text, true) != text.len) {
        return STK_REGEX_GAVE_UP;
    }
    if (regex->automaton == NULL) {
        return backtrack(regex, scratch, text, steps_for(regex, text.len, WORK_ONLY));
    }
    if (regex->anchored || text.len <= SHORT_TEXT) {
        uint64_t first = steps_for(regex, text.len, WORK_FIRST);
        enum stk_regex_answer answer = backtrack(regex, scratch, text, first);
        if (answer != STK_REGEX_GAVE_UP) {
            return answer;
        }
    }
    return pass_once(regex, scratch, text);
}
