# SPDX-License-Identifier: Apache-2.0
# The file decides the first line and the status, also where a clean stream is shown; a part
# that was asked for decides for itself.
. "$TOP/tests/cli/lib"
pka benign-containers-4 clean
pka dotted-names evil
cat clean evil >both
for options in '' --trace --all '--stream 1' '--stream 2' '--offset 75' \
    '--fail-on dangerous'; do
    # shellcheck disable=SC2086 # a list of words
    status inspect $options both | sed -n '1p; /^# not shown/p; /^#   --stream/p; $p'
done
for options in '' '--stream 1'; do
    # shellcheck disable=SC2086 # a list of words
    "$STOCKADE" inspect --format json $options both >out || echo "$?"
    python3 -c 'import json; print(json.load(open("out"))["verdict"])'
done
printf 'cacme.metrics\nHistogram\n.' >unknown
cat clean unknown >review
status inspect review | sed -n '1p; $p'
status inspect --fail-on dangerous review | tail -n 1
status inspect --stream 1 review | tail -n 1
{
    cat clean
    printf '\200\002]('
} >torn
status inspect torn | sed -n '1p; $p'
status inspect --stream 1 torn | tail -n 1
