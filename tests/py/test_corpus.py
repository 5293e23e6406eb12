# SPDX-License-Identifier: Apache-2.0
"""Labelled samples of four other scanners (docs/corpus.md), which are only scanned."""

import collections
import json
import pathlib
import re
import subprocess
import tarfile
import tempfile

import tap

CORPUS = tap.TOP.parent / "shared/corpus"
PAGE = tap.TOP / "docs/corpus.md"
ROW = re.compile(r"^\| `([^`]+)` \| (\w+) \|", re.M)
SECONDS = 20  # for a file that takes milliseconds, on a machine that does other things


def labels():
    """{path: label}"""
    lines = (CORPUS / "peer-samples.tsv").read_text().splitlines()
    return dict(line.split("\t")[:2] for line in lines)


def scan(folder, paths):
    """{path: file object of the JSON}"""
    done = subprocess.run([tap.STOCKADE, "scan", "--format", "json", "--files-from", "-"],
                          input="\n".join(paths), cwd=folder, capture_output=True,
                          encoding="utf-8", timeout=120)
    return {entry["path"]: entry for entry in json.loads(done.stdout)["files"]}


def told():
    """{path: verdict} of the tables of docs/corpus.md."""
    return dict(ROW.findall(PAGE.read_text()))


def of_label(label, known, verdicts, wanted):
    """Paths of one label whose verdict is not among those wanted."""
    return ["%s: %s" % (path, verdicts[path]) for path in known
            if known[path] == label and verdicts[path] not in wanted]


def check_verdicts(known, verdicts):
    harmful = ("dangerous", "review", "undecided")
    harmless = ("clean", "review", "undecided")
    for label, wanted in (("malicious", harmful), ("ambiguous", harmful),
                          ("benign", harmless), ("inert-payload", harmless)):
        n = sum(1 for path in known if known[path] == label)
        wrong = of_label(label, known, verdicts, wanted)
        tap.ok(n > 0 and not wrong, "%d %s: %s" % (n, label, ", ".join(wanted)),
               "\n".join(wrong))
    benign = [verdicts[path] for path in known if known[path] == "benign"]
    tap.ok(benign.count("clean") >= 0.85 * len(benign), "85 % of the benign are clean",
           "%d of %d" % (benign.count("clean"), len(benign)))


def check_page(known, verdicts):
    exceptions = {path: verdicts[path] for path in known
                  if (known[path], verdicts[path]) not in
                  (("benign", "clean"), ("malicious", "dangerous"))
                  and known[path] in ("benign", "malicious")}
    tap.equal(sorted(told().items()), sorted(exceptions.items()),
              "docs/corpus.md lists each exception")
    page = PAGE.read_text()
    counts = collections.Counter((known[path], verdicts[path]) for path in known)
    wrong = [(label, verdict, n) for (label, verdict), n in counts.items()
             if not re.search(r"^\| %s \|.*\b%d %s\b" % (label, n, verdict), page, re.M)]
    tap.ok(not wrong, "docs/corpus.md has the counts", wrong)


def check_ends(folder, known):
    """Each alone: a hang names its sample."""
    slow = []
    for path in known:
        if known[path] not in ("dos", "malformed"):
            continue
        try:
            subprocess.run([tap.STOCKADE, "scan", "--quiet", path], cwd=folder,
                           capture_output=True, timeout=SECONDS)
        except subprocess.TimeoutExpired:
            slow.append(path)
    tap.ok(not slow, "dos and malformed samples end", "\n".join(slow))


def main():
    if not (CORPUS / "peer-samples.tsv").exists():
        tap.skip("samples of other scanners", "they are not part of the project")
        tap.done()
    with tempfile.TemporaryDirectory(prefix="stockade-corpus-") as folder:
        with tarfile.open(CORPUS / "peer-samples.tar.gz") as tar:
            tar.extractall(folder)
        known = {path: label for path, label in labels().items()
                 if (pathlib.Path(folder) / path).is_file()}
        files = scan(folder, known)
        tap.ok(files.keys() == known.keys(), "each of %d is rated" % len(known),
               sorted(known.keys() - files.keys()))
        verdicts = {path: entry["verdict"] for path, entry in files.items()}
        check_verdicts(known, verdicts)
        check_page(known, verdicts)
        check_ends(folder, known)
    tap.done()


main()
