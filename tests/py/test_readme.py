# SPDX-License-Identifier: Apache-2.0
"""The README shows what `make demo` prints; documents name options that exist."""

import re
import subprocess

import tap

SECONDS = re.compile(r"in [\d.]+ s\)")


def transcript():
    """Indented blocks of the README that begin with a prompt, one text a command."""
    text = (tap.TOP / "README.md").read_text()
    for block in re.findall(r"(?:^    \S.*\n(?:    .*\n|\n)*)", text, re.M):
        for part in re.split(r"^    \$ ", block, flags=re.M)[1:]:
            yield re.sub(r"^    ", "", part, flags=re.M).rstrip("\n")


def test_transcript():
    run = subprocess.run([tap.TOP / "examples/demo"], capture_output=True, check=False)
    tap.equal(run.returncode, 0, "examples/demo: status 0")
    demo = SECONDS.sub("in 0 s)", run.stdout.decode())
    shown = list(transcript())
    tap.equal(len(shown), 2, "README.md: two commands of the demo")
    for part in shown:
        part = SECONDS.sub("in 0 s)", part)
        tap.ok("$ " + part + "\n" in demo, "README.md: " + part.splitlines()[0],
               "README\n%s\ndemo\n%s" % (part, demo))


def test_options():
    names = set()
    for line in tap.stockade("--dump-options").stdout.decode().splitlines():
        fields = line.split("\t")
        if fields[0] == "option":
            names.add("--" + fields[3])
    for path in [tap.TOP / "README.md", tap.TOP / "SECURITY.md",
                 tap.TOP / "docs/formats.md", *(tap.TOP / "docs/design").glob("*.md")]:
        used = set(re.findall(r"(?<![\w-])--[a-z][\w-]+", path.read_text()))
        tap.equal(sorted(used - names), [], "%s: options exist" % path.name)


def main():
    test_transcript()
    test_options()
    tap.done()


if __name__ == "__main__":
    main()
