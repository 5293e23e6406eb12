/* SPDX-License-Identifier: Apache-2.0
 *
 * The disassembly of one stream: each opcode with its offset, its argument, what it takes
 * from the stack and puts there, marks and memo, and below it what it makes an unpickler
 * do, how the catalogue rates that, and where unpicklers part.
 */
#pragma once

#include "report/listing.h"

STK_MUST_USE enum stk_status stk_disasm(const struct stk_inspection *in,
                                        const struct stk_listing_options *options);
