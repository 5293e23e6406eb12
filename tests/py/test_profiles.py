#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""The shipped profiles: each is valid, takes its good samples and refuses its bad ones.

profile_samples.py makes the samples. Where it says which place is at fault, that place is
among the violations.
"""

import json
import pathlib
import pickle
import subprocess
import sys
import tempfile

import tap

PROFILES = tap.TOP / "profiles"
MAKE = pathlib.Path(__file__).resolve().parent / "profile_samples.py"
META = "https://json-schema.org/draft/2020-12/schema"
BAD_LEAST = 12
SHOWN = 12


def check(folder, profile, *what):
    run = tap.stockade("check", "--profile", profile.stem, "--format", "json",
                       "--hmac-key", folder / "key", *what)
    return run, json.loads(run.stdout) if run.stdout else {"files": []}


def messages(folder):
    """(name, its frames) of each sample."""
    for path in sorted(folder.iterdir()):
        if path.is_dir():
            yield path.name, sorted(path.iterdir(), key=lambda p: int(p.suffixes[-2][1:]))
        else:
            yield path.stem, [path]


def reports(folder, profile, samples):
    """{name: (exit status, report)}: what is of one frame in one run, and each alone."""
    singles = [(name, frames) for name, frames in samples if len(frames) == 1]
    found = {}
    if singles:
        run, out = check(folder, profile, *(frames[0] for _, frames in singles))
        tap.equal(len(out["files"]), len(singles),
                  f"{profile.stem}: each message is reported")
        if len(out["files"]) != len(singles):
            print("# " + run.stderr.decode("utf-8", "replace")[:500])
        for (name, _), report in zip(singles, out["files"]):
            found[name] = run.returncode, report
    for name, frames in samples:
        if len(frames) > 1:
            run, out = check(folder, profile, "--frames", *frames)
            found[name] = run.returncode, (out["files"] or [
                {"matches": None, "reason": run.stderr.decode(), "violations": []}])[0]
    return found


def why(report):
    places = [f"{v['instance']}: {v['message']}" for v in report["violations"][:4]]
    return "; ".join([report.get("reason", "")] + places)


def judge(folder, profile):
    name = profile.stem
    expected = json.loads((folder / name / "expected.json").read_text(encoding="utf-8"))
    good = list(messages(folder / name / "good"))
    bad = list(messages(folder / name / "bad"))
    found = reports(folder, profile, good)
    wrong = [f"{n}: {why(r)}" for n, (_, r) in found.items() if r["matches"] is not True]
    wrong += [f"{n}: status {s}" for n, (s, _) in found.items() if s != 0 and not wrong]
    tap.ok(good and not wrong, f"{name}: takes {len(good)} good messages",
           "\n".join(wrong[:SHOWN]))
    found = reports(folder, profile, bad)
    wrong = [n for n, (_, r) in found.items() if r["matches"] is True]
    wrong += [f"{n}: status {s}" for n, (s, _) in found.items() if s not in (1, 3)]
    tap.ok(len(bad) >= BAD_LEAST and not wrong, f"{name}: refuses {len(bad)} bad ones",
           "\n".join(wrong[:SHOWN]))
    wrong = [f"{n}: {at!r} expected; {why(found[n][1])}" for n, at in expected.items()
             if at not in [v["instance"] for v in found[n][1]["violations"]]]
    tap.ok(not wrong, f"{name}: says which of {len(expected)} places are at fault",
           "\n".join(wrong[:SHOWN]))


def names_of(schema):
    """Everything that a profile names as a class."""
    if isinstance(schema, dict):
        given = schema.get("class", [])
        yield from [given] if isinstance(given, str) else given
        for part in schema.values():
            yield from names_of(part)
    elif isinstance(schema, list):
        for part in schema:
            yield from names_of(part)


def look_at(profiles):
    for profile in profiles:
        schema = json.loads(profile.read_text(encoding="utf-8"))
        head = [schema.get("$schema"), schema.get("$id"), bool(schema.get("madeFrom"))]
        tap.equal(head, ["urn:stockade:profile:1",
                         "urn:stockade:profiles:" + profile.stem, True],
                  f"{profile.stem}: names itself and its release")
        tap.equal(schema.get("explicit", False), profile.stem.endswith("-control"),
                  f"{profile.stem}: is explicit if it controls")
    control = set(names_of(json.loads(
        (PROFILES / "sglang-multimodal-control.json").read_text(encoding="utf-8"))))
    tap.ok(len(control) > 20, "the control profile names its classes")


def validate(profiles, folder):
    """Each against the dialect, which the program carries."""
    schema = folder / "dialect.json"
    schema.write_text(json.dumps({"$schema": META, "$ref": "urn:stockade:profile:1"}),
                      encoding="utf-8")
    run = tap.stockade("check", "--profile", schema, *profiles)
    tap.equal(run.returncode, 0, "each is valid in the dialect" +
              ("" if run.returncode == 0 else ": " + run.stdout.decode()[:2000]))
    broken = folder / "broken.json"
    broken.write_text('{"kind": "no such kind"}', encoding="utf-8")
    run = tap.stockade("check", "--profile", schema, broken)
    tap.equal(run.returncode, 1, "another kind is not")


def try_one_keyword(folder):
    """A keyword of objects judges a pickled dict also where nothing else is asked."""
    schema, message = folder / "one-keyword.json", folder / "one-keyword.pkl"
    message.write_bytes(pickle.dumps({"a": "text"}, 4))
    for asked, matches in (({"properties": {"a": {"kind": "int"}}}, False),
                           ({"properties": {"a": {"kind": "str"}}}, True),
                           ({"required": ["b"]}, False), ({"maxProperties": 0}, False),
                           ({"values": {"kind": "none"}}, False)):
        schema.write_text(json.dumps({"$schema": "urn:stockade:profile:1", **asked}),
                          encoding="utf-8")
        run = tap.stockade("check", "--profile", schema, message)
        tap.equal(run.returncode, 0 if matches else 1, f"alone: {json.dumps(asked)}")


def main():
    if None in [tap.need(name) for name in ("numpy", "torch")]:
        tap.done()
    profiles = sorted(PROFILES.glob("*.json"))
    tap.equal(len(profiles), 12, "twelve are shipped")
    look_at(profiles)
    with tempfile.TemporaryDirectory(prefix="stockade-profiles-") as scratch:
        folder = pathlib.Path(scratch)
        validate(profiles, folder)
        try_one_keyword(folder)
        made = subprocess.run([sys.executable, "-B", MAKE, folder], capture_output=True,
                              text=True, check=False, timeout=300)
        tap.equal((made.returncode, made.stderr), (0, ""), "the samples are made")
        for profile in profiles:
            judge(folder, profile)
    tap.done()


main()
