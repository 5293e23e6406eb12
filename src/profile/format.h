/* SPDX-License-Identifier: Apache-2.0
 *
 * The formats of JSON Schema 2020-12 Validation, 7.3, as predicates over a text: dates
 * and times (RFC 3339, ISO 8601 durations), mail and host names and their international
 * forms, addresses, URI and IRI and their references, templates (RFC 6570), UUID, JSON
 * pointers, regular expressions.
 */
#pragma once

#include "base/span.h"

typedef bool (*stk_format_check)(struct stk_span text);

/* The check of a format of this name, or NULL: a format that is not known says nothing.
 * `regex` is not among them, since it needs memory: see regex.h. */
stk_format_check stk_format_find(struct stk_span name);
