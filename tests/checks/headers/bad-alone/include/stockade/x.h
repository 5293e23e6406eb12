/* SPDX-License-Identifier: Apache-2.0 */
#ifndef STOCKADE_X_H
#define STOCKADE_X_H

#define STOCKADE_API __attribute__((visibility("default")))

STOCKADE_API int stockade_x(void);
STOCKADE_API void stockade_y(size_t n);

#endif
