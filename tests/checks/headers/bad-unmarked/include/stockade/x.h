/* SPDX-License-Identifier: Apache-2.0 */
#ifndef STOCKADE_X_H
#define STOCKADE_X_H

#define STOCKADE_API __attribute__((visibility("default")))

int stockade_x(void);

#endif
