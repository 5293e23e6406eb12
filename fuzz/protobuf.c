/* SPDX-License-Identifier: Apache-2.0
 *
 * Graphs: Protocol Buffers, and FlatBuffers. See walk.h for what must hold.
 */
#include "walk.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    static const struct stk_format *const formats[] = {
        &stk_format_onnx,           &stk_format_savedmodel, &stk_format_tf_graph,
        &stk_format_keras_metadata, &stk_format_tflite,     NULL,
    };
    fuzz_formats(formats, data, len);
    return 0;
}
