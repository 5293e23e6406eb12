# SPDX-License-Identifier: Apache-2.0
"""The documents of `stockade scan` against their schemas: SARIF 2.1.0, and
docs/schema/scan.json.

SARIF's schema (OASIS, draft-04) is in the npm package that tests/npm pins.
"""

import copy
import json
import os
import sys

import tap
from test_pka import pka

SARIF_SCHEMA = (tap.TOP / "tests/npm/node_modules/@microsoft/jest-sarif/lib/schemas/"
                "sarif-2.1.0-rtm.5.json")
SCAN_SCHEMA = tap.TOP / "docs/schema/scan.json"


def assemble():
    """Every fixture, some under names that are hostile or no UTF-8."""
    os.mkdir("in")
    names = [b"a b&c?d#e%f", b"\x1b[31m", "größe".encode(), b"not-\xff-utf8",
             b"two\nlines", b"back\\slash", b'"quoted"']
    for fixture in sorted(tap.DATA.glob("*.pka")):
        hostile = names and fixture.stem.startswith("computed")
        name = names.pop() if hostile else fixture.stem.encode()
        with open(b"in/" + name, "wb") as out:
            out.write(pka.assemble(fixture.read_text()))


def scan(form, *more):
    """The document; something was found and something could not be read."""
    run = tap.stockade("scan", "--format", form, *more, "in", "missing",
                       os.path.abspath("in"))
    tap.equal(run.returncode, 1, "%s: status %s" % (form, " ".join(more)))
    tap.ok(run.stdout.isascii(), form + ": nothing but ASCII")
    return run.stdout.decode()


def first_error(validator, document):
    error = next(validator.iter_errors(document), None)
    return error and "%s: %s" % ("/".join(map(str, error.absolute_path)), error.message)


def breaks(validator, document, path, value):
    """The schema must refuse what is wrong, or it says nothing of what is right."""
    wrong = copy.deepcopy(document)
    place = wrong
    for step in path[:-1]:
        place = place[step]
    if value is None:
        del place[path[-1]]
    else:
        place[path[-1]] = value
    name = "refused: %s = %r" % ("/".join(map(str, path)), value)
    tap.ok(first_error(validator, wrong) is not None, name)


def test_scan(jsonschema):
    schema = json.loads(SCAN_SCHEMA.read_text())
    jsonschema.Draft202012Validator.check_schema(schema)
    validator = jsonschema.Draft202012Validator(schema)
    document = json.loads(scan("json", "--digest"))
    tap.equal(first_error(validator, document), None, "json: valid")
    files = document["files"]
    tap.ok({file["verdict"] for file in files} ==
           {"clean", "review", "undecided", "dangerous"}, "json: every verdict is there")
    tap.ok(all("sha256" in file for file in files), "json: digests")
    tap.equal(sum("path_base64" in file for file in files), 2, "json: paths of no UTF-8")
    tap.equal(document["summary"]["files"], len(files), "json: the summary counts")
    tap.equal(document["errors"][0]["path"], "missing", "json: the missing file")
    first = next(i for i, file in enumerate(files) if file["streams"])
    breaks(validator, document, ["files", first, "verdict"], "safe")
    breaks(validator, document, ["files", first, "streams", 0, "complete"], None)
    breaks(validator, document, ["files", first, "size"], -1)
    breaks(validator, document, ["files", first, "sha256"], "0")
    breaks(validator, document, ["errors", 0, "error"], "")
    breaks(validator, document, ["summary", "skipped"], None)
    test_jsonl(schema, jsonschema, files)


def test_jsonl(schema, jsonschema, files):
    line_schema = {"$defs": schema["$defs"],
                   "oneOf": [{"$ref": "#/$defs/file"}, {"$ref": "#/$defs/error"}]}
    validator = jsonschema.Draft202012Validator(line_schema)
    lines = [json.loads(line) for line in scan("jsonl", "--digest").splitlines()]
    errors = list(filter(None, (first_error(validator, line) for line in lines)))
    tap.equal(errors, [], "jsonl: each line is valid")
    tap.equal([line for line in lines if "error" not in line], files,
              "jsonl: the same files as json")


def test_sarif(jsonschema):
    document = json.loads(scan("sarif"))
    run = document["runs"][0]
    rules = run["tool"]["driver"]["rules"]
    tap.ok(all(rules[result["ruleIndex"]]["id"] == result["ruleId"]
               for result in run["results"]), "sarif: ruleIndex and ruleId agree")
    tap.equal(len({rule["id"] for rule in rules}), len(rules), "sarif: each rule once")
    uris = {location["physicalLocation"]["artifactLocation"]["uri"]
            for result in run["results"] for location in result["locations"]}
    tap.ok({"in/not-%FF-utf8", "in/two%0Alines"} <= uris, "sarif: URIs", sorted(uris))
    if not SARIF_SCHEMA.exists():
        tap.skip("SARIF 2.1.0 schema", "missing: npm ci in tests/npm")
        return
    schema = json.loads(SARIF_SCHEMA.read_text())
    validator = jsonschema.Draft4Validator(schema)
    tap.equal(first_error(validator, document), None, "sarif: valid")
    breaks(validator, document, ["version"], "2.0.0")
    breaks(validator, document, ["runs", 0, "tool"], None)
    breaks(validator, document, ["runs", 0, "results", 0, "message"], None)
    breaks(validator, document, ["runs", 0, "results", 0, "level"], "fatal")
    empty = tap.stockade("scan", "-f", "sarif", os.devnull)
    tap.equal(first_error(validator, json.loads(empty.stdout)), None,
              "sarif: valid without results")


def main():
    jsonschema = tap.need("jsonschema")
    if jsonschema is None:
        tap.done()
    sys.dont_write_bytecode = True
    assemble()
    test_scan(jsonschema)
    test_sarif(jsonschema)
    tap.done()


main()
