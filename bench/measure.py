# SPDX-License-Identifier: Apache-2.0
"""Runs programs and says what they cost: time from start to exit, and peak memory."""

import statistics
import subprocess
import sys

PYTHON = "/usr/bin/python3"
TIMEOUT_S = 300

# Prints seconds for the work and peak kB, then leaves without taking objects apart.
LOADS = """
import gc, os, pickle, resource, sys, time
if sys.argv[1] == "off":
    gc.disable()
data = [open(path, "rb").read() for path in sys.argv[2:]]
start = time.perf_counter()
for one in data:
    kept = pickle.loads(one)
seconds = time.perf_counter() - start
print(seconds, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss, flush=True)
os._exit(0)
"""

LOAD_FOLDER = """
import os, pickle, resource, sys, time
start = time.perf_counter()
for folder, _, names in os.walk(sys.argv[2]):
    for name in names:
        with open(os.path.join(folder, name), "rb") as file:
            pickle.load(file)
seconds = time.perf_counter() - start
print(seconds, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss, flush=True)
"""

LOAD_TORCH = """
import os, resource, sys, time
import torch
start = time.perf_counter()
kept = torch.load(sys.argv[2])
seconds = time.perf_counter() - start
print(seconds, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss, flush=True)
os._exit(0)
"""

LOAD_MESSAGE = """
import pickle, resource, sys, time
data = open(sys.argv[2], "rb").read()
calls = 2000
best = float("inf")
for _ in range(10):
    start = time.perf_counter()
    for _ in range(calls):
        pickle.loads(data)
    best = min(best, (time.perf_counter() - start) / calls)
print(best, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss, flush=True)
"""


# The classes of the message are stubs of tests/py.
LOAD_REQUEST = """
import pathlib, pickle, resource, sys, time
sys.dont_write_bytecode = True
sys.path.insert(0, str(pathlib.Path(sys.argv[1]).parent / "tests/py"))
import stubs
stubs.request(stubs.newer_sampling_params())
data = open(sys.argv[2], "rb").read()
calls = 2000
best = float("inf")
for _ in range(10):
    start = time.perf_counter()
    for _ in range(calls):
        pickle.loads(data)
    best = min(best, (time.perf_counter() - start) / calls)
print(best, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss, flush=True)
"""


class Cost:
    """Seconds and peak bytes of several runs of the same work."""

    def __init__(self):
        self.seconds = []
        self.bytes = 0

    def add(self, seconds, peak_kb):
        self.seconds.append(seconds)
        self.bytes = max(self.bytes, peak_kb * 1024)

    @property
    def best(self):
        return min(self.seconds)

    @property
    def median(self):
        return statistics.median(self.seconds)


def program(cost_program, args, runs, statuses=(0, 1, 3)):
    """Cost of a whole process, from start to exit; a first run is not counted."""
    cost = Cost()
    for seconds, peak_kb, status in helper([cost_program, runs + 1, *args])[1:]:
        if int(status) not in statuses:
            sys.exit("bench: %s: exit status %s" % (" ".join(map(str, args)), status))
        cost.add(float(seconds), int(peak_kb))
    return cost


def cpython(script, runs, *args):
    """Cost of the timed part of a script under CPython, whole memory; None where it
    fails, for want of a library."""
    cost = Cost()
    for _ in range(runs):
        run = subprocess.run([PYTHON, "-c", script, *map(str, args)], capture_output=True,
                             text=True, timeout=TIMEOUT_S, check=False)
        if run.returncode != 0:
            return None
        seconds, peak = run.stdout.split()
        cost.add(float(seconds), int(peak))
    return cost


def helper(args):
    """The lines that one of the bench's own programs prints, each as a list of words."""
    run = subprocess.run([str(arg) for arg in args], capture_output=True, text=True,
                         timeout=TIMEOUT_S, check=False)
    if run.returncode != 0:
        sys.exit("bench: %s" % run.stderr.strip())
    return [line.split() for line in run.stdout.splitlines()]
