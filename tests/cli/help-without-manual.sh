# SPDX-License-Identifier: Apache-2.0
# Where no manual is installed, help is what -h prints.
. "$TOP/tests/cli/lib"
MANPATH=$PWD
export MANPATH
"$STOCKADE" scan -h >short
for way in 'help scan' 'scan --help'; do
    # shellcheck disable=SC2086 # a list of words
    "$STOCKADE" $way >long && cmp short long && echo "$way"
done
status help nothing
status help scan scan
"$STOCKADE" --help | head -n 1
