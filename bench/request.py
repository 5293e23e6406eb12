#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Writes the message of the bench: a request as SGLang's multimodal client sends it.

    python3 bench/request.py FILE [HEADER RAW]

FILE is a [Req] of protocol 4, about 4.3 kB and 640 opcodes; HEADER and RAW are the two
frames of an embedding of 8 MiB (needs torch). Prints size and number of opcodes of FILE.
"""

import pathlib
import pickle
import pickletools
import sys

sys.dont_write_bytecode = True
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "tests/py"))

import stubs  # noqa: E402


def main():
    if len(sys.argv) not in (2, 4):
        sys.exit("usage: request.py FILE [HEADER RAW]")
    message = pickle.dumps([stubs.request(stubs.newer_sampling_params())], 4)
    pathlib.Path(sys.argv[1]).write_bytes(message)
    if len(sys.argv) == 4:
        import profile_samples_llm
        header = profile_samples_llm.embedding_data(shape=[1024, 4096])
        pathlib.Path(sys.argv[2]).write_bytes(pickle.dumps(header, 4))
        pathlib.Path(sys.argv[3]).write_bytes(bytes(1024 * 4096 * 2))
    print(len(message), sum(1 for _ in pickletools.genops(message)))


main()
