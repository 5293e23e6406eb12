# SPDX-License-Identifier: Apache-2.0
# The same opcodes at the same places as CPython has them.
. "$TOP/tests/cli/lib"
for name in benign-collections-4 benign-numbers-4 benign-numpy-2 benign-ordereddict-0 \
    benign-containers-0 benign-datetime-2 benign-shared-0; do
    pka "$name" stream
    "$STOCKADE" inspect -f json stream >list
    python3 - "$name" <<'END'
import json, pickletools, sys
ours = [(o["offset"], o["opcode"]) for o in json.load(open("list"))["streams"][0]["opcodes"]]
with open("stream", "rb") as stream:
    theirs = [(pos, op.name) for op, _, pos in pickletools.genops(stream.read())]
print(sys.argv[1], len(ours), "opcodes,", "the same" if ours == theirs else "not the same")
END
done
