/* SPDX-License-Identifier: Apache-2.0
 *
 * What one stream does, as pseudo-Python: a line for each effect and for each list, dict
 * or set that is made or filled, in the order in which an unpickler would do it.
 */
#pragma once

#include "report/listing.h"

STK_MUST_USE enum stk_status stk_trace(const struct stk_inspection *in,
                                       const struct stk_listing_options *options);
