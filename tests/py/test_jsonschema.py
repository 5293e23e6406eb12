# SPDX-License-Identifier: Apache-2.0
"""The official test suite of JSON Schema 2020-12, through `stockade check`.

Every required case must come out as the suite says, and the optional ones that stockade
promises: formats asserted, regular expressions, numbers beyond 64 bits and doubles.
"""

import json
import pathlib
import subprocess
import tempfile

import tap

SUITE = tap.TOP.parent / "shared/json-schema"
DRAFT = SUITE / "draft2020-12"
LIBRARY = "http://localhost:1234/=%s" % (SUITE / "remotes")
PROMISED = ("bignum", "float-overflow", "ecmascript-regex", "non-bmp-regex", "dynamicRef",
            "anchor", "id", "no-schema", "refOfUnknownKeyword", "unknownKeyword",
            "format-assertion")


def verdicts(folder, schema, instances, *options):
    """True, False or None for each instance; a text where the schema is refused."""
    profile = folder / "schema.json"
    profile.write_text(json.dumps(schema))
    paths = []
    for i, instance in enumerate(instances):
        paths.append(folder / ("%d.json" % i))
        paths[-1].write_text(json.dumps(instance))
    run = subprocess.run([tap.STOCKADE, "check", "-p", profile, "--library", LIBRARY,
                          "--format", "jsonl", *options, "--", *paths],
                         capture_output=True, text=True, timeout=60, check=False)
    if run.returncode == 2:
        return run.stderr
    return [json.loads(line)["matches"] for line in run.stdout.splitlines()]


def misses(folder, path, *options):
    """Cases of one file that come out otherwise than the suite says."""
    for group in json.loads(path.read_text()):
        tests = group["tests"]
        found = verdicts(folder, group["schema"], [t["data"] for t in tests], *options)
        if isinstance(found, str):
            yield "%s: refused: %s" % (group["description"], found.strip())
            continue
        for test, verdict in zip(tests, found, strict=True):
            if verdict != test["valid"]:
                yield "%s: %s: %s" % (group["description"], test["description"], verdict)


def run_file(path, *options):
    with tempfile.TemporaryDirectory() as folder:
        missed = list(misses(pathlib.Path(folder), path, *options))
    tap.ok(not missed, path.relative_to(DRAFT).as_posix(), "\n".join(missed))


def main():
    if not DRAFT.is_dir():
        tap.skip("the test suite of JSON Schema", "it is not part of the project")
        tap.done()
    for path in sorted(DRAFT.glob("*.json")):
        run_file(path)
    for name in PROMISED:
        run_file(DRAFT / "optional" / (name + ".json"))
    for path in sorted((DRAFT / "optional/format").glob("*.json")):
        run_file(path, "--assert-formats")
    tap.done()


main()
