# SPDX-License-Identifier: Apache-2.0
# Each opcode, what it takes and puts, what it does and how that is rated.
. "$TOP/tests/cli/lib"
pka dotted-names evil
"$STOCKADE" inspect evil
