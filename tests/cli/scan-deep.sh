# SPDX-License-Identifier: Apache-2.0
# A folder inside too many others is an error, not a crash; its siblings are scanned.
. "$TOP/tests/cli/lib"
mkdir tree
pka benign-containers-4 tree/a
cp tree/a tree/z
(
    cd tree || exit
    i=0
    while [ $i -lt 210 ]; do
        mkdir d
        cd d || exit
        i=$((i + 1))
    done
)
rc=0
"$STOCKADE" scan tree 2>err || rc=$?
sed 's,\(/d\)\{100\,\},/d...,' err
exit "$rc"
