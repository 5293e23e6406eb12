/* SPDX-License-Identifier: Apache-2.0
 *
 * RFC 3339: dates and times by 5.6, durations by appendix A. Leap seconds are allowed
 * where UTC may have one, at 23:59:60, in any month.
 */
#include "profile/format_parts.h"
#include "profile/text.h"

/* Takes one byte, which is `one` or `other`. */
static bool take(struct stk_span *text, char one, char other)
{
    if (text->len == 0 ||
        (text->data[0] != (uint8_t)one && text->data[0] != (uint8_t)other)) {
        return false;
    }
    *text = stk_span_of(text->data + 1, text->len - 1);
    return true;
}

/* Takes exactly n digits whose number is from least to most. */
static bool number(struct stk_span *text, size_t n, int least, int most, int *ret_number)
{
    int value = 0;
    if (text->len < n) {
        return false;
    }
    for (size_t i = 0; i < n; i++) {
        if (!stk_char_is_digit(text->data[i])) {
            return false;
        }
        value = value * 10 + (text->data[i] - '0');
    }
    *text = stk_span_of(text->data + n, text->len - n);
    *ret_number = value;
    return value >= least && value <= most;
}

static bool digits(struct stk_span *text)
{
    size_t n = 0;
    while (n < text->len && stk_char_is_digit(text->data[n])) {
        n++;
    }
    *text = stk_span_of(text->data + n, text->len - n);
    return n > 0;
}

static int days_in(int year, int month)
{
    static const uint8_t days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    bool leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    return days[month - 1] + (month == 2 && leap ? 1 : 0);
}

static bool full_date(struct stk_span *text)
{
    int year = 0;
    int month = 0;
    int day = 0;
    return number(text, 4, 0, 9999, &year) && take(text, '-', '-') &&
           number(text, 2, 1, 12, &month) && take(text, '-', '-') &&
           number(text, 2, 1, days_in(year, month), &day);
}

/* Minutes from UTC. */
static bool offset(struct stk_span *text, int *ret_minutes)
{
    int hours = 0;
    int minutes = 0;
    *ret_minutes = 0;
    if (take(text, 'Z', 'z')) {
        return true;
    }
    bool east = take(text, '+', '+');
    if (!east && !take(text, '-', '-')) {
        return false;
    }
    if (!number(text, 2, 0, 23, &hours) || !take(text, ':', ':') ||
        !number(text, 2, 0, 59, &minutes)) {
        return false;
    }
    *ret_minutes = (hours * 60 + minutes) * (east ? 1 : -1);
    return true;
}

static bool full_time(struct stk_span *text)
{
    const int day = 24 * 60;
    int hours = 0;
    int minutes = 0;
    int seconds = 0;
    int east = 0;
    if (!number(text, 2, 0, 23, &hours) || !take(text, ':', ':') ||
        !number(text, 2, 0, 59, &minutes) || !take(text, ':', ':') ||
        !number(text, 2, 0, 60, &seconds)) {
        return false;
    }
    if ((take(text, '.', '.') && !digits(text)) || !offset(text, &east)) {
        return false;
    }
    int utc = (hours * 60 + minutes - east + day) % day;
    return seconds < 60 || utc == day - 1;
}

bool stk_format_date(struct stk_span text)
{
    return full_date(&text) && text.len == 0;
}

bool stk_format_time(struct stk_span text)
{
    return full_time(&text) && text.len == 0;
}

bool stk_format_date_time(struct stk_span text)
{
    return full_date(&text) && take(&text, 'T', 't') && full_time(&text) && text.len == 0;
}

/* Takes numbers with units out of `units`, which follow each other without a hole. */
static bool elements(struct stk_span *text, const char *units)
{
    const char *next = NULL;
    while (text->len > 0 && stk_char_is_digit(text->data[0])) {
        if (!digits(text) || text->len == 0) {
            return false;
        }
        const char *unit = next != NULL ? next : units;
        while (next == NULL && *unit != '\0' && (uint8_t)*unit != text->data[0]) {
            unit++;
        }
        if (*unit == '\0' || !take(text, *unit, *unit)) {
            return false;
        }
        next = unit + 1;
    }
    return next != NULL;
}

bool stk_format_duration(struct stk_span text)
{
    if (!take(&text, 'P', 'P')) {
        return false;
    }
    struct stk_span weeks = text;
    if (digits(&weeks) && take(&weeks, 'W', 'W')) {
        return weeks.len == 0;
    }
    if (!take(&text, 'T', 'T')) {
        if (!elements(&text, "YMD")) {
            return false;
        }
        if (!take(&text, 'T', 'T')) {
            return text.len == 0;
        }
    }
    return elements(&text, "HMS") && text.len == 0;
}
