/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

int stk_a(int b);
