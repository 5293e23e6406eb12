/* SPDX-License-Identifier: Apache-2.0 */
#include "base/status.h"

#include <stddef.h>

static const char *const texts[] = {
    [STK_OK] = "ok",
    [STK_E_IO] = "input/output error",
    [STK_E_SHRUNK] = "the file became shorter while it was read",
    [STK_E_NOMEM] = "out of memory",
    [STK_E_TRUNCATED] = "the bytes end inside an element",
    [STK_E_MALFORMED] = "malformed",
    [STK_E_UNSUPPORTED] = "not analysed by stockade",
    [STK_E_LIMIT] = "a limit was reached",
    [STK_E_BUG] = "an invariant of stockade did not hold",
};

const char *stk_status_text(enum stk_status status)
{
    size_t index = (size_t)status;
    return index < sizeof(texts) / sizeof(texts[0]) ? texts[index] : "unknown status";
}
