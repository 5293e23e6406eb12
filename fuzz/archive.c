/* SPDX-License-Identifier: Apache-2.0
 *
 * Archives through libarchive, and those that are only recognised. See walk.h for what
 * must hold.
 */
#include "walk.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    static const struct stk_format *const formats[] = {
        &stk_format_7z,  &stk_format_cab, &stk_format_cpio,
        &stk_format_rar, &stk_format_xar, NULL,
    };
    fuzz_formats(formats, data, len);
    return 0;
}
