# SPDX-License-Identifier: Apache-2.0
# "-" is stdin: a file, from where it stands, or a pipe.
. "$TOP/tests/cli/lib"
pka vanished-result-pop evil
pka benign-containers-4 clean
status scan - <evil
# shellcheck disable=SC2002 # a pipe is the point
cat clean | status scan -f jsonl -
{ dd bs=1 count=4 of=/dev/null 2>/dev/null; "$STOCKADE" scan -f jsonl -; } <clean
"$STOCKADE" scan -q - - </dev/null
echo "twice = $?"
"$STOCKADE" scan -q - --files-from - </dev/null
echo "list too = $?"
"$STOCKADE" scan --limit-memory-max 1M - </dev/zero
echo "endless = $?"
status scan - </dev/null
