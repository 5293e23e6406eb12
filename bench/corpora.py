#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Makes what the bench measures on, in bench/data: the same objects each time, kept.

usage: bench/corpora.py [NAME…]     dense, small, message, torch, forest, fixed

Needs numpy, pandas, scikit-learn and torch for those that hold their objects; a corpus
whose library is missing is not made.
"""

import collections
import contextlib
import datetime
import decimal
import gc
import io
import os
import pathlib
import pickle
import random
import shutil
import sys

DATA = pathlib.Path(__file__).resolve().parent / "data"
MB = 1_000_000

DENSE_BYTES = 100 * MB
SMALL_FILES = 5000
SMALL_BYTES = (1_000, 20_000)
MESSAGE_BYTES = 1_000
TORCH_BYTES = 200 * MB
FOREST_BYTES = 50 * MB

WORDS = ("alpha beta gamma delta epsilon zeta eta theta iota kappa lambda mu nu xi pi "
         "rho sigma tau upsilon phi chi psi omega").split()


# ---- objects ----

def record(rng):
    """One row of the dense corpus: nested dicts, lists, short strings and numbers."""
    return {
        "id": rng.randrange(1 << 31),
        "name": "%s-%d" % (rng.choice(WORDS), rng.randrange(10000)),
        "score": rng.random(),
        "active": rng.random() < 0.5,
        "parent": None,
        "tags": [rng.choice(WORDS) for _ in range(rng.randrange(6))],
        "counts": [rng.randrange(256) for _ in range(rng.randrange(24))],
        "position": (rng.randrange(65536), rng.randrange(65536)),
        "limits": {word: rng.randrange(1 << 16) for word in rng.sample(WORDS, 4)},
        "history": [{"at": rng.randrange(1 << 31), "by": rng.choice(WORDS),
                     "delta": rng.random()} for _ in range(rng.randrange(4))],
    }


def dense_objects(size, seed):
    """Records until their pickle has about `size` bytes."""
    rng = random.Random(seed)
    sample = [record(rng) for _ in range(2000)]
    per_record = len(pickle.dumps(sample, 4)) / len(sample)
    return [record(rng) for _ in range(int(size / per_record))]


def plain(rng):
    return [record(rng) for _ in range(4)]


def request(rng):
    """What serving processes send each other: identifiers, token ids, parameters."""
    return {"rid": "%032x" % rng.getrandbits(128),
            "input_ids": [rng.randrange(128_000) for _ in range(120)],
            "sampling_params": {"temperature": rng.random(), "top_p": 0.95, "stop": None,
                                "max_new_tokens": rng.randrange(4096), "n": 1},
            "stream": True, "priority": 0, "return_logprob": False,
            "session": {"id": rng.choice(WORDS), "tenant": rng.choice(WORDS)}}


def standard(rng):
    seconds = rng.randrange(1 << 24)
    day = datetime.datetime(2024, 1, 1) + datetime.timedelta(seconds=seconds)
    return collections.OrderedDict(
        when=[day + datetime.timedelta(hours=i) for i in range(20)],
        price=[decimal.Decimal(rng.randrange(10 ** 6)) / 100 for _ in range(20)],
        seen={rng.choice(WORDS) for _ in range(10)},
        queue=collections.deque(rng.sample(WORDS, 8), maxlen=32),
        counted=collections.Counter(rng.choices(WORDS, k=50)),
        path=pathlib.PurePosixPath("/srv") / rng.choice(WORDS),
        raw=rng.randbytes(300))


def array(rng):
    import numpy
    values = numpy.random.default_rng(rng.randrange(1 << 31))
    return {"mean": values.standard_normal(64),
            "weights": values.standard_normal((16, 24)).astype("float32"),
            "labels": values.integers(0, 10, 200),
            "names": numpy.array(rng.sample(WORDS, 10))}


def frame(rng):
    import numpy
    import pandas
    values = numpy.random.default_rng(rng.randrange(1 << 31))
    return pandas.DataFrame({"a": values.standard_normal(60),
                             "b": values.integers(0, 100, 60),
                             "c": [rng.choice(WORDS) for _ in range(60)]})


def estimator(rng):
    import numpy
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler
    values = numpy.random.default_rng(rng.randrange(1 << 31))
    model = make_pipeline(StandardScaler(), LogisticRegression())
    return model.fit(values.standard_normal((40, 12)), numpy.arange(40) % 2)


KINDS = (plain, request, standard, array, frame, estimator)


def available():
    """The kinds of objects whose libraries are there."""
    kinds = []
    for kind in KINDS:
        try:
            kind(random.Random(0))
        except ImportError as error:
            print("bench: no %s objects: %s" % (kind.__name__, error), file=sys.stderr)
        else:
            kinds.append(kind)
    return kinds


# ---- files ----

def make_dense(path):
    """One pickle of protocol 4, 100 MB, whose opcodes have few bytes each."""
    path.write_bytes(pickle.dumps(dense_objects(DENSE_BYTES, 1), 4))


def small_pickle(kinds, rng, size):
    """A list of real objects that has about `size` bytes as a pickle."""
    objects = []
    data = b""
    while len(data) < size:
        objects.append(rng.choice(kinds)(rng))
        longer = pickle.dumps(objects, rng.choice((2, 3, 4, 4, 4, 5)))
        if data and len(longer) > SMALL_BYTES[1]:
            break
        data = longer
    return data


def make_small(path):
    """A folder of 5,000 pickles of 1 to 20 kB."""
    rng = random.Random(2)
    kinds = available()
    path.mkdir()
    for i in range(SMALL_FILES):
        folder = path / ("%02d" % (i % 50))
        folder.mkdir(exist_ok=True)
        data = small_pickle(kinds, rng, rng.randint(*SMALL_BYTES))
        (folder / ("%04d.pkl" % i)).write_bytes(data)


def make_message(path):
    """One message of 1 kB."""
    rng = random.Random(3)
    message = request(rng)
    data = b""
    while len(data) < MESSAGE_BYTES:
        message["input_ids"].append(rng.randrange(128_000))
        data = pickle.dumps(message, 4)
    path.write_bytes(data)


def make_torch(path):
    """A checkpoint of 200 MB: a state dict in a ZIP archive."""
    import torch
    torch.manual_seed(4)
    layers = 50
    side = int((TORCH_BYTES / 4 / layers / 1.01) ** 0.5)
    state = collections.OrderedDict()
    for i in range(layers):
        state["layers.%d.weight" % i] = torch.randn(side, side)
        state["layers.%d.bias" % i] = torch.randn(side)
        state["layers.%d.norm" % i] = torch.ones(side)
    rest = (TORCH_BYTES - sum(t.numel() for t in state.values()) * 4) // 4
    state["head.weight"] = torch.randn(max(rest, 1))
    torch.save({"model": state, "epoch": 7, "config": {"layers": layers}}, path)


def make_forest(path):
    """A random forest of 50 MB."""
    import numpy
    from sklearn.ensemble import RandomForestClassifier
    values = numpy.random.default_rng(5)
    samples = values.standard_normal((8000, 20))
    labels = values.integers(0, 4, 8000)
    trees = 8
    one = len(pickle.dumps(RandomForestClassifier(trees, random_state=0, n_jobs=2)
                           .fit(samples, labels), 4)) / trees
    forest = RandomForestClassifier(round(FOREST_BYTES / one), random_state=0, n_jobs=2)
    path.write_bytes(pickle.dumps(forest.fit(samples, labels), 4))


def make_fixed(path):
    """Small inputs for counting instructions: plain data only, so that no library's
    version changes them."""
    path.mkdir()
    objects = dense_objects(60_000, 6)
    (path / "dense.pkl").write_bytes(pickle.dumps(objects, 4))
    (path / "text.pkl").write_bytes(pickle.dumps(objects[:60], 0))
    (path / "standard.pkl").write_bytes(
        pickle.dumps([standard_fixed(i) for i in range(40)], 4))
    (path / "message.pkl").write_bytes(pickle.dumps(request(random.Random(7)), 4))
    (path / "prose.txt").write_text(prose(random.Random(8), 60_000))
    (path / "noise.bin").write_bytes(random.Random(9).randbytes(60_000))


def standard_fixed(i):
    """Like standard(), without a set, whose order is not the same in each process."""
    return collections.OrderedDict(
        when=datetime.datetime(2024, 1, 1) + datetime.timedelta(hours=i),
        price=decimal.Decimal(i) / 8,
        path=pathlib.PurePosixPath("/srv") / WORDS[i % len(WORDS)])


def prose(rng, size):
    out = io.StringIO()
    while out.tell() < size:
        out.write(" ".join(rng.choices(WORDS, k=rng.randint(4, 14))) + ".\n")
    return out.getvalue()


CORPORA = {
    "dense": (make_dense, "dense.pkl"),
    "small": (make_small, "small"),
    "message": (make_message, "message.pkl"),
    "torch": (make_torch, "checkpoint.pt"),
    "forest": (make_forest, "forest.pkl"),
    "fixed": (make_fixed, "fixed"),
}


def make(name):
    """The path of the corpus, made if it is not there; None without its library."""
    maker, leaf = CORPORA[name]
    path = DATA / leaf
    if path.exists():
        return path
    DATA.mkdir(exist_ok=True)
    partial = DATA / ("partial-%d-%s" % (os.getpid(), leaf))
    print("bench: making %s" % path.name, file=sys.stderr)
    gc.disable()
    try:
        maker(partial)
        partial.rename(path)
    except ImportError as error:
        print("bench: %s is not made: %s" % (path.name, error), file=sys.stderr)
        return None
    finally:
        gc.enable()
        gc.collect()
        with contextlib.suppress(OSError):
            shutil.rmtree(partial) if partial.is_dir() else partial.unlink()
    return path


if __name__ == "__main__":
    for wanted in sys.argv[1:] or CORPORA:
        print(make(wanted))
