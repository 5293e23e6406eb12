/* SPDX-License-Identifier: Apache-2.0
 *
 * The checks behind format.h, each beside its relatives.
 */
#pragma once

#include "base/span.h"

bool stk_format_date_time(struct stk_span text);
bool stk_format_date(struct stk_span text);
bool stk_format_time(struct stk_span text);
bool stk_format_duration(struct stk_span text);

bool stk_format_email(struct stk_span text);
bool stk_format_idn_email(struct stk_span text);
bool stk_format_hostname(struct stk_span text);
bool stk_format_idn_hostname(struct stk_span text);

bool stk_format_ipv4(struct stk_span text);
bool stk_format_ipv6(struct stk_span text);

bool stk_format_uri(struct stk_span text);
bool stk_format_uri_reference(struct stk_span text);
bool stk_format_iri(struct stk_span text);
bool stk_format_iri_reference(struct stk_span text);
bool stk_format_uri_template(struct stk_span text);
