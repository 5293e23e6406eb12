# SPDX-License-Identifier: Apache-2.0
"""The files that a house rule looks at: what git has or would add, without samples."""

import pathlib
import subprocess
import sys

TOP = pathlib.Path(__file__).resolve().parent.parent


def root():
    return pathlib.Path(sys.argv[1]).resolve() if len(sys.argv) > 1 else TOP


def is_corpus(name):
    """An input in fuzz/<target>/, which may look like anything."""
    return name.parts[0] == "fuzz" and len(name.parts) > 2


def files(top, *suffixes):
    """Relative paths, sorted. A sample's folder is taken as it lies there."""
    if top == TOP:
        out = subprocess.run(["git", "ls-files", "-z", "-co", "--exclude-standard"],
                             cwd=top, check=True, capture_output=True).stdout
        names = [pathlib.Path(name.decode()) for name in out.split(b"\0") if name]
        names = [name for name in names if name.parts[:2] != ("tests", "checks")
                 and not is_corpus(name)]
    else:
        names = [path.relative_to(top) for path in top.glob("**/*")]
    return sorted({name for name in names if (top / name).is_file()
                   and not (top / name).is_symlink()
                   and (not suffixes or name.suffix in suffixes)})


def finish(errors):
    for error in errors:
        print(error)
    sys.exit(1 if errors else 0)
