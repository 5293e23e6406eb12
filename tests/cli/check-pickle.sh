# SPDX-License-Identifier: Apache-2.0
# shellcheck disable=SC2016 # JSON and not shell
#
# Pickles against a profile: classes by name, enum members, tensors' names, what is refused
# before it is decoded; and messages of several frames.
. "$TOP/tests/cli/lib"
cat >point.json <<'END'
{"$schema": "urn:stockade:profile:1",
 "class": "app.shapes:Point",
 "state": {"type": "object", "additionalProperties": false, "required": ["x"],
           "properties": {
               "x": {"kind": "int"},
               "color": {"class": "app.shapes:Color", "members": {"RED": 1, "BLUE": 2}},
               "file": {"path": {"within": ["/dev/shm"]}}}}}
END
# The object, with this state.
point() {
    printf 'capp.shapes\nPoint\n)\201}(%bub.' "$2" >"$1"
}
point good.pkl 'Vx\nK\001Vcolor\ncapp.shapes\nColor\nK\001\0205RVfile\nV/dev/shm/a\n'
point kind.pkl 'Vx\nG?\0360\000\000\000\000\000\000'
point member.pkl 'Vx\nK\001Vcolor\ncapp.shapes\nColor\nK\003\0205R'
point path.pkl 'Vx\nK\001Vfile\nV/dev/shm/../mem\n'
point dunder.pkl 'Vx\nK\001V__class__\nN'
point danger.pkl 'Vx\ncos\nsystem\nVid\n\0205R'
point other.pkl 'Vx\ncapp.other\nThing\n)\0201'
printf '}Vx\nK\001s.' >plain.pkl
for name in good kind member path dunder danger other plain; do
    status check --profile point.json "$name.pkl"
done
status check --profile point.json --format jsonl good.pkl member.pkl danger.pkl
status check --profile data-only plain.pkl good.pkl

cat >frames.json <<'END'
{"$schema": "urn:stockade:profile:1",
 "message": {
     "frames": [{"wire": "literal", "text": "ADD"},
                {"wire": "pickle", "hmac": "sha256", "schema": {"$ref": "#/$defs/header"}},
                {"wire": "raw", "maxBytes": 64}],
     "relations": [{"frame": 2,
                    "lengthOf": {"frame": 1, "shape": "/shape", "dtype": "/dtype"}}]},
 "$defs": {"header": {"type": "object", "required": ["shape", "dtype"]}}}
END
printf 'ADD' >literal
printf '12345678' >bytes
printf '1234567' >fewer
printf 'key' >key
printf 'yek' >other-key
/usr/bin/python3 - <<'END'
import hashlib
import hmac
import pickle

body = pickle.dumps({"shape": (2, 2), "dtype": "int16"}, 4)
with open("header", "wb") as out:
    out.write(body + hmac.new(b"key", body, hashlib.sha256).digest())
END
status check -p frames.json --frames --hmac-key key literal header bytes
status check -p frames.json --frames --hmac-key key literal header fewer
status check -p frames.json --frames --hmac-key key bytes header bytes
status check -p frames.json --frames --hmac-key key literal header
status check -p frames.json --frames --hmac-key other-key literal header bytes
status check -p frames.json --frames literal header bytes
