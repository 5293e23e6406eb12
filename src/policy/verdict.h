/* SPDX-License-Identifier: Apache-2.0
 *
 * Ratings, verdicts, rules and findings: the words in which policy speaks.
 */
#pragma once

#include <stdint.h>

/* Of a global. */
enum stk_rating {
    STK_RATING_NONE, /* not asked yet */
    STK_RATING_VETTED,
    STK_RATING_UNKNOWN,
    STK_RATING_DANGEROUS,
};

/* Of a stream or file; the greater one wins. */
enum stk_verdict {
    STK_VERDICT_CLEAN,
    STK_VERDICT_REVIEW,
    STK_VERDICT_UNDECIDED,
    STK_VERDICT_DANGEROUS,
};

enum stk_severity {
    STK_SEVERITY_LOW,
    STK_SEVERITY_MEDIUM,
    STK_SEVERITY_HIGH,
    STK_SEVERITY_CRITICAL,
};

enum stk_rule {
#define X(id, name, verdict, severity, text) STK_RULE_##name,
#include "policy/rules.def"
#undef X
    STK_RULE_COUNT,
};

struct stk_rule_info {
    const char *id;   /* "STK101" */
    const char *name; /* "DANGEROUS_CALL" */
    enum stk_verdict verdict;
    enum stk_severity severity;
    const char *text;
};

/* Indexed by enum stk_rule. */
extern const struct stk_rule_info stk_rules[STK_RULE_COUNT];

struct stk_finding {
    enum stk_rule rule;
    uint64_t off;        /* in the stream's or member's bytes */
    const char *message; /* one ASCII line, attacker's bytes escaped; arena */
    const char *reason;  /* why it is rated so, where the catalogue says; NULL; static */
};

/* "clean", …; "vetted", …; "low", … */
const char *stk_verdict_name(enum stk_verdict verdict);
const char *stk_rating_name(enum stk_rating rating);
const char *stk_severity_name(enum stk_severity severity);
