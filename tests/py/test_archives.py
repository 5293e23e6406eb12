# SPDX-License-Identifier: Apache-2.0
"""Archives as people make them, with torch's and numpy's files inside; and the same with
something hostile in one of them, which is only scanned."""

import io
import json
import pathlib
import subprocess
import tarfile
import tempfile
import zipfile

import tap

HOSTILE = b"cposix\nsystem\n(S'id'\ntR."


def scan(path):
    done = subprocess.run([tap.STOCKADE, "scan", "--format", "json", path],
                          capture_output=True, encoding="utf-8", timeout=60)
    return json.loads(done.stdout)["files"][0]


def zip_of(members):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for name, data in members.items():
            archive.writestr(name, data)
    return out.getvalue()


def tar_of(members, mode="w"):
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode=mode) as archive:
        for name, data in members.items():
            info = tarfile.TarInfo(name)
            info.size = len(data)
            archive.addfile(info, io.BytesIO(data))
    return out.getvalue()


def check(folder, name, data, verdict, fmt=None, member=None):
    path = pathlib.Path(folder) / "archive"
    path.write_bytes(data)
    entry = scan(path)
    shown = (entry["verdict"], entry["format"] if fmt else None)
    members = [stream["member"] for stream in entry["streams"]
               if stream["verdict"] == "dangerous"]
    tap.ok(shown == (verdict, fmt) and (member is None or member in members), name,
           json.dumps(entry, indent=1))


def main():
    torch = tap.need("torch")
    numpy = tap.need("numpy")
    if torch is None or numpy is None:
        tap.done()
    good = io.BytesIO()
    torch.save({"w": torch.ones(3), "b": torch.zeros(2)}, good)
    good = good.getvalue()
    npz = io.BytesIO()
    numpy.savez(npz, x=numpy.arange(5))
    npz = npz.getvalue()
    bad = zip_of({"m/data.pkl": HOSTILE, "m/version": b"3\n"})
    # Its data.pkl names no storage: data/0 is a member like any other.
    odd = zip_of({"archive/data.pkl": b"\x80\x02}.", "archive/version": b"3\n",
                  "archive/data/0": HOSTILE})
    with tempfile.TemporaryDirectory(prefix="stockade-archives-") as folder:
        check(folder, "one checkpoint in a tar", tar_of({"a.pt": good}), "clean", "tar")
        check(folder, "two checkpoints in a tar",
              tar_of({"a.pt": good, "b.pt": good}), "clean", "tar")
        check(folder, "arrays in a tar", tar_of({"a.npz": npz}), "clean", "tar")
        check(folder, "two checkpoints in a tar.gz",
              tar_of({"a.pt": good, "b.pt": good}, "w:gz"), "clean", "gzip")
        check(folder, "a checkpoint in a zip", zip_of({"a.pt": good}), "clean", "zip")
        for first, second in (("a", "z"), ("z", "a")):
            check(folder, "a hostile checkpoint %s a good one in a tar" %
                  ("before" if first == "a" else "behind"),
                  tar_of(dict(sorted({first + ".pt": bad, second + ".good": good}.items(),
                                     key=lambda item: item[0]))),
                  "dangerous", "tar", first + ".pt!/m/data.pkl")
        check(folder, "a hostile checkpoint in a tar.gz",
              tar_of({"a.pt": good, "b.pt": bad}, "w:gz"), "dangerous", "gzip")
        check(folder, "a member that no stream of its archive names", odd, "dangerous",
              "torch-zip", "archive/data/0")
        check(folder, "nor does a stream of another archive name it",
              tar_of({"a.pt": good, "b.pt": odd}), "dangerous", "tar",
              "b.pt!/archive/data/0")
    tap.done()


main()
