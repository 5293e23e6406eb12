/* SPDX-License-Identifier: Apache-2.0 */
#include "pickle/reading.h"

#define BIT(quirk) (UINT32_C(1) << STK_QUIRK_##quirk)

/* Where the Python unpickler goes another way than the C unpickler. */
#define PYTHON                                                                           \
    (BIT(FRAME_STRADDLE) | BIT(FRAME_SHORT) | BIT(LINE_END) | BIT(LINE_EMPTY) |          \
     BIT(INT_TEXT) | BIT(FLOAT_TEXT) | BIT(MEMO_KEY) | BIT(LENGTH_SIGN) |                \
     BIT(ARGS_TYPE) | BIT(INST_ORDER) | BIT(EMPTY_ITEMS) | BIT(BUILD_STATE))

#define DIGITS BIT(INT_DIGITS)
#define SINCE_3_14 (BIT(INT_DIGITS) | BIT(INT_BASE))

const struct stk_reading stk_readings[] = {
    {.name = "C", .choice = DIGITS},
    {.name = "C over a file", .choice = DIGITS, .drops_frames = true},
    {.name = "Python", .choice = PYTHON | DIGITS},
    /* Releases before the limit on digits: 3.8.13, 3.9.13, 3.10.6 and older. */
    {.name = "C before 3.11", .choice = 0},
    {.name = "C over a file before 3.11", .choice = 0, .drops_frames = true},
    {.name = "Python before 3.11", .choice = PYTHON},
    {.name = "C 3.14", .choice = SINCE_3_14 | BIT(LENGTH_SIGN)},
    {.name = "C 3.14 over a file",
     .choice = SINCE_3_14 | BIT(LENGTH_SIGN),
     .drops_frames = true},
    {.name = "Python 3.14", .choice = PYTHON | SINCE_3_14},
};

const size_t stk_n_readings = sizeof stk_readings / sizeof stk_readings[0];

/* At each quirk the way on which some unpickler does not stop. Where both go on (INT_TEXT
 * can give a bool here and an int there), the C way. */
const struct stk_reading stk_reading_reference = {
    .name = "any",
    .choice = BIT(FRAME_SHORT) | BIT(LINE_END) | BIT(LINE_EMPTY) | BIT(FLOAT_TEXT) |
              BIT(MEMO_KEY) | BIT(ARGS_TYPE) | BIT(INST_ORDER) | BIT(BUILD_STATE),
};

static bool same_way(const struct stk_reading *a, const struct stk_reading *b,
                     uint32_t quirks)
{
    bool framed = (quirks & BIT(FRAME_STRADDLE)) != 0;
    return ((a->choice ^ b->choice) & quirks) == 0 &&
           (!framed || a->drops_frames == b->drops_frames);
}

bool stk_reading_is_new(size_t index, uint32_t quirks)
{
    const struct stk_reading *reading = &stk_readings[index];
    bool known = same_way(reading, &stk_reading_reference, quirks);
    for (size_t i = 0; i < index && !known; i++) {
        known = same_way(reading, &stk_readings[i], quirks);
    }
    return !known;
}

const char *stk_quirk_text(enum stk_quirk quirk)
{
    static const char *const texts[STK_QUIRK_COUNT] = {
#define STK_QUIRK_TEXT(name, text) text,
        STK_QUIRKS(STK_QUIRK_TEXT)
#undef STK_QUIRK_TEXT
    };
    return quirk < STK_QUIRK_COUNT ? texts[quirk] : "";
}
