/* SPDX-License-Identifier: Apache-2.0 */
#include "pickle/slot.h"

const char *stk_kind_name(enum stk_kind kind)
{
    static const char *const names[STK_KINDS] = {
        [STK_NONE] = "None",
        [STK_BOOL] = "bool",
        [STK_INT] = "int",
        [STK_BIGINT] = "int",
        [STK_FLOAT] = "float",
        [STK_STR] = "str",
        [STK_BYTES] = "bytes",
        [STK_BYTEARRAY] = "bytearray",
        [STK_TUPLE] = "tuple",
        [STK_LIST] = "list",
        [STK_DICT] = "dict",
        [STK_DICT_KEPT] = "dict",
        [STK_SET] = "set",
        [STK_FROZENSET] = "frozenset",
        [STK_GLOBAL] = "global",
        [STK_OBJECT] = "object",
        [STK_OPAQUE] = "result of a call",
        [STK_PERSISTENT] = "persistent object",
        [STK_EXTENSION] = "extension object",
        [STK_BUFFER] = "buffer",
    };
    return kind < STK_KINDS ? names[kind] : "nothing";
}
