/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

int stk_sum(int a, int b);
