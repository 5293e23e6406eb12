# SPDX-License-Identifier: Apache-2.0
# SHA-256 of small files, large ones and stdin, as sha256sum has it.
. "$TOP/tests/cli/lib"
pka benign-containers-4 small
dd if=/dev/zero of=large bs=1M count=3 2>/dev/null
# shellcheck disable=SC2094 # read twice, never written
"$STOCKADE" scan -f jsonl --digest small large - <small >out
sed -n 's/.*"sha256": "\([0-9a-f]*\)".*/\1/p' out >got
sha256sum small large small | sed 's/ .*//' >want
cmp got want && wc -l <got
"$STOCKADE" scan -v --digest small
