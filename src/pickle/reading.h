/* SPDX-License-Identifier: Apache-2.0
 *
 * Where unpicklers read the same bytes differently. A quirk is one such place; a reading
 * is the choice that one unpickler makes at each of them, as constant data. The machine
 * runs the reference reading and notes which quirks the stream touches; only then is the
 * stream run again, once per reading that chooses differently there. Each quirk is
 * described, with what every unpickler does and the test that pins it, in
 * docs/design/pickle.md.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*   Q(NAME, text) */
#define STK_QUIRKS(Q)                                                                    \
    Q(FRAME_STRADDLE, "an element crosses the end of its frame")                         \
    Q(FRAME_SHORT, "a frame is longer than what follows")                                \
    Q(LINE_END, "a text line ends with the bytes, without a newline")                    \
    Q(LINE_EMPTY, "an empty name or number line")                                        \
    Q(INT_TEXT, "an integer written as the C and Python readers parse differently")      \
    Q(INT_BASE, "an integer whose base 3.14 takes to be 10 and others by its prefix")    \
    Q(INT_DIGITS, "an integer of more than 4300 decimal digits")                         \
    Q(FLOAT_TEXT, "a float written as the C and Python readers parse differently")       \
    Q(MEMO_KEY, "a memo index that the C reader cannot hold")                            \
    Q(LENGTH_SIGN, "a string length with its sign bit set")                              \
    Q(ARGS_TYPE, "call arguments that are not a tuple")                                  \
    Q(INST_ORDER, "a class imported before its mark is found missing")                   \
    Q(EMPTY_ITEMS, "no items given to what cannot take any")                             \
    Q(BUILD_STATE, "an empty state that is not a dict")

enum stk_quirk {
#define STK_QUIRK_ENUM(name, text) STK_QUIRK_##name,
    STK_QUIRKS(STK_QUIRK_ENUM)
#undef STK_QUIRK_ENUM
        STK_QUIRK_COUNT,
};

/* What one unpickler does at each quirk. A clear bit is the way of the C unpickler, a set
 * bit that of the Python unpickler; for two that go by version, a set bit refuses
 * (INT_DIGITS) or reads decimal digits only (INT_BASE). */
struct stk_reading {
    const char *name;
    uint32_t choice; /* 1 << enum stk_quirk, or-ed */
    /* A third way at FRAME_STRADDLE: the rest of the frame is dropped, and the element is
     * read from behind it. */
    bool drops_frames;
};

extern const struct stk_reading stk_readings[];
extern const size_t stk_n_readings;

/* Goes on wherever any unpickler would: what the first run uses. */
extern const struct stk_reading stk_reading_reference;

/* Whether a reading goes another way at these quirks than the reference reading and each
 * one before it in the list: a stream that touches them is to be run again with it. */
bool stk_reading_is_new(size_t index, uint32_t quirks);

const char *stk_quirk_text(enum stk_quirk quirk);
