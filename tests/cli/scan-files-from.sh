# SPDX-License-Identifier: Apache-2.0
# Paths from a list: by line or by NUL, from a file or from stdin, and besides operands.
. "$TOP/tests/cli/lib"
mkdir folder
pka vanished-result-pop 'a name'
pka benign-containers-4 folder/b
pka benign-containers-4 "c
d"
pka benign-containers-4 ./-
printf 'a name\n\nfolder\nmissing\n-\n' >list
printf 'c\nd\0a name\0' >list0
paths() {
    sed 's/.*"path": "\([^"]*\)".*/\1/'
}
echo "list:"
"$STOCKADE" scan -f jsonl --files-from list | paths
echo "NUL, stdin, last without its end:"
printf 'c\nd\0a name' | "$STOCKADE" scan -f jsonl -z --files-from=- folder | paths
echo "NUL:"
"$STOCKADE" scan -f jsonl --null --files-from=list0 | paths
echo "no list:"
status scan --files-from nowhere
status scan -q --files-from nowhere 'a name'
