/* SPDX-License-Identifier: Apache-2.0
 *
 * The 13 bytes before an LZMA stream in the old ".lzma" form have no magic number. This
 * is what liblzma's own detection asks for (lzma_auto_decoder, src/liblzma/common/
 * alone_decoder.c), and that the first byte of the range coder is 0.
 */
#pragma once

#include "base/span.h"

bool stk_lzma_head(struct stk_span head);
