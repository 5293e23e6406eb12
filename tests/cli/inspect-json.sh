# SPDX-License-Identifier: Apache-2.0
# The same as JSON, which a parser takes.
. "$TOP/tests/cli/lib"
pka extensions-persistent-binpersid stream
"$STOCKADE" inspect --format json stream >list
"$STOCKADE" inspect --format json --trace stream >trace
python3 -c 'import json; [json.load(open(n)) for n in ("list", "trace")]'
cat list trace
