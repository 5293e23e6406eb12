/* SPDX-License-Identifier: Apache-2.0
 *
 * safetensors. See walk.h for what must hold.
 */
#include "walk.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    static const struct stk_format *const formats[] = {
        &stk_format_safetensors,
        NULL,
    };
    fuzz_formats(formats, data, len);
    return 0;
}
