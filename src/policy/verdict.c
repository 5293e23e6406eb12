/* SPDX-License-Identifier: Apache-2.0 */
#include "policy/verdict.h"

#include <stddef.h>

const struct stk_rule_info stk_rules[STK_RULE_COUNT] = {
#define X(id_, name_, verdict_, severity_, text_)                                        \
    [STK_RULE_##name_] = {.id = #id_,                                                    \
                          .name = #name_,                                                \
                          .verdict = STK_VERDICT_##verdict_,                             \
                          .severity = STK_SEVERITY_##severity_,                          \
                          .text = (text_)},
#include "policy/rules.def"
#undef X
};

const char *stk_verdict_name(enum stk_verdict verdict)
{
    switch (verdict) {
    case STK_VERDICT_CLEAN:
        return "clean";
    case STK_VERDICT_REVIEW:
        return "review";
    case STK_VERDICT_UNDECIDED:
        return "undecided";
    case STK_VERDICT_DANGEROUS:
        return "dangerous";
    }
    return "undecided";
}

const char *stk_rating_name(enum stk_rating rating)
{
    switch (rating) {
    case STK_RATING_NONE:
    case STK_RATING_UNKNOWN:
        return "unknown";
    case STK_RATING_VETTED:
        return "vetted";
    case STK_RATING_DANGEROUS:
        return "dangerous";
    }
    return "unknown";
}

const char *stk_severity_name(enum stk_severity severity)
{
    switch (severity) {
    case STK_SEVERITY_LOW:
        return "low";
    case STK_SEVERITY_MEDIUM:
        return "medium";
    case STK_SEVERITY_HIGH:
        return "high";
    case STK_SEVERITY_CRITICAL:
        return "critical";
    }
    return "low";
}
