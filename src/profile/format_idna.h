/* SPDX-License-Identifier: Apache-2.0
 *
 * Labels of internationalised host names: what RFC 5891 to 5893 allow, for names that are
 * registered (so with all contextual rules). That a label is in normalization form C is
 * not asked, since no two names are compared here.
 */
#pragma once

#include "base/span.h"

#define STK_LABEL_MAX 63u /* bytes, in ASCII form */

struct stk_label {
    uint32_t codes[STK_LABEL_MAX];
    size_t n;
};

/* The characters of a label, from UTF-8. False if it has too many. */
bool stk_label_read(struct stk_span text, struct stk_label *ret_label);

/* The same from the ASCII form, without its xn--, in small letters. False if no label has
 * this form, or one that is all ASCII. */
bool stk_label_decode(struct stk_span text, struct stk_label *ret_label);

/* The length of the ASCII form with its xn--, or SIZE_MAX where that is too long. */
size_t stk_label_encoded_len(const struct stk_label *label);

/* A U-label, but for the rule of its direction. */
bool stk_label_is_valid(const struct stk_label *label);

/* RFC 5893: the label makes its name one with text from right to left, in which all
 * labels must keep the rule. */
bool stk_label_is_rtl(const struct stk_label *label);
bool stk_label_keeps_bidi_rule(const struct stk_label *label);
