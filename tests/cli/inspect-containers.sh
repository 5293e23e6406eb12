# SPDX-License-Identifier: Apache-2.0
# Opcodes inside marks, memo, frames; a clean stream.
. "$TOP/tests/cli/lib"
pka benign-containers-4 data
status inspect data
status inspect --limit 3 data
