# SPDX-License-Identifier: Apache-2.0
# shellcheck disable=SC2016 # JSON and not shell
#
# A profile that is not valid is an error with its place before any message is read.
. "$TOP/tests/cli/lib"
profile() {
    printf '%s' "$1" >profile.json
    status check --profile profile.json message.json
}
echo 1 >message.json
profile '{"type": "strin"}'
profile '{"properties": {"a": {"minimum": "3"}}}'
profile '{"$ref": "#/$defs/x"}'
profile '{"$ref": "https://example.org/other"}'
profile '{"pattern": "(?<a"}'
profile '{"items": 7}'
profile '{"$schema": "https://example.org/dialect"}'
profile '{"type": "object",}'
profile '{"$defs": {"a": {"$id": "https://example.org/a"}, "b": {"$id": "https://example.org/a"}}}'
status check message.json
status check --profile missing.json message.json
mkdir -p lib/inner
echo '{"type": "string"}' >lib/inner/text.json
profile '{"$ref": "https://example.org/lib/inner/text.json"}'
status check --profile profile.json --library https://example.org/lib/=lib message.json
status check --profile profile.json --library https://example.org/lib/ message.json
