# SPDX-License-Identifier: Apache-2.0
# Place and reason of what no unpickler can follow; bytes that are no stream.
. "$TOP/tests/cli/lib"
pka broken-tail-garbage garbage
pka broken-tail-truncated truncated
pka broken-tail-no-mark mark
printf '' >empty
printf 'X\377\377\377\177abc' >short
for name in garbage truncated mark empty short; do
    status inspect "$name"
    status inspect --trace "$name"
done
