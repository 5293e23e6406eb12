#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Writes the second set: pickles of what the catalogue vets, made from the libraries.

    vetted_corpus.py FOLDER [LIBRARY...]

Builds instances of every class that the catalogue vets and that an installed library has,
and saves each at protocols 2 to 5, and where it applies as torch's zip and legacy files,
as joblib dumps with each compressor, and as npy and npz. Needs Debian's python3 with
numpy, scipy, pandas, sklearn, joblib, torch, PIL, networkx, xarray, pytz and dateutil; a
library that is missing is left out and named on stderr. Prints how many files each has.
"""

import array
import collections
import datetime
import decimal
import fractions
import functools
import http
import importlib
import inspect
import io
import ipaddress
import itertools
import logging
import os
import pathlib
import pickle
import random
import re
import signal
import sys
import types
import uuid
import warnings
import zoneinfo

HERE = os.path.dirname(os.path.abspath(__file__))
CATALOGUE = os.path.join(HERE, "..", "..", "src", "policy", "catalogue")
COMPRESSORS = ("zlib", "gzip", "bz2", "xz", "lzma", "lz4")


def vetted(prefix):
    """Names of the classes that the catalogue vets under a package."""
    names = []
    for file in sorted(os.listdir(CATALOGUE)):
        if not file.endswith(".cat"):
            continue
        with open(os.path.join(CATALOGUE, file), encoding="utf-8") as f:
            for line in f:
                words = line.split()
                if line.startswith(("plain ", "class ")) and \
                        words[1].startswith(prefix + "."):
                    names.append(words[1].replace(":", "."))
    return names


def find(name):
    """The object of a dotted name, or None if this version does not have it there."""
    module, _, attribute = name.rpartition(".")
    try:
        found = getattr(importlib.import_module(module), attribute)
    except (ImportError, AttributeError):
        return None
    exact = isinstance(found, type) and f"{found.__module__}.{found.__qualname__}" == name
    return found if exact else None


def bare(cls):
    """An instance as unpickling leaves it: no __init__, some attributes."""
    made = cls.__new__(cls)
    made.__dict__.update(alpha=0.5, name="x", parts=[1, 2], table={"a": None})
    return made


def made(name, known):
    """An instance of the class of that name; None if there is no way to make one."""
    cls = find(name)
    if cls is None:
        return None
    for attempt in (lambda: known[cls.__name__](cls), cls, lambda: bare(cls)):
        try:
            candidate = attempt()
            pickle.dumps(candidate, 4)
            return candidate
        except Exception:
            continue
    return None


# ---- one function a library: yields (name, object) ----

def builtin():
    yield from {
        "none": None, "ellipsis": ..., "notimplemented": NotImplemented,
        "complex": 1 + 2j,
        "slice": slice(1, None, 2), "range": range(3, 9, 2),
        "bytearray": bytearray(b"ab\xff"),
        "bytes": b"\x00\xff", "set": {1, "a"}, "frozenset": frozenset({2, 3}),
        "str": "\u20ac",
        "big": [1 << 100, -(1 << 70), 1 << 31, 2.5, True],
        "nested": {"a": [(1, 2), {"b": None}]},
        "object": object(), "types": [int, dict, list, str, type(None), complex, set,
                                       bool, memoryview, tuple],
        "iterators": [iter([1, 2]), iter((1, 2)), iter("ab"), reversed([1])],
        "functions": [len, sum, max, sorted],
    }.items()
    for name in dir(__builtins__):
        cls = getattr(__builtins__, name)
        if not isinstance(cls, type) or not issubclass(cls, BaseException):
            continue
        args = {"UnicodeDecodeError": ("utf-8", b"x", 0, 1, "bad"),
                "UnicodeEncodeError": ("utf-8", "x", 0, 1, "bad"),
                "UnicodeTranslateError": ("x", 0, 1, "bad"),
                "BaseExceptionGroup": ("many", [KeyboardInterrupt(1)]),
                "ExceptionGroup": ("many", [ValueError(1)])}.get(name, ("text",))
        error = cls(*args)
        error.note = "kept"
        yield f"exception-{name}", error


def stdlib():
    default = collections.defaultdict(list, a=[1])
    ordered = collections.OrderedDict(a=1, b=2)
    utc = datetime.timezone.utc
    east = datetime.timezone(datetime.timedelta(hours=2), "EAST")
    generator = random.Random(7)
    yield from {
        "ordereddict": ordered, "defaultdict": default,
        "defaultdicts": [collections.defaultdict(t)
                         for t in (int, float, set, dict, str, None)],
        "counter": collections.Counter("abca"), "deque": collections.deque([1, 2], 5),
        "deque-open": collections.deque("ab"),
        "chainmap": collections.ChainMap({1: 2}, {}),
        "userdict": collections.UserDict(a=1), "userlist": collections.UserList([1]),
        "userstring": collections.UserString("a"),
        "namespace": types.SimpleNamespace(a=1),
        "array-d": array.array("d", [1.5]), "array-i": array.array("i", [1, 2]),
        "array-B": array.array("B", b"abc"), "count": itertools.count(3),
        "decimal": decimal.Decimal("-1.50E+7"),
        "decimal-tuple": decimal.Decimal("1.5").as_tuple(),
        "context": decimal.getcontext(),
        "fraction": fractions.Fraction(2, 3),
        "random": generator, "date": datetime.date(2020, 2, 29),
        "datetime": datetime.datetime(2020, 2, 29, 1, 2, 3, 4),
        "time": datetime.time(1, 2, 3, 4),
        "datetime-utc": datetime.datetime(2020, 1, 1, tzinfo=utc),
        "datetime-east": datetime.datetime(2020, 1, 1, tzinfo=east),
        "fold": datetime.datetime(2020, 1, 1, fold=1),
        "timedelta": datetime.timedelta(1, 2, 3),
        "timezone": east, "uuid": uuid.UUID(int=5), "uuid1": uuid.uuid1(),
        "safe": uuid.SafeUUID.safe, "parameter": inspect.Parameter.KEYWORD_ONLY,
        "status": http.HTTPStatus.NOT_FOUND,
        "signal": signal.SIGTERM, "types": [signal.Signals, pathlib.Path,
                                            pathlib.PurePath,
                                            pathlib.WindowsPath, zoneinfo.ZoneInfo,
                                            datetime.tzinfo],
        "flags": re.RegexFlag.I | re.RegexFlag.M, "logger": logging.getLogger("a.b"),
        "paths": [pathlib.PurePosixPath("/a/b"), pathlib.PureWindowsPath("c:/x"),
                  pathlib.PosixPath("a"), pathlib.Path("/tmp/x"), pathlib.PurePath("x")],
        "addresses": [ipaddress.ip_address("10.0.0.1"), ipaddress.ip_address("::1"),
                      ipaddress.ip_network("10.0.0.0/8"), ipaddress.ip_network("::/64"),
                      ipaddress.ip_interface("10.0.0.1/8"),
                      ipaddress.ip_interface("::1/64")],
        "regex": [re.compile("a+b"), re.compile(b"x", re.I),
                  re.compile("y", re.M | re.S)],
    }.items()
    import argparse
    yield "argparse", argparse.Namespace(lr=0.1, name="x")


def zones():
    import dateutil.relativedelta
    import dateutil.tz
    import pytz
    moment = datetime.datetime(2020, 7, 1)
    berlin = pytz.timezone("Europe/Berlin")
    berlin_file = zoneinfo.ZoneInfo("Europe/Berlin")
    yield from {
        "pytz-utc": pytz.utc, "pytz-zone": berlin, "pytz-fixed": pytz.FixedOffset(90),
        "pytz-moment": berlin.localize(moment), "dateutil-utc": dateutil.tz.tzutc(),
        "dateutil-local": dateutil.tz.tzlocal(),
        "dateutil-offset": dateutil.tz.tzoffset("x", 60),
        "dateutil-moment": moment.replace(tzinfo=dateutil.tz.tzutc()),
        "dateutil-file": dateutil.tz.gettz("Europe/Berlin"),
        "dateutil-range": dateutil.tz.tzrange("EST", -18000),
        "dateutil-str": dateutil.tz.tzstr("EST5EDT"),
        "relativedelta": dateutil.relativedelta.relativedelta(months=1, weekday=0),
        "weekday": dateutil.relativedelta.MO(2), "dateutil-component":
        dateutil.tz.tz._tzicalvtzcomp(60, 0, False, "x", None), "zoneinfo": berlin_file,
        "zoneinfo-moments": [moment.replace(tzinfo=berlin_file, hour=h) for h in (1, 2)],
    }.items()


def numpy():
    import numpy as np
    kinds = ["?", "i1", "u1", "i2", ">i2", "u4", "i8", "u8", "f2", "f4", "f8", ">f8", "g",
             "F",
             "D", "S5", "U5", "V3", "M8[ns]", "m8[s]", "M8[D]", "O"]
    for kind in kinds:
        safe = kind.translate({ord("["): "-", ord("]"): None, ord("?"): "bool",
                               ord(">"): "be-"})
        dtype = np.dtype(kind)
        yield f"dtype-{safe}", dtype
        yield f"array-{safe}", np.zeros((2, 3), dtype)
        yield f"array0-{safe}", np.zeros((), dtype)
        if kind != "O":
            yield f"scalar-{safe}", np.zeros(1, dtype)[0]
    pair = np.dtype([("a", "<i4"), ("b", "<f8")])
    records = np.zeros(3, pair)
    yield from {
        "fortran": np.asfortranarray(np.arange(6.0).reshape(2, 3)),
        "empty": np.zeros((0, 4)),
        "big": np.arange(2000.0), "strided": np.arange(10)[::2], "structured": records,
        "record": records[0], "recarray": np.rec.array(records),
        "matrix": np.matrix([[1, 2]]),
        "aligned": np.zeros(2, np.dtype([("a", "i1"), ("b", "f8")], align=True)),
        "nested": np.zeros(2, [("a", [("b", "i2"), ("c", "U3")])]),
        "subarray": np.zeros(2, [("a", "f4", (2, 2))]),
        "titles": np.zeros(2, [(("title", "a"), "i4")]),
        "offsets": np.zeros(2, {"names": ["x"], "formats": ["i4"], "offsets": [4],
                                "itemsize": 12}),
        "metadata": np.zeros(2, np.dtype("i4", metadata={"a": 1})),
        "char": np.char.array(["ab", "c"]), "masked": np.ma.array([1, 2], mask=[0, 1]),
        "masked-object": np.ma.array([None, 2], mask=[0, 1]),
        "masked-constant": np.ma.masked,
        "objects": np.array([1, "a", None, [2]], dtype=object),
        "poly1d": np.poly1d([1, 2]),
        "types": [np.float64, np.int8, np.bool_, np.datetime64, np.ndarray, np.dtype],
        "ufuncs": [np.add, np.log1p, np.exp, np.sqrt], "functions": [np.mean, np.median],
        "randomstate": np.random.RandomState(3), "generator": np.random.default_rng(3),
        "seedsequence": np.random.SeedSequence(5),
    }.items()
    for bits in ("MT19937", "PCG64", "PCG64DXSM", "Philox", "SFC64"):
        yield f"bits-{bits}", getattr(np.random, bits)(3)
        yield f"generator-{bits}", np.random.Generator(getattr(np.random, bits)(3))


def scipy():
    import numpy as np
    import scipy.interpolate as si
    import scipy.optimize as so
    import scipy.sparse as sp
    dense = np.eye(4)
    for kind in ("bsr", "coo", "csc", "csr", "dia", "dok", "lil"):
        for form in ("matrix", "array"):
            yield f"{kind}-{form}", getattr(sp, f"{kind}_{form}")(dense)
    x = np.arange(8.0)
    yield from {
        "interp1d": si.interp1d(x, x * 2), "cubic": si.CubicSpline(x, x), "pchip":
        si.PchipInterpolator(x, x), "akima": si.Akima1DInterpolator(x, x), "ppoly":
        si.PPoly(np.ones((2, 1)), [0.0, 1.0]), "bspline": si.make_interp_spline(x, x),
        "univariate": si.UnivariateSpline(x, x), "interpolated":
        si.InterpolatedUnivariateSpline(x, x),
        "grid": si.RegularGridInterpolator((x,), x),
        "result": so.minimize_scalar(np.square), "bounds": so.Bounds([0], [1]), "linear":
        so.LinearConstraint(np.eye(2), 0, 1), "hermite": si.CubicHermiteSpline(x, x, x),
        "bpoly": si.BPoly(np.ones((2, 1)), [0.0, 1.0]), "rbf": si.Rbf(x, x), "smooth":
        si.SmoothBivariateSpline(np.tile(x, 8), np.repeat(x, 8), np.ones(64)), "rect":
        si.RectBivariateSpline(x, x, np.ones((8, 8))), "splines": [si.UnivariateSpline],
    }.items()


def pandas():
    import numpy as np
    import pandas as pd
    stamps = pd.date_range("2020-01-01", periods=4, freq="D")
    frame = pd.DataFrame({"a": [1, 2, 3, 4], "b": [1.5, None, 2, 3], "c": list("wxyz")})
    mixed = frame.assign(d=stamps, e=pd.Categorical(list("aabb")),
                         f=stamps.tz_localize("UTC"))
    yield from {
        "frame": frame, "mixed": mixed, "empty": pd.DataFrame(), "series": frame["b"],
        "named": pd.Series([1, 2], name="x", index=["p", "q"]),
        "series-dates": pd.Series(stamps), "series-category": mixed["e"],
        "extension": pd.DataFrame({"i": pd.array([1, None], dtype="Int64"),
                                   "s": pd.array(["a", None], dtype="string"),
                                   "b": pd.array([True, None], dtype="boolean"),
                                   "f": pd.array([1.5, None], dtype="Float64")}),
        "indexed": mixed.set_index(["a", "c"]), "by-date": frame.set_index(stamps),
        "pivot": frame.T, "sparse": pd.Series(pd.arrays.SparseArray([0, 0, 1])),
        "periods": pd.Series(pd.period_range("2020", periods=3, freq="M")),
        "intervals": pd.Series(pd.interval_range(0, 3)),
        "deltas": pd.Series(pd.to_timedelta([1])),
        "index": pd.Index(["a", "b"]), "int-index": pd.Index([1, 2]),
        "range": pd.RangeIndex(4),
        "float-index": pd.Index([1.5]), "bool-index": pd.Index([True]),
        "multi": pd.MultiIndex.from_product([["a", "b"], [1, 2]], names=["x", "y"]),
        "dates": stamps, "dates-zone": stamps.tz_localize("Europe/Berlin"),
        "dates-utc": stamps.tz_localize("UTC"),
        "category-index": pd.CategoricalIndex(list("ab")),
        "period-index": pd.period_range("2020", periods=2, freq="Q"),
        "interval-index": pd.interval_range(0, 3), "delta-index": pd.to_timedelta([1, 2]),
        "timestamp": pd.Timestamp("2020-01-01 01:02:03.5"),
        "delta": pd.Timedelta("1 day"),
        "timestamp-zone": pd.Timestamp("2020-01-01", tz="UTC"), "nat": pd.NaT,
        "na": pd.NA,
        "period": pd.Period("2020-01", freq="M"),
        "interval": pd.Interval(0, 1, closed="both"),
        "categorical": pd.Categorical(list("aab"), ordered=True),
        "dtypes": [pd.CategoricalDtype(["a"]), pd.Int64Dtype(), pd.StringDtype(),
                   pd.PeriodDtype("M"), pd.IntervalDtype("int64"), pd.BooleanDtype(),
                   pd.DatetimeTZDtype("ns", "UTC"), pd.SparseDtype(float),
                   pd.Float32Dtype()],
        "dtypes-of": dict(mixed.dtypes), "float-frame": pd.DataFrame(np.eye(3)),
        "block-sparse": pd.arrays.SparseArray([0, 0, 1], kind="block"), "names":
        pd.MultiIndex.from_product([["a"], [1]], names=["x", "y"]).names, "numpy-array":
        pd.arrays.PandasArray(np.arange(3)), "integer-dtypes":
        [getattr(pd, f"{sign}Int{bits}Dtype")() for sign in ("", "U")
         for bits in (8, 16, 32, 64)],
        "types": [pd.Timestamp, pd.Timedelta, type(pd.NA), pd.offsets.Tick],
        "zoneinfo": stamps.tz_localize(zoneinfo.ZoneInfo("Europe/Berlin")),
        "attrs": frame.assign().pipe(lambda f: (f.attrs.update(a=1), f)[1]),
    }.items()
    offsets = ["Day", "Hour", "Minute", "Second", "Milli", "Micro", "Nano", "BDay",
               "MonthEnd",
               "MonthBegin", "BMonthEnd", "BMonthBegin", "QuarterEnd", "QuarterBegin",
               "YearEnd",
               "YearBegin", "BQuarterEnd", "BYearEnd", "Week", "SemiMonthEnd",
               "BusinessHour",
               "DateOffset", "WeekOfMonth", "CDay", "Easter", "BQuarterBegin",
               "BYearBegin",
               "CustomBusinessHour", "CBMonthBegin", "CBMonthEnd", "LastWeekOfMonth",
               "SemiMonthBegin"]
    for name in offsets:
        yield f"offset-{name}", getattr(pd.offsets, name)()
    yield "offset-FY5253", pd.offsets.FY5253(startingMonth=1, weekday=0)
    yield "offset-FY5253Quarter", pd.offsets.FY5253Quarter(startingMonth=1, weekday=0)


def sklearn():
    import numpy as np
    import sklearn.utils
    from sklearn import (compose, datasets, ensemble, feature_extraction, linear_model,
                         model_selection, neighbors, pipeline, preprocessing, svm, tree)
    rng = np.random.RandomState(0)
    x = np.abs(rng.rand(40, 4))
    target = (x[:, 0] > 0.5).astype(int)
    sub = {"estimator": linear_model.LogisticRegression(),
           "base_estimator": linear_model.LogisticRegression(),
           "estimators": [("a", linear_model.LogisticRegression()), ("b", svm.SVC())],
           "transformers": [("s", preprocessing.StandardScaler(), [0, 1])],
           "steps": [("s", preprocessing.StandardScaler())], "param_grid": {"C": [1, 2]},
           "param_distributions": {"C": [1, 2]}, "regressor": linear_model.Ridge(),
           "transformer_list": [("s", preprocessing.StandardScaler())],
           "dictionary": np.eye(4), "kernel": None}
    for name in vetted("sklearn"):
        cls = find(name)
        if cls is None or not name.startswith("sklearn."):
            continue
        yield name, fitted(cls, sub, x, target) or made(name, {})
    text = ["one two three", "two three four", "three four five"]
    yield from {
        "pipeline": pipeline.make_pipeline(
            preprocessing.StandardScaler(),
            linear_model.LogisticRegression()).fit(x, target),
        "columns": compose.ColumnTransformer([("s", preprocessing.StandardScaler(), [0]),
                                              ("o", preprocessing.OneHotEncoder(),
                                               [1])]).fit(x),
        "function": preprocessing.FunctionTransformer(np.log1p).fit(x),
        "count": feature_extraction.text.CountVectorizer().fit(text),
        "tfidf": feature_extraction.text.TfidfVectorizer().fit(text),
        "bunch": sklearn.utils.Bunch(a=1, b=np.ones(2)), "iris": datasets.load_iris(),
        "kdtree": neighbors.KDTree(x), "balltree": neighbors.BallTree(x),
        "tree": tree.DecisionTreeClassifier().fit(x, target).tree_,
        "search":
        model_selection.GridSearchCV(svm.SVC(), {"C": [1, 2]}, cv=2).fit(x, target),
        "knn-ball": neighbors.KNeighborsClassifier(algorithm="ball_tree").fit(x, target),
        "knn-manhattan": neighbors.KNeighborsClassifier(
            metric="manhattan", algorithm="kd_tree").fit(x, target),
        "forest": ensemble.RandomForestRegressor(4).fit(x, target),
    }.items()
    yield from metrics()


def metrics():
    import numpy as np
    from sklearn.gaussian_process import kernels
    from sklearn.linear_model import _sgd_fast
    from sklearn.metrics import _dist_metrics
    options = {"Minkowski": (3.0,), "WMinkowski": (3.0, np.ones(2)),
               "SEuclidean": (np.ones(2),), "Mahalanobis": (np.eye(2),)}
    for name, args in options.items():
        for bits in ("", "32"):
            yield f"metric-{name}{bits}", getattr(_dist_metrics,
                                                  f"{name}Distance{bits}")(*args)
    for name in ("EpsilonInsensitive", "SquaredEpsilonInsensitive", "Huber"):
        yield f"loss-{name}", getattr(_sgd_fast, name)(0.1)
    yield "hyperparameters", kernels.RBF().hyperparameters


def fitted(cls, sub, x, target):
    """An estimator made with what it must have, fitted if it can be, or None."""
    try:
        needed = [p.name for p in inspect.signature(cls).parameters.values()
                  if p.default is p.empty and p.kind == p.POSITIONAL_OR_KEYWORD]
        estimator = cls(**{n: sub[n] for n in needed})
    except (TypeError, ValueError, KeyError):
        return None
    if hasattr(estimator, "max_iter"):
        try:
            estimator.max_iter = min(estimator.max_iter or 20, 20)
        except TypeError:
            pass
    for args in ((x, target), (x,), ([["a"], ["b"]],), ([{"a": 1}],)):
        try:
            estimator.fit(*args)
            break
        except Exception:
            continue
    try:
        pickle.dumps(estimator, 4)
    except Exception:
        return None
    return estimator


def torch():
    import torch as t
    from torch import nn
    two = {
        "Bilinear": lambda c: c(2, 3, 2), "Linear": lambda c: c(2, 3),
        "GRU": lambda c: c(2, 3),
        "LSTM": lambda c: c(2, 3), "RNN": lambda c: c(2, 3),
        "Embedding": lambda c: c(4, 2),
        "EmbeddingBag": lambda c: c(4, 2), "MultiheadAttention": lambda c: c(4, 2),
        "Transformer": lambda c: c(4, 2, 1, 1, 8),
        "Sequential": lambda c: c(nn.Linear(2, 2)),
        "TransformerEncoderLayer": lambda c: c(4, 2, 8),
        "ModuleList": lambda c: c([nn.ReLU()]),
        "TransformerDecoderLayer": lambda c: c(4, 2, 8), "GroupNorm": lambda c: c(2, 4),
        "ModuleDict": lambda c: c({"a": nn.Tanh()}), "Threshold": lambda c: c(0.1, 2),
        "ParameterList": lambda c: c([nn.Parameter(t.ones(2))]),
        "Unflatten": lambda c: c(1, (2, 1)),
        "ParameterDict": lambda c: c({"a": nn.Parameter(t.ones(2))}),
        "TransformerEncoder": lambda c: c(nn.TransformerEncoderLayer(4, 2, 8), 1),
        "TransformerDecoder": lambda c: c(nn.TransformerDecoderLayer(4, 2, 8), 1),
        "AdaptiveLogSoftmaxWithLoss": lambda c: c(4, 6, [2, 4]),
        "TensorDataset": lambda c: c(t.ones(3)),
    }
    for n in ("RNNCell", "LSTMCell", "GRUCell", "RNNCellBase"):
        two[n] = lambda c: c(2, 3)
    for n in ("Conv1d", "Conv2d", "Conv3d", "ConvTranspose1d", "ConvTranspose2d",
              "ConvTranspose3d"):
        two[n] = lambda c: c(2, 3, 3)
    weights = [nn.Parameter(t.ones(2, 2))]
    for name in vetted("torch"):
        if ".optim." in name and "lr_scheduler" not in name:
            continue
        yield name, made(name, dict(collections.ChainMap(
            two, {find(name).__name__: lambda c: c(2)} if find(name) else {})))
    optimizers = {}
    for name in ("Adadelta", "Adagrad", "Adam", "Adamax", "AdamW", "ASGD", "NAdam",
                 "RAdam",
                 "RMSprop", "Rprop", "SGD", "LBFGS", "SparseAdam"):
        optimizer = getattr(t.optim, name)(weights, lr=0.1)
        weights[0].grad = t.ones(2, 2)
        if name != "SparseAdam":
            optimizer.step(lambda: t.tensor(1.0))
        optimizers[name] = optimizer.state_dict()
        yield f"optimizer-{name}", optimizer
    model = nn.Sequential(nn.Conv2d(1, 2, 3), nn.BatchNorm2d(2), nn.ReLU(), nn.Flatten(),
                          nn.Linear(8, 2))
    sgd = t.optim.SGD(model.parameters(), lr=0.1, momentum=0.9)
    quantized = t.quantize_per_tensor(t.ones(3), 0.1, 2, t.quint8)
    channels = t.quantize_per_channel(t.ones(2, 2), t.ones(2), t.zeros(2), 0, t.qint8)
    yield from {
        "model": model, "state_dict": model.state_dict(),
        "parameter": nn.Parameter(t.ones(2)),
        "checkpoint": {"epoch": 3, "model": model.state_dict(),
                       "optimizer": optimizers["Adam"]},
        "optimizers": optimizers, "size": t.Size([1, 2]), "device": t.device("cpu"),
        "devices": [t.device("cuda:1"), t.device("cpu", 0)], "layouts": [t.strided],
        "dtypes": [t.float32, t.int64, t.bool, t.bfloat16], "scalar": t.tensor(1.5),
        "grad": t.ones(2, requires_grad=True), "view": t.arange(10)[2:6:2],
        "t": t.ones(2, 3).t(),
        "sparse": t.eye(3).to_sparse(), "csr": t.eye(3).to_sparse_csr(),
        "quantized": quantized,
        "channels": channels, "half": t.ones(2, dtype=t.float16),
        "complex": t.ones(2) * 1j,
        "bfloat": t.ones(2, dtype=t.bfloat16), "empty": t.ones(0),
        "shared": [model[0].weight] * 2,
        "steplr": t.optim.lr_scheduler.StepLR(sgd, 3).state_dict(),
        "cosine": t.optim.lr_scheduler.CosineAnnealingLR(sgd, 3),
        "exponential": t.optim.lr_scheduler.ExponentialLR(sgd, 0.9),
        "plateau": t.optim.lr_scheduler.ReduceLROnPlateau(sgd),
        "cycle": t.optim.lr_scheduler.OneCycleLR(sgd, 1.0, 10), "averaged":
        [t.optim.swa_utils.AveragedModel], "swa":
        t.optim.swa_utils.SWALR(sgd, 0.1), "packed":
        nn.utils.rnn.pack_sequence([t.ones(3), t.ones(2)]),
    }.items()


def plugin(cls, image):
    """The image as one that this plugin opened; None if the plugin is not there."""
    if cls is None:
        return None
    opened = cls.__new__(cls)
    opened.__dict__.update(image.__dict__, tile=[], map=None, fp=None, readonly=0)
    return opened


def pillow():
    from PIL import Image, ImageFilter, ImagePalette, TiffImagePlugin
    for mode in ("1", "L", "P", "RGB", "RGBA", "RGBX", "CMYK", "YCbCr", "LAB", "HSV", "I",
                 "F",
                 "LA", "PA", "RGBa", "La", "I;16"):
        yield f"new-{mode}", Image.new(mode, (3, 2))
    for name in vetted("PIL"):
        if name.endswith("ImageFile"):
            yield name, plugin(find(name), Image.new("P", (3, 2)))
    for kind in ("PNG", "JPEG", "GIF", "BMP", "TIFF", "WEBP", "PPM", "ICO", "TGA"):
        buffer = io.BytesIO()
        try:
            Image.new("RGB", (16, 16)).save(buffer, kind)
        except (OSError, KeyError):
            continue
        buffer.seek(0)
        image = Image.open(buffer)
        image.load()
        yield f"opened-{kind}", image
    yield "tags", TiffImagePlugin.ImageFileDirectory_v2()
    for name in ("BoxBlur", "UnsharpMask", "MedianFilter", "MinFilter", "MaxFilter",
                 "ModeFilter"):
        yield name, getattr(ImageFilter, name)(3)
    yield "kernel", ImageFilter.Kernel((3, 3), range(9))
    yield "rank", ImageFilter.RankFilter(3, 4)
    yield "lut", ImageFilter.Color3DLUT.generate(2, lambda r, g, b: (r, g, b))
    yield "palette", ImagePalette.ImagePalette("RGB", bytes(768))
    yield "blur", ImageFilter.GaussianBlur(2)


def networkx():
    import networkx as nx
    for kind in (nx.Graph, nx.DiGraph, nx.MultiGraph, nx.MultiDiGraph):
        graph = kind(name="g")
        graph.add_edge("a", 1, weight=2.5)
        graph.add_node((1, 2), label="x")
        yield kind.__name__, graph
        used = kind(graph)
        _ = used.nodes, used.edges, used.degree, used.adj
        yield f"{kind.__name__}-used", used
        yield f"{kind.__name__}-views", [graph.nodes, graph.edges, graph.degree,
                                         graph.adj]
        yield f"{kind.__name__}-data", [graph.nodes(data=True), graph.adj["a"]]
        if graph.is_directed():
            yield f"{kind.__name__}-directed", [graph.in_degree, graph.out_degree,
                                                graph.in_edges,
                                                graph.out_edges, graph.succ, graph.pred]
    views = nx.classes.coreviews
    yield "unions", [getattr(views, name)({}, {}) for name in
                     ("UnionAtlas", "UnionAdjacency", "UnionMultiInner",
                      "UnionMultiAdjacency")]
    yield "planar", nx.check_planarity(nx.path_graph(3))[1]
    yield "karate", nx.karate_club_graph()


def xarray():
    import numpy as np
    import pandas as pd
    import xarray as xr
    data = xr.DataArray(np.eye(2), dims=("x", "y"), coords={"x": [1, 2], "y": ["a", "b"]},
                        attrs={"unit": "m"}, name="d")
    times = pd.date_range("2020", periods=2)
    yield from {
        "array": data, "variable": xr.Variable(("x",), [1, 2], {"a": 1}), "dataset":
        xr.Dataset({"d": data, "e": ("x", [3, 4])}, attrs={"title": "t"}), "times":
        xr.DataArray([1, 2], coords={"time": times}, dims="time"),
        "bare": xr.DataArray(1.5),
        "multi": data.stack(z=("x", "y")), "index": xr.IndexVariable("x", [1, 2]),
        "empty": xr.Dataset(), "indexes": data.xindexes,
        "frozen": xr.core.utils.Frozen({"a": 1}),
        "adapter": xr.core.indexing.NumpyIndexingAdapter(np.eye(2)),
    }.items()


LIBRARIES = (builtin, stdlib, zones, numpy, scipy, pandas, sklearn, torch, pillow,
             networkx,
             xarray)


# ---- writing ----

class Writer:
    def __init__(self, folder, library):
        self.folder = os.path.join(folder, library)
        self.library = library
        self.count = 0
        os.makedirs(self.folder, exist_ok=True)

    def save(self, name, write):
        """write(path) makes the file; what cannot be saved in a form is left out."""
        path = os.path.join(self.folder, re.sub(r"[^\w.+-]", "-", name))
        try:
            write(path)
        except Exception:
            if os.path.exists(path):
                os.unlink(path)
            return
        self.count += 1

    def pickles(self, name, thing):
        for protocol in range(2, 6):
            self.save(f"{name}.p{protocol}.pkl", functools.partial(dump, thing, protocol))


def dump(thing, protocol, path):
    data = pickle.dumps(thing, protocol)
    with open(path, "wb") as f:
        f.write(data)


def joblib_files(writer, name, thing, every):
    import joblib
    writer.save(f"{name}.joblib", lambda path: joblib.dump(thing, path))
    for method in COMPRESSORS if every else COMPRESSORS[:1]:
        writer.save(f"{name}.joblib.{method}",
                    lambda path, m=method: joblib.dump(thing, path, compress=(m, 3)))


def torch_files(writer, name, thing):
    import torch as t
    writer.save(f"{name}.pt", lambda path: t.save(thing, path))
    writer.save(f"{name}.legacy.pt",
                lambda path: t.save(thing, path, _use_new_zipfile_serialization=False))


def array_files(writer, name, thing):
    import numpy as np
    if isinstance(thing, np.ndarray):
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            writer.save(f"{name}.npy", lambda path: np.save(path, thing))
            writer.save(f"{name}.npz", lambda path: np.savez(path, a=thing, b=np.ones(2)))
            writer.save(f"{name}.z.npz", lambda path: np.savez_compressed(path, a=thing))


def write(folder, make):
    library = make.__name__
    writer = Writer(folder, library)
    number = 0
    for name, thing in make():
        if thing is None and name != "none":
            continue
        number += 1
        writer.pickles(name, thing)
        if library in ("numpy", "sklearn", "scipy", "pandas"):
            joblib_files(writer, name, thing, number % 8 == 0)
        if library == "torch":
            torch_files(writer, name, thing)
        if library == "numpy":
            array_files(writer, name, thing)
    return writer.count


def main(argv):
    if len(argv) < 2:
        print("use: vetted_corpus.py FOLDER [LIBRARY...]", file=sys.stderr)
        return 2
    warnings.simplefilter("ignore")
    os.environ.setdefault("OMP_NUM_THREADS", "1")
    for make in LIBRARIES:
        if len(argv) > 2 and make.__name__ not in argv[2:]:
            continue
        try:
            print(f"{make.__name__} {write(argv[1], make)}", flush=True)
        except ImportError as e:
            print(f"{make.__name__} left out: {e}", file=sys.stderr)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv))
