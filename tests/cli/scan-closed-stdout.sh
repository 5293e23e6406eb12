# SPDX-License-Identifier: Apache-2.0
# Results that nobody got: status 4, unless what was found wins; said once, but not to
# whoever closed a pipe. A document that cannot be begun ends the work.
. "$TOP/tests/cli/lib"
pka benign-containers-4 clean
pka vanished-result-pop evil
for format in text json jsonl sarif; do
    for file in clean evil; do
        "$STOCKADE" scan -f $format $file >&-
        echo "$format $file, closed = $?" >&2
        "$STOCKADE" scan -f $format $file >/dev/full
        echo "$format $file, full = $?" >&2
    done
done
"$STOCKADE" scan -h >/dev/full
echo "help, full = $?" >&2
{
    sleep 0.3
    "$STOCKADE" scan -f jsonl clean
    echo "pipe = $?" >&2
} | :
"$STOCKADE" scan clean <&- >/dev/null
echo "stdin closed = $?"
"$STOCKADE" scan - <&-
echo "closed stdin = $?"
"$STOCKADE" scan evil missing 2>&-
echo "stderr closed = $?"
