# SPDX-License-Identifier: Apache-2.0
# The order is that of the operands and, in folders, of the names' bytes, whatever the
# number of threads.
. "$TOP/tests/cli/lib"
mkdir -p b/c b/C b/c.d a
for name in b/c/2 b/c/10 b/C/z b/c.d/x b/a b/z b/é a/0; do
    pka benign-containers-4 "$name"
done
i=1
while [ $i -lt 600 ]; do
    cp a/0 "a/$i"
    i=$((i + 1))
done
"$STOCKADE" scan -f jsonl b | sed 's/.*"path": "\([^"]*\)".*/\1/'
"$STOCKADE" scan -f jsonl -j 1 b a a/1 b/z >one
"$STOCKADE" scan -f jsonl -j 7 b a a/1 b/z >seven
cmp one seven && wc -l <seven
