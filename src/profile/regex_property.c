/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>

#include "profile/regex_ecma.h"
#include "profile/text.h"

/* General categories: PCRE2 has the short names alone, and L& for LC. From
 * PropertyValueAliases.txt, gc. */
static const struct {
    const char *pcre;
    const char *names[3];
} categories[] = {
    {"C", {"C", "Other"}},
    {"Cc", {"Cc", "Control", "cntrl"}},
    {"Cf", {"Cf", "Format"}},
    {"Cn", {"Cn", "Unassigned"}},
    {"Co", {"Co", "Private_Use"}},
    {"Cs", {"Cs", "Surrogate"}},
    {"L", {"L", "Letter"}},
    {"L&", {"LC", "Cased_Letter"}},
    {"Ll", {"Ll", "Lowercase_Letter"}},
    {"Lm", {"Lm", "Modifier_Letter"}},
    {"Lo", {"Lo", "Other_Letter"}},
    {"Lt", {"Lt", "Titlecase_Letter"}},
    {"Lu", {"Lu", "Uppercase_Letter"}},
    {"M", {"M", "Mark", "Combining_Mark"}},
    {"Mc", {"Mc", "Spacing_Mark"}},
    {"Me", {"Me", "Enclosing_Mark"}},
    {"Mn", {"Mn", "Nonspacing_Mark"}},
    {"N", {"N", "Number"}},
    {"Nd", {"Nd", "Decimal_Number", "digit"}},
    {"Nl", {"Nl", "Letter_Number"}},
    {"No", {"No", "Other_Number"}},
    {"P", {"P", "Punctuation", "punct"}},
    {"Pc", {"Pc", "Connector_Punctuation"}},
    {"Pd", {"Pd", "Dash_Punctuation"}},
    {"Pe", {"Pe", "Close_Punctuation"}},
    {"Pf", {"Pf", "Final_Punctuation"}},
    {"Pi", {"Pi", "Initial_Punctuation"}},
    {"Po", {"Po", "Other_Punctuation"}},
    {"Ps", {"Ps", "Open_Punctuation"}},
    {"S", {"S", "Symbol"}},
    {"Sc", {"Sc", "Currency_Symbol"}},
    {"Sk", {"Sk", "Modifier_Symbol"}},
    {"Sm", {"Sm", "Math_Symbol"}},
    {"So", {"So", "Other_Symbol"}},
    {"Z", {"Z", "Separator"}},
    {"Zl", {"Zl", "Line_Separator"}},
    {"Zp", {"Zp", "Paragraph_Separator"}},
    {"Zs", {"Zs", "Space_Separator"}},
};

/* ECMA-262, table "Binary Unicode property aliases", but for those of other names above
 * and Changes_When_NFKC_Casefolded, which PCRE2 does not have. PCRE2 knows them all. */
static const char *const binary[] = {
    "AHex",
    "ASCII",
    "ASCII_Hex_Digit",
    "Alpha",
    "Alphabetic",
    "Any",
    "Bidi_C",
    "Bidi_Control",
    "Bidi_M",
    "Bidi_Mirrored",
    "CI",
    "CWCF",
    "CWCM",
    "CWL",
    "CWT",
    "CWU",
    "Case_Ignorable",
    "Cased",
    "Changes_When_Casefolded",
    "Changes_When_Casemapped",
    "Changes_When_Lowercased",
    "Changes_When_Titlecased",
    "Changes_When_Uppercased",
    "DI",
    "Dash",
    "Default_Ignorable_Code_Point",
    "Dep",
    "Deprecated",
    "Dia",
    "Diacritic",
    "EBase",
    "EComp",
    "EMod",
    "EPres",
    "Emoji",
    "Emoji_Component",
    "Emoji_Modifier",
    "Emoji_Modifier_Base",
    "Emoji_Presentation",
    "Ext",
    "ExtPict",
    "Extended_Pictographic",
    "Extender",
    "Gr_Base",
    "Gr_Ext",
    "Grapheme_Base",
    "Grapheme_Extend",
    "Hex",
    "Hex_Digit",
    "IDC",
    "IDS",
    "IDSB",
    "IDST",
    "IDS_Binary_Operator",
    "IDS_Trinary_Operator",
    "ID_Continue",
    "ID_Start",
    "Ideo",
    "Ideographic",
    "Join_C",
    "Join_Control",
    "LOE",
    "Logical_Order_Exception",
    "Lower",
    "Lowercase",
    "Math",
    "NChar",
    "Noncharacter_Code_Point",
    "Pat_Syn",
    "Pat_WS",
    "Pattern_Syntax",
    "Pattern_White_Space",
    "QMark",
    "Quotation_Mark",
    "RI",
    "Radical",
    "Regional_Indicator",
    "SD",
    "STerm",
    "Sentence_Terminal",
    "Soft_Dotted",
    "Term",
    "Terminal_Punctuation",
    "UIdeo",
    "Unified_Ideograph",
    "Upper",
    "Uppercase",
    "VS",
    "Variation_Selector",
    "White_Space",
    "XIDC",
    "XIDS",
    "XID_Continue",
    "XID_Start",
    "space",
};

static const char *find_category(struct stk_span name)
{
    for (size_t i = 0; i < sizeof(categories) / sizeof(categories[0]); i++) {
        for (size_t j = 0; j < 3 && categories[i].names[j] != NULL; j++) {
            if (stk_span_is(name, categories[i].names[j])) {
                return categories[i].pcre;
            }
        }
    }
    return NULL;
}

static const char *find_binary(struct stk_span name)
{
    for (size_t i = 0; i < sizeof(binary) / sizeof(binary[0]); i++) {
        if (stk_span_is(name, binary[i])) {
            return binary[i];
        }
    }
    return NULL;
}

/* Scripts are many and PCRE2 knows their names: here only that it is one word. */
static bool put_script(const char *kind, struct stk_span name, bool negated, char *out,
                       size_t size)
{
    for (size_t i = 0; i < name.len; i++) {
        if (!stk_char_is_letter(name.data[i]) && name.data[i] != '_') {
            return false;
        }
    }
    if (name.len == 0 || name.len >= size / 2) {
        return false;
    }
    (void)snprintf(out, size, "\\%c{%s:%.*s}", negated ? 'P' : 'p', kind, (int)name.len,
                   (const char *)name.data);
    return true;
}

static bool put_word(const char *word, bool negated, char *out, size_t size)
{
    if (word != NULL) {
        (void)snprintf(out, size, "\\%c{%s}", negated ? 'P' : 'p', word);
    }
    return word != NULL;
}

bool stk_regex_property(struct stk_span body, bool negated, char *out, size_t size)
{
    size_t equals = stk_span_find(body, "=", 1);
    if (equals == SIZE_MAX) {
        if (stk_span_is(body, "Assigned")) {
            return put_word("Cn", !negated, out, size);
        }
        const char *word = find_category(body);
        return put_word(word != NULL ? word : find_binary(body), negated, out, size);
    }
    struct stk_span name = stk_span_of(body.data, equals);
    struct stk_span value = stk_span_of(body.data + equals + 1, body.len - equals - 1);
    if (stk_span_is(name, "gc") || stk_span_is(name, "General_Category")) {
        return put_word(find_category(value), negated, out, size);
    }
    if (stk_span_is(name, "sc") || stk_span_is(name, "Script")) {
        return put_script("sc", value, negated, out, size);
    }
    if (stk_span_is(name, "scx") || stk_span_is(name, "Script_Extensions")) {
        return put_script("scx", value, negated, out, size);
    }
    return false;
}
