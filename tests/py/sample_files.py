# SPDX-License-Identifier: Apache-2.0
"""Sample messages as files, and what several samples are made of."""

import json
import pickle

import torch

import stubs
from stubs import Called, plain

KEY = bytes(range(32))
NAN, INFINITE = float("nan"), float("inf")


def pkl(value, protocol=4):
    return "pkl", pickle.dumps(value, protocol)


def as_json(value):
    return "json", json.dumps(value).encode()


def raw(data):
    return "raw", data


class Samples:
    """Of one profile; each sample is a list of frames."""

    def __init__(self, folder, profile):
        self.folder = folder / profile
        self.expected = {}
        for kind in ("good", "bad"):
            (self.folder / kind).mkdir(parents=True, exist_ok=True)

    def _write(self, kind, name, frames):
        folder = self.folder / kind
        if len(frames) == 1:
            (folder / f"{name}.{frames[0][0]}").write_bytes(frames[0][1])
            return
        (folder / name).mkdir(exist_ok=True)
        for number, (suffix, data) in enumerate(frames):
            (folder / name / f"{name}.{number}.{suffix}").write_bytes(data)

    def good(self, name, *frames):
        self._write("good", name, [f if isinstance(f, tuple) else pkl(f) for f in frames])

    def bad(self, name, *frames, at=None):
        self._write("bad", name, [f if isinstance(f, tuple) else pkl(f) for f in frames])
        if at is not None:
            self.expected[name] = at

    def done(self):
        text = json.dumps(self.expected, indent=1)
        (self.folder / "expected.json").write_text(text, encoding="utf-8")


def frame(value):
    """Bytes of protocol 4, for what wraps or cuts them."""
    return pickle.dumps(value, 4)


def bad_everywhere(s, wrap):
    """What no boundary accepts. wrap puts a value where the profile expects data."""
    s.bad("shell", wrap(stubs.Shell()))
    s.bad("shell-alone", stubs.Shell())
    s.bad("function", wrap(stubs.function("os.path:join")))
    s.bad("class-itself", wrap(plain("sglang.anything:Thing")))
    s.bad("unknown-class", wrap(plain("sglang.anything:Thing")(a=1)))
    s.bad("getattr-of-no-enum", wrap(Called(getattr, "text", "upper")))
    whole = wrap(1)
    whole = whole[1] if isinstance(whole, tuple) else frame(whole)
    s.bad("cut-short", ("pkl", whole[:-1]))
    s.bad("behind-the-end", ("pkl", whole + b"more"))
    s.bad("device", wrap(Called(torch.device, "cuda:0")))


def by_name(enum_class, name):
    """As Debian's CPython 3.11.2 writes a member."""
    return Called(getattr, enum_class, name)


def by_value(enum_class, value):
    """As every other CPython does."""
    return Called(enum_class, value)


def wide(dtype=torch.float32, *shape):
    """A tensor of any size that one item makes."""
    return torch.zeros(1, dtype=dtype).expand(*shape)
