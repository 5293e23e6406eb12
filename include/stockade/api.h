/* SPDX-License-Identifier: Apache-2.0 */
#ifndef STOCKADE_API_H
#define STOCKADE_API_H

/* Marks what libstockade.so exports. Its build hides everything else, and
 * src/libstockade.map names the same functions once more. */
#define STOCKADE_API __attribute__((visibility("default")))

#endif
