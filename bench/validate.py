# SPDX-License-Identifier: Apache-2.0
"""bench/validate.c with python3-jsonschema: validate.py SCHEMA ROUNDS FILE…"""

import json
import sys
import time

import jsonschema

CALLS = 20


def read(path):
    with open(path, encoding="utf-8") as file:
        return json.load(file)


def seconds(is_valid, value):
    start = time.perf_counter()
    for _ in range(CALLS):
        is_valid(value)
    return (time.perf_counter() - start) / CALLS


def main():
    schema, rounds, *paths = sys.argv[1:]
    is_valid = jsonschema.Draft202012Validator(read(schema)).is_valid
    values = [read(path) for path in paths]
    best = [float("inf")] * len(values)
    for _ in range(int(rounds)):
        for i, value in enumerate(values):
            best[i] = min(best[i], seconds(is_valid, value))
    for i, value in enumerate(values):
        print("%.1f %s" % (best[i] * 1e9, "valid" if is_valid(value) else "invalid"))


main()
