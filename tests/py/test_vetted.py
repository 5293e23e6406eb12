#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""The second set: pickles of all that the catalogue vets and the libraries here have.

vetted_corpus.py makes them. At least 98 % are clean, what is not is explained in
docs/catalogue-coverage.md, and no vetted class that a library has is left out.
"""

import fnmatch
import importlib
import importlib.machinery
import importlib.util
import inspect
import pathlib
import re
import subprocess
import sys
import tempfile
import warnings

import tap

CORPUS = pathlib.Path(__file__).resolve().parent / "vetted_corpus.py"
PAGE = tap.TOP / "docs/catalogue-coverage.md"
LIBRARIES = ["numpy", "scipy", "pandas", "sklearn", "joblib", "torch", "PIL", "networkx",
             "xarray", "dateutil"]
PACKAGES = {"joblib": "python3-joblib", "sklearn": "python3-sklearn",
            "PIL": "python3-pil"}
CLEAN = 98  # percent
SHOWN = 40
CLASSES = {"class", "plain", "enum", "flag"}


def load_generator():
    sys.dont_write_bytecode = True
    loader = importlib.machinery.SourceFileLoader("catalogue_gen",
                                                  str(tap.TOP / "tools/catalogue-gen"))
    spec = importlib.util.spec_from_loader("catalogue_gen", loader)
    module = importlib.util.module_from_spec(spec)
    sys.modules["catalogue_gen"] = module  # dataclasses look their module up
    loader.exec_module(module)
    return module


def catalogue():
    """The catalogue's entries and {(module, name): number}."""
    read = load_generator().Catalogue()
    for path in sorted((tap.TOP / "src/policy/catalogue").glob("*.cat")):
        read.read(path.name, path.read_text(encoding="utf-8"))
    read.resolve()
    return read.entries, read.names


def has(module, name):
    """A library here has this class, and it is no abstract one, which has no objects."""
    try:
        found = importlib.import_module(module)
        for part in name.split("."):
            found = getattr(found, part)
    except (ImportError, AttributeError):
        return False
    return isinstance(found, type) and not inspect.isabstract(found) and \
        (found.__module__, found.__qualname__) == (module, name)


def explained():
    """Globs of files that docs/catalogue-coverage.md explains, in a first column."""
    return re.findall(r"^\| `([^`]+/[^`]+)` \|", PAGE.read_text(encoding="utf-8"), re.M)


def first_finding(report):
    for part in [report, *report["streams"]]:
        for finding in part.get("findings", []):
            return f"{finding['rule']} {finding['message']}"
    return "no finding"


def check_verdicts(reports, folder):
    globs, used, unexplained, n_clean = explained(), set(), [], 0
    for report in reports:
        if report["verdict"] == "clean":
            n_clean += 1
            continue
        name = str(pathlib.Path(report["path"]).relative_to(folder))
        why = [g for g in globs if fnmatch.fnmatchcase(name, g)]
        used.update(why)
        if not why:
            unexplained.append(f"{name}: {report['verdict']}: {first_finding(report)}")
    percent = 100 * n_clean / max(len(reports), 1)
    print(f"# {n_clean} of {len(reports)} files are clean, {percent:.2f} %")
    tap.ok(percent >= CLEAN, f"at least {CLEAN} % of the files are clean",
           f"{percent:.2f} %")
    tap.ok(not unexplained, "what is not clean is explained",
           "\n".join(unexplained[:SHOWN] + [f"{len(unexplained)} in all"]))
    tap.equal(sorted(set(globs) - used), [], "what is explained is not clean")
    dangerous = [r["path"] for r in reports if r["verdict"] == "dangerous"]
    tap.equal(dangerous, [], "nothing is dangerous")


def imported(stream):
    """Its globals as they are written, and as Python 2's names are mapped."""
    for entry in stream["globals"]:
        yield from (part for part in (entry, entry.get("mapped")) if part)


def check_classes(reports):
    entries, names = catalogue()
    seen = {(g["module"], g["name"]) for report in reports if report["verdict"] == "clean"
            for stream in report["streams"] for g in imported(stream)}
    covered = {number for pair, number in names.items() if pair in seen}
    missing, n_here = [], 0
    for (module, name), number in sorted(names.items()):
        if entries[number].kind in CLASSES and module != "persistent" and has(module,
                                                                              name):
            n_here += 1
            if number not in covered:
                missing.append(f"{module}.{name}")
    print(f"# {n_here} vetted classes are here")
    tap.ok(n_here > 900, "the libraries have the classes", n_here)
    tap.equal(missing, [], "each is in some clean file")


def main():
    if None in [tap.need(name, PACKAGES.get(name)) for name in LIBRARIES]:
        tap.done()
    warnings.simplefilter("ignore")
    with tempfile.TemporaryDirectory(prefix="stockade-vetted-") as folder:
        made = subprocess.run([sys.executable, "-B", CORPUS, folder], capture_output=True,
                              text=True, check=False, timeout=300)
        tap.equal((made.returncode, made.stderr), (0, ""), "the files are made")
        print("# " + made.stdout.strip().replace("\n", ", "))
        reports = tap.scan(folder)[1]["files"]
        check_verdicts(reports, folder)
        check_classes(reports)
    tap.done()


main()
