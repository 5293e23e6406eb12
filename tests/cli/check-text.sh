# SPDX-License-Identifier: Apache-2.0
# Violations with their place, the deepest first; and the three statuses.
. "$TOP/tests/cli/lib"
cat >request.json <<'END'
{"type": "object", "required": ["rid", "params"], "additionalProperties": false,
 "properties": {
   "rid": {"type": "string", "pattern": "^[0-9a-f]{4}$"},
   "params": {"properties": {"n": {"type": "integer", "maximum": 8},
                             "stop": {"anyOf": [{"type": "null"}, {"maxLength": 2}]}}}}}
END
echo '{"rid": "00af", "params": {"n": 2.0, "stop": null}}' >good.json
printf '{"rid": "00af\\n", "params": {"n": 9, "stop": "abc"}, "x\\u001b": 1}' >bad.json
echo '{"rid": "00af", "rid": "00ff"}' >twice.json
status check --profile request.json good.json
status check --profile request.json bad.json
status check --profile request.json good.json twice.json
status check --profile request.json --violations-max 1 bad.json
status check --profile request.json --format jsonl good.json bad.json twice.json
status check --profile request.json missing.json
status check --profile request.json - <good.json
truncate -s 100M zeros
status check --profile request.json --memory-max 1M zeros
