/* SPDX-License-Identifier: Apache-2.0
 *
 * Formats that carry code and are named. See walk.h for what must hold.
 */
#include "walk.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    static const struct stk_format *const formats[] = {
        &stk_format_pyc,
        &stk_format_marshal,
        &stk_format_tensorrt,
        &stk_format_java,
        &stk_format_rds,
        &stk_format_hdf5,
        NULL,
    };
    fuzz_formats(formats, data, len);
    return 0;
}
