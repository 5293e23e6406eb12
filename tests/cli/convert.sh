# SPDX-License-Identifier: Apache-2.0
# shellcheck disable=SC2016 # JSON and not shell
#
# Values come out the same in every format and back; nothing is written of what is refused.
. "$TOP/tests/cli/lib"
/usr/bin/python3 - <<'END'
import pickle

value = {"n": (1, 2.5, -(2**70)), "s": {1}, "b": b"\x00\xff", 3: None}
value["again"] = value["n"]
with open("rich.pkl", "wb") as out:
    out.write(pickle.dumps(value, 2))
with open("rows.pkl", "wb") as out:
    out.write(pickle.dumps({"rows": [{"a": i, "t": "\u00e9"} for i in range(3)]}, 4))
END
status convert rich.pkl rich.json
cat rich.json
status convert --plain --to json rich.pkl -
status convert rich.json back.pkl
status convert rich.pkl rich.msgpack
status convert rich.msgpack back2.pkl
status convert rich.pkl fresh.pkl
cmp fresh.pkl back.pkl && cmp fresh.pkl back2.pkl && echo same
status convert fresh.pkl fresher.pkl
cmp fresh.pkl fresher.pkl && echo settled
/usr/bin/python3 - <<'END'
import pickle

with open("rich.pkl", "rb") as a, open("back.pkl", "rb") as b:
    first, second = pickle.load(a), pickle.load(b)
print(first == second, second["again"] is second["n"], list(map(type, second)))
END
status convert --at /rows --to jsonl --plain rows.pkl -
status convert --at /rows/1 --to json --indent 2 rows.pkl -
status convert --at /none --to json rows.pkl -

printf 'cos\nsystem\nVid\n\205R.' >danger.pkl
printf 'capp\nThing\n)\201.' >thing.pkl
printf ']K' >short.pkl
echo before >kept.json
for name in danger thing short missing; do
    status convert "$name.pkl" kept.json
    status convert "$name.pkl" new.json
done
cat kept.json
ls
printf '{"$schema": "urn:stockade:profile:1", "class": "app.Thing"}' >thing.json
status convert --profile thing.json --to json thing.pkl -
status convert --profile thing.json thing.pkl again.pkl
status convert --profile thing.json --to json rows.pkl -
status convert rows.pkl rows.unknown
