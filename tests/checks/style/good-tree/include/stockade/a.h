/* SPDX-License-Identifier: Apache-2.0 */
#ifndef STOCKADE_A_H
#define STOCKADE_A_H
#endif
