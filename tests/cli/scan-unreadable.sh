# SPDX-License-Identifier: Apache-2.0
# What cannot be read is said, with its reason, and the rest goes on.
. "$TOP/tests/cli/lib"
pka benign-containers-4 clean
long=$(printf '%0300d' 0)
rc=0
"$STOCKADE" scan missing clean "$long" /proc/self/mem clean/below clean 2>err || rc=$?
sed 's/0\{300\}/<300 zeros>/' err
exit "$rc"
