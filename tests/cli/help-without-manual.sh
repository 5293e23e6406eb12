# SPDX-License-Identifier: Apache-2.0
# Where no manual is installed, help is what -h prints, and the limits with their defaults.
. "$TOP/tests/cli/lib"
MANPATH=$PWD
export MANPATH
"$STOCKADE" scan -h >short
lines=$(wc -l <short)
for way in 'help scan' 'scan --help'; do
    # shellcheck disable=SC2086 # a list of words
    "$STOCKADE" $way >long && head -n "$lines" long | cmp - short && echo "$way"
done
tail -n "+$((lines + 1))" long | head -n 4
"$STOCKADE" --dump-options | grep -c '^option.scan.-.limit-'
grep -c -- '--limit-[a-z-]* .* \[[0-9]*[KMG]*\]$' long
"$STOCKADE" help --help | grep -c limit
status help nothing
status help scan scan
"$STOCKADE" --help | head -n 1
