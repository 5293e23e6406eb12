#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Writes the message of the bench: a request as SGLang's multimodal client sends it.

    python3 bench/request.py FILE    a [Req] of protocol 4, about 4.3 kB and 640 opcodes

Prints its size and its number of opcodes.
"""

import pathlib
import pickle
import pickletools
import sys

sys.dont_write_bytecode = True
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "tests/py"))

import stubs  # noqa: E402


def main():
    if len(sys.argv) != 2:
        sys.exit("usage: request.py FILE")
    message = pickle.dumps([stubs.request(stubs.newer_sampling_params())], 4)
    pathlib.Path(sys.argv[1]).write_bytes(message)
    print(len(message), sum(1 for _ in pickletools.genops(message)))


main()
