# SPDX-License-Identifier: Apache-2.0
"""Every fixture of tests/data, assembled and scanned: its verdict, and the globals that
it must show. A fixture says both in comments; of verdicts joined by | any will do.

The pages that lean on fixtures are held to them: docs/design/bypasses.md lists the
classes, docs/design/pickle.md names a fixture for every quirk of src/pickle/reading.h,
and the machine meets that quirk in it."""

import json
import pathlib
import re
import tempfile

import tap
import test_oracle
from test_pka import pka

VERDICTS = {"dangerous", "undecided", "review", "clean"}
BENIGN = "benign"  # the one class that is no way of hiding
NAMED = re.compile(r"`([\w.*-]+)\.pka`")


class Fixture:
    def __init__(self, path):
        self.name = path.stem
        self.text = path.read_text(encoding="utf-8")
        self.data = pka.assemble(self.text)
        self.cls = self.field("class")
        self.verdicts = set(self.field("verdict").split("|"))
        names = self.field("globals")
        self.globals = set() if names == "none" else set(names.split(", "))

    def field(self, name):
        found = re.search("^# %s: (.+)$" % name, self.text, re.M)
        if not found:
            raise ValueError("%s: no line # %s: …" % (self.name, name))
        return found[1]


def page(name):
    return (tap.TOP / "docs/design" / name).read_text(encoding="utf-8")


def rows(text):
    return [line for line in text.splitlines() if line.startswith("| ")]


def named(text):
    """Stems of the fixtures that a text names; globs are expanded."""
    return {path.stem for glob in NAMED.findall(text)
            for path in tap.DATA.glob(glob + ".pka")}


def check_classes(fixtures):
    """The page has a row `| class | …` for each, which names fixtures of that class."""
    found = {}
    for row in rows(page("bypasses.md")):
        cls = re.match(r"\| `([\w-]+)` \|", row)
        if cls:
            found[cls[1]] = named(row)
    by_class = {}
    for fixture in fixtures:
        by_class.setdefault(fixture.cls, set()).add(fixture.name)
    tap.equal(sorted({*found, BENIGN}), sorted(by_class),
              "every class of the page has a fixture, and every fixture a class")
    for cls, names in sorted(found.items()):
        tap.ok(names and names <= by_class.get(cls, set()),
               "the page names fixtures of %s" % cls, sorted(names))


def machine_quirks(fixtures):
    """{name: quirks that the machine meets}. A container's bytes are no stream: none."""
    program = test_oracle.CHECK_BUILD / "tests/oracle/oracle-report"
    streams = [fixture for fixture in fixtures if len(fixture.data) < 1 << 20]
    data = [fixture.data for fixture in streams]
    lines = test_oracle.run_report(str(program), data, "union")
    return {fixture.name: set(json.loads(line)["quirks"])
            for fixture, line in zip(streams, lines)}


def check_quirks(fixtures):
    text = page("pickle.md")
    absent = [name for name in NAMED.findall(text)
              if not list(tap.DATA.glob(name + ".pka"))]
    tap.ok(not absent, "the fixtures that docs/design/pickle.md names are there", absent)
    met = machine_quirks(fixtures)
    for quirk in test_oracle.quirks():
        names = set()
        for row in rows(text):
            if re.search(r"\b%s\b" % quirk, row):
                names |= named(row)
        tap.ok(any(quirk in met.get(name, ()) for name in names),
               "%s has a row with a fixture that meets it" % quirk, sorted(names))
    known = set(test_oracle.quirks())
    words = {word for row in rows(text) for word in re.findall(r"\b[A-Z]+_[A-Z]+\b", row)}
    opcodes = {name for name, *_ in pka.BY_BYTE.values()}
    tap.ok(not words - known - opcodes, "the page names no other quirk",
           sorted(words - known - opcodes))


def names(report):
    """Names as the streams say them and as they are mapped, module and name joined."""
    found = set()
    for stream in report["streams"]:
        for entry in stream["globals"]:
            for part in (entry, entry.get("mapped")):
                if part and part.get("module") is not None:
                    found.add("%s.%s" % (part["module"], part["name"]))
    return found


def check(fixture, report):
    verdict = report["verdict"]
    missing = fixture.globals - names(report)
    tap.ok(verdict in fixture.verdicts and not missing,
           "%s is %s" % (fixture.name, "|".join(sorted(fixture.verdicts))),
           "verdict %s, missing %r\n%r" % (verdict, sorted(missing), report))


def scan_all(fixtures):
    with tempfile.TemporaryDirectory() as folder:
        for fixture in fixtures:
            (pathlib.Path(folder) / (fixture.name + ".bin")).write_bytes(fixture.data)
        _, result = tap.scan(folder, program=tap.STOCKADE_CHECKED)
    reports = {pathlib.Path(entry["path"]).stem: entry for entry in result["files"]}
    for fixture in fixtures:
        if fixture.name in reports:
            check(fixture, reports[fixture.name])
        else:
            tap.ok(False, fixture.name, "not in the report")


def main():
    fixtures = [Fixture(path) for path in sorted(tap.DATA.glob("*.pka"))]
    tap.ok(all(fixture.verdicts <= VERDICTS for fixture in fixtures),
           "verdicts are verdicts")
    check_classes(fixtures)
    check_quirks(fixtures)
    scan_all(fixtures)
    tap.done()


if __name__ == "__main__":
    main()
