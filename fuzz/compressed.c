/* SPDX-License-Identifier: Apache-2.0
 *
 * Files that are one compressed stream. See walk.h for what must hold.
 */
#include "walk.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    static const struct stk_format *const formats[] = {
        &stk_format_gzip, &stk_format_bz2,   &stk_format_xz,
        &stk_format_lzma, &stk_format_zlib,  &stk_format_zstd,
        &stk_format_lz4,  &stk_format_zfile, NULL,
    };
    fuzz_formats(formats, data, len);
    return 0;
}
