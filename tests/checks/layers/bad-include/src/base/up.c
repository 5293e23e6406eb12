/* SPDX-License-Identifier: Apache-2.0 */
#include "pickle/slot.h"
