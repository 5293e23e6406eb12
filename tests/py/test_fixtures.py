# SPDX-License-Identifier: Apache-2.0
"""Every fixture of tests/data, assembled and scanned: its verdict, and the globals it must
show. A fixture says both in comments; of several verdicts joined by | any will do."""

import pathlib
import re
import tempfile

import tap
from test_pka import pka

# The classes of tests/data: a fixture of each must be there.
CLASSES = """
    inst-obj computed-stack-global memo-shadowing vanished-result broken-tail
    several-streams nested-stream dotted-names fix-imports hostile-arguments build-target
    reflection gadgets scanner-tampering extensions-persistent unpickler-differences
    expansion container-tricks size-gates exceptions frame-straddling private-aliases
    import-side-effects in-stream-raw-arrays polyglots python-2-names text-opcode-quirks
    benign
""".split()
VERDICTS = {"dangerous", "undecided", "review", "clean"}


class Fixture:
    def __init__(self, path):
        self.name = path.stem
        self.text = path.read_text(encoding="utf-8")
        self.cls = self.field("class")
        self.verdicts = set(self.field("verdict").split("|"))
        names = self.field("globals")
        self.globals = set() if names == "none" else set(names.split(", "))

    def field(self, name):
        found = re.search("^# %s: (.+)$" % name, self.text, re.M)
        if not found:
            raise ValueError("%s: no line # %s: …" % (self.name, name))
        return found[1]


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


def main():
    fixtures = [Fixture(path) for path in sorted(tap.DATA.glob("*.pka"))]
    tap.equal(sorted({fixture.cls for fixture in fixtures}), sorted(CLASSES),
              "every class has a fixture, and every fixture a class")
    tap.ok(all(fixture.verdicts <= VERDICTS for fixture in fixtures), "verdicts are verdicts")
    with tempfile.TemporaryDirectory() as folder:
        for fixture in fixtures:
            data = pka.assemble(fixture.text)
            (pathlib.Path(folder) / (fixture.name + ".bin")).write_bytes(data)
        _, result = tap.scan(folder)
        reports = {pathlib.Path(report["path"]).stem: report for report in result["files"]}
        for fixture in fixtures:
            if fixture.name in reports:
                check(fixture, reports[fixture.name])
            else:
                tap.ok(False, fixture.name, "not in the report")
    tap.done()


if __name__ == "__main__":
    main()
