/* SPDX-License-Identifier: Apache-2.0
 *
 * Which stockade this is: at compile time by the macros, at run time by the function.
 * They differ when a program runs with another library than it was compiled for.
 */
#ifndef STOCKADE_VERSION_H
#define STOCKADE_VERSION_H

#include <stockade/api.h>

#ifdef __cplusplus
extern "C" {
#endif

#define STOCKADE_VERSION "0.1.0"
#define STOCKADE_VERSION_MAJOR 0
#define STOCKADE_VERSION_MINOR 1
#define STOCKADE_VERSION_PATCH 0

/* The library's version as "major.minor.patch"; static storage, never NULL. Any thread.
 * Since 0.1.0. */
STOCKADE_API const char *stockade_version(void);

#ifdef __cplusplus
}
#endif

#endif
