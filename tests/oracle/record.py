# SPDX-License-Identifier: Apache-2.0
"""What the unpicklers of the CPython that runs this would import, stream by stream.

Streams come on stdin, each behind its length as four bytes, little-endian. For each, one
JSON line goes to stdout: [memory, file, python], where

  memory   the C unpickler as pickle.loads runs it: everything is in its buffer
  file     the C unpickler over a file without peek(), as pickle.load(BytesIO) runs it
  python   pickle._Unpickler

and each is [outcome, [module, name, module, name, …]], or null for the same as memory.
Outcomes: "." loaded, "x" raised, "m" ran out of memory, "r" nested too deeply.

Nothing is imported: find_class records the names and answers with a class that takes any
arguments, items and state, so that the stream goes on as far as any stream could. Memory,
time and recursion are bounded by the operating system. Standard library only, 3.8 to
3.14.
"""
import copyreg
import gc
import io
import itertools
import json
import pickle
import resource
import signal
import struct
import sys
import threading
import _pickle

# What a stream may take on top of the process. A memo of a few million entries fits; one
# of a hundred million would take a second of the C unpickler's each time.
MEMORY = 48 << 20
STACK = 256 << 20
SECONDS = 5  # of processor time
EXTENSIONS = (1, 2, 127, 128, 255, 256, 65535, 65536, 0x7fffffff)

seen = []


class Anything(type):
    """The class of what every import, call and persistent load gives. It is falsy, since
    the Python unpickler applies no false state, and goes on."""

    def __call__(cls, *args, **kwargs):
        return cls

    def __bool__(cls):
        return False

    def __iter__(cls):
        return iter(())

    def __getitem__(cls, key):
        return cls

    def __setitem__(cls, key, item):
        pass

    def keys(cls):
        return ()

    def take(cls, *args):
        pass

    append = extend = add = __setstate__ = take


class Recorder(metaclass=Anything):
    def __new__(cls, *args, **kwargs):
        return cls


class Hooks:
    def find_class(self, module, name):
        seen.append(module)
        seen.append(name)
        return Recorder

    def persistent_load(self, pid):
        return Recorder


class CUnpickler(Hooks, _pickle.Unpickler):
    pass


class PyUnpickler(Hooks, pickle._Unpickler):
    pass


class Memory(io.BytesIO):
    """A file that shows all it has: the C unpickler then reads as from one buffer."""

    def __init__(self, data):
        super().__init__(data)
        self.data = data

    def peek(self, size=0):
        return self.data[self.tell():]


READERS = ((CUnpickler, Memory), (CUnpickler, io.BytesIO), (PyUnpickler, io.BytesIO))


def attempt(unpickler, file, data, encoding, verbose):
    """[outcome, imports]; the exception's text behind them where verbose."""
    seen.clear()
    copyreg._extension_cache.clear()
    buffers = itertools.repeat(b"buffer")
    try:
        unpickler(file(data), buffers=buffers, encoding=encoding).load()
    except MemoryError:
        return ["m", seen[:]]
    except RecursionError:
        return ["r", seen[:]]
    except Exception as error:
        if verbose:
            return ["x", seen[:], "%s: %s" % (type(error).__name__, error)]
        return ["x", seen[:]]
    return [".", seen[:]]


def record(data, encoding="ASCII", verbose=False):
    results = [attempt(unpickler, file, data, encoding, verbose)
               for unpickler, file in READERS]
    return [results[0]] + [None if result == results[0] else result
                           for result in results[1:]]


def streams(file):
    while True:
        head = file.read(4)
        if len(head) < 4:
            return
        yield file.read(struct.unpack("<I", head)[0])


def limit_memory():
    """Counted from what the process has mapped already, this thread's stack with it."""
    with open("/proc/self/statm", encoding="ascii") as file:
        mapped = int(file.read().split()[0]) * resource.getpagesize()
    resource.setrlimit(resource.RLIMIT_AS, (mapped + MEMORY, mapped + MEMORY))


def main():
    """Arguments: encoding=NAME; verbose; flush. A stream that takes too long, or more
    than the process has, ends the process: with flush, it is the one behind the last
    line."""
    limit_memory()
    options = dict(arg.partition("=")[::2] for arg in sys.argv[1:])
    encoding = options.get("encoding", "ASCII")
    verbose = "verbose" in options
    often = 1 if "flush" in options else 500
    lines = []
    for data in streams(sys.stdin.buffer):
        signal.setitimer(signal.ITIMER_PROF, SECONDS)
        lines.append(json.dumps(record(data, encoding, verbose)))
        if len(lines) == often:
            print("\n".join(lines), flush=True)
            lines.clear()
            gc.collect()
    signal.setitimer(signal.ITIMER_PROF, 0)
    if lines:
        print("\n".join(lines))


if __name__ == "__main__":
    for code in EXTENSIONS:
        copyreg._inverted_registry[code] = ("extension", str(code))
    gc.disable()
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    # Hashing a deeply nested tuple recurses in C: more stack than any stream needs.
    threading.stack_size(STACK)
    thread = threading.Thread(target=main)
    thread.start()
    thread.join()
