/* SPDX-License-Identifier: Apache-2.0
 *
 * What joblib writes without compression, and its old compressed form. See walk.h for
 * what must hold.
 */
#include "walk.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    static const struct stk_format *const formats[] = {
        &stk_format_joblib,
        &stk_format_zfile,
        NULL,
    };
    fuzz_formats(formats, data, len);
    return 0;
}
