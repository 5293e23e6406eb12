# SPDX-License-Identifier: Apache-2.0
# Every exit status, and which one wins.
. "$TOP/tests/cli/lib"
pka benign-containers-4 clean
pka gadgets-unknown review
pka broken-tail-harmless undecided
pka vanished-result-pop dangerous
exec 2>/dev/null
for files in clean undecided review dangerous missing 'clean missing' \
    'undecided missing' 'review missing' 'dangerous missing' 'undecided review' \
    'undecided dangerous'; do
    # shellcheck disable=SC2086 # a list of words
    status scan -q $files
    # shellcheck disable=SC2086 # a list of words
    status scan -q --fail-on dangerous $files
done
status scan -q --fail-on nothing dangerous
status scan -q
