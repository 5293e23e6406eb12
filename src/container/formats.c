/* SPDX-License-Identifier: Apache-2.0
 *
 * The list. Specific before general: the first that recognises a file names it. Formats
 * with a strong mark at a fixed place come before those that are found by plausibility,
 * and what is found by its end (zip) comes between them.
 */
#include "container/formats.h"

#include <stddef.h>

const struct stk_format *const stk_formats[] = {
    &stk_format_torch_legacy,
    &stk_format_joblib,
    &stk_format_zfile,
    &stk_format_npy,
    &stk_format_gguf,
    &stk_format_safetensors,
    &stk_format_gzip,
    &stk_format_bz2,
    &stk_format_xz,
    &stk_format_zstd,
    &stk_format_lz4,
    &stk_format_7z,
    &stk_format_cab,
    &stk_format_cpio,
    &stk_format_rar,
    &stk_format_xar,
    &stk_format_tensorrt,
    &stk_format_java,
    &stk_format_rds,
    &stk_format_tflite,
    &stk_format_pyc,
    &stk_format_marshal,
    &stk_format_tar,
    &stk_format_zip,
    &stk_format_hdf5,
    &stk_format_onnx,
    &stk_format_savedmodel,
    &stk_format_tf_graph,
    &stk_format_keras_metadata,
    &stk_format_lzma,
    &stk_format_zlib,
    NULL,
};
