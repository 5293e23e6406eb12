# SPDX-License-Identifier: Apache-2.0
"""libstockade as its users have it: the manual's example and a C++ program, compiled with
what pkg-config says, rate bytes as `stockade scan` does.
"""

import os
import pathlib
import pickle
import re
import shutil
import subprocess

import tap

BUILD = pathlib.Path(tap.STOCKADE).parent.resolve()
MANUAL = tap.TOP / "docs/man/libstockade.3.scd"
WARNINGS = ["-Wall", "-Wextra", "-Wpedantic", "-Wconversion", "-Wshadow", "-Werror"]
COMPILERS = {
    "C": ["cc", "-x", "c", "-std=c11"],
    "C++": ["c++", "-x", "c++", "-std=c++17"],
}
TIMEOUT = 60

CLEAN = pickle.dumps({"ids": [1, 2, 3], "text": "abc"}, 4)
DANGEROUS = b"cos\nsystem\n(S'id'\ntR."
UNKNOWN = b"cfoo\nbar\n."
CUT = CLEAN[:-1]
DAMAGED_ZIP = b"PK\5\6" + bytes(4) + b"\x09\0\x09\0" + bytes(10)

# Owns a report as C++ does, and reads from what is no memory.
CPLUSPLUS = r"""
#include <cstring>
#include <iostream>
#include <iterator>
#include <memory>
#include <string>
#include <stockade/scan.h>
#include <stockade/version.h>

struct free_report {
    void operator()(stockade_report *report) const { stockade_report_free(report); }
};

static stockade_status read_at(void *ctx, std::uint64_t off, void *buf, std::size_t len)
{
    const std::string &bytes = *static_cast<const std::string *>(ctx);
    if (off > bytes.size() || len > bytes.size() - off) {
        return STOCKADE_E_SHRUNK;
    }
    std::memcpy(buf, bytes.data() + off, len);
    return STOCKADE_OK;
}

int main()
{
    std::string bytes(std::istreambuf_iterator<char>(std::cin), {});
    stockade_scan_options options = STOCKADE_SCAN_OPTIONS_INIT;
    stockade_source source = STOCKADE_SOURCE_INIT;
    options.depth_max = 4;
    source.length = bytes.size();
    source.read_at = read_at;
    source.ctx = &bytes;
    stockade_report *raw = nullptr;
    if (stockade_scan_source(&source, &options, &raw) != STOCKADE_OK) {
        return 4;
    }
    std::unique_ptr<stockade_report, free_report> report(raw);
    if (std::strcmp(stockade_version(), STOCKADE_VERSION) != 0 ||
        stockade_report_stream(raw, stockade_report_n_streams(raw)) != nullptr) {
        return 5;
    }
    for (std::size_t i = 0; i < stockade_report_n_streams(raw); i++) {
        const stockade_stream *stream = stockade_report_stream(raw, i);
        for (std::size_t j = 0; j < stream->n_globals; j++) {
            const stockade_global *global = stockade_report_global(raw, i, j);
            std::cout << global->module << '.' << global->name << '\n';
        }
    }
    std::cout << stockade_verdict_name(stockade_report_verdict(raw)) << '\n';
    return stockade_report_verdict(raw) == STOCKADE_CLEAN ? 0 : 1;
}
"""


def pkg_config():
    """Flags for the library in the build folder."""
    env = dict(os.environ, PKG_CONFIG_PATH=str(BUILD / "meson-uninstalled"))
    out = subprocess.run(["pkg-config", "--cflags", "--libs", "stockade"], env=env,
                         check=True, capture_output=True, text=True, timeout=TIMEOUT)
    return out.stdout.split()


def compiled(language, source, name):
    """Path of the program in the current folder, None after a failed test."""
    program = pathlib.Path(name).resolve()
    command = [*COMPILERS[language], *WARNINGS, "-o", program, "-", "-x", "none"]
    run = subprocess.run([*command, *pkg_config()], input=source, capture_output=True,
                         text=True, check=False, timeout=TIMEOUT)
    good = tap.ok(run.returncode == 0, "%s: compiles as %s" % (name, language),
                  run.stderr)
    return program if good else None


def rate(program, data):
    """(status, lines) of a program that gets the bytes."""
    env = dict(os.environ, LD_LIBRARY_PATH=str(BUILD))
    run = subprocess.run([program], input=data, capture_output=True, check=False, env=env,
                         timeout=TIMEOUT)
    return run.returncode, run.stdout.decode("ascii").splitlines()


def scanned(data):
    """The lines that the example prints, as `stockade scan` knows them."""
    report = tap.scan("-", stdin=data)[1]["files"][0]
    lines = []
    for stream in report["streams"]:
        lines += [(finding, stream["member"]) for finding in stream["findings"]]
    lines += [(finding, finding.get("member")) for finding in report["findings"]]
    return ["%s: %s at %d: %s" % (finding["severity"], member or "-", finding["offset"],
                                  finding["message"])
            for finding, member in lines], report["verdict"]


def test_example(language, source):
    program = compiled(language, source, "example-" + language)
    if program is None:
        return
    for name, data in (("clean", CLEAN), ("dangerous", DANGEROUS), ("unknown", UNKNOWN),
                       ("cut", CUT), ("damaged zip", DAMAGED_ZIP), ("empty", b"")):
        name = "%s: %s" % (program.name, name)
        findings, verdict = scanned(data)
        status, lines = rate(program, data)
        tap.equal(status, 0 if verdict == "clean" else 1, name + ": status")
        tap.equal(lines[-1:], [verdict], name + ": verdict")
        tap.equal([line.rpartition(" (")[0] for line in lines[:-1]], findings,
                  name + ": findings as `stockade scan` has them")
    tap.equal(rate(program, DANGEROUS)[1],
              ["critical: - at 0: calls os.system('id') "
               "(calls what runs code, or reads, writes or connects)", "dangerous"],
              program.name + ": what it prints")
    tap.equal(rate(program, bytes(1 << 20)), (4, []), program.name + ": too long")


def test_cplusplus():
    program = compiled("C++", CPLUSPLUS, "source")
    if program is not None:
        tap.equal(rate(program, CLEAN), (0, ["clean"]), "source: clean")
        tap.equal(rate(program, DANGEROUS), (1, ["os.system", "dangerous"]),
                  "source: dangerous")


def examples():
    """Literal blocks of the manual; scdoc wants a backslash written twice."""
    blocks = re.findall(r"^```\n(.*?)^```$", MANUAL.read_text(), re.M | re.S)
    return [block.replace("\\\\", "\\") for block in blocks]


def test_built(source):
    """The page that is installed has the example as it was compiled here."""
    page = (BUILD / "docs/libstockade.3").read_text()
    text = page.replace("\\&", "").replace("\\\\", "\\")
    absent = [line for line in source.splitlines() if line.strip() not in text]
    tap.equal(absent, [], "libstockade(3): the built page has the example")


def main():
    missing = [name for name in ("cc", "c++", "pkg-config") if not shutil.which(name)]
    if missing:
        tap.skip("libstockade", "missing: " + " ".join(missing))
        tap.done()
    found = examples()
    tap.equal(len(found), 1, "libstockade(3) has one example")
    test_built(found[0])
    for language in COMPILERS:
        test_example(language, found[0])
    test_cplusplus()
    tap.done()


if __name__ == "__main__":
    main()
