/* SPDX-License-Identifier: Apache-2.0
 *
 * Files that are written whole or not at all: to a temporary name in the same folder,
 * then renamed.
 */
#pragma once

#include <stdbool.h>

#include "base/span.h"

/* Writes bytes to path, or to standard output where it is "-". Says on stderr what went
 * wrong; then there is no new file, and an old one is as it was. */
bool stk_output_put(const char *path, struct stk_span bytes);
