# SPDX-License-Identifier: Apache-2.0
"""Random schemas and instances: `stockade check` against python3-jsonschema.

python3-jsonschema 4.10 is wrong in places that are known: faults() names them and says
what is right instead. stockade has to agree with the corrected validator in every case;
how often each fault made a difference is printed. Seeded; STOCKADE_DIFF_SEED changes what
is run.
"""

import fractions
import json
import os
import pathlib
import random
import re
import subprocess
import tempfile
import time

import tap

SEED = int(os.environ.get("STOCKADE_DIFF_SEED", "20201212"))
N_SCHEMAS = {"check": 250, "all": 2500, "nightly": 20000}[tap.TIER]
SECONDS_MAX = {"check": 40, "all": 900, "nightly": 7200}[tap.TIER]
N_INSTANCES = 40
DIALECT = "https://json-schema.org/draft/2020-12/schema"
PROGRAM = tap.STOCKADE_CHECKED if os.path.exists(tap.STOCKADE_CHECKED) else tap.STOCKADE

NAMES = ("a", "b", "ab", "x1", "name", "é", "0")
TEXTS = ("", "a", "ab", "abc", "b7", "42", "name", "é", "x\n", "😀😀", "a_b-c", "aab")
PATTERNS = ("^a", "b$", "^[a-z]+$", "^[a-z][a-z0-9]{0,2}$", "[0-9]", "^(a|b)+$", "^a*b",
            "^.{2}$", "^[^a]", "^a?b?$", "^[ab]+b$", "^x\\n?", "^a{2,}b{1}$", "c|7")
NUMBERS = (0, 1, -1, 2, 3, 10, 2**53, 2**53 + 1, -2**63, 2**64, 10**25, 0.0, 1.0, -1.0,
           0.5, 1.5, 0.1, 0.3, 2.5, -0.25, 1e10, 1e-7, 1e25, 9007199254740993.0)
DIVISORS = (1, 2, 3, 7, 0.1, 0.5, 0.01, 1.5, 1e-7, 10**20)
TYPES = ("null", "boolean", "integer", "number", "string", "array", "object")


# ---- schemas ----

class Schemas:
    """Makes random schemas. A reference in place leads to a definition before this one,
    so that none goes in circles; in a property or an item it may lead anywhere."""

    def __init__(self, dice, n_defs):
        self.dice = dice
        self.n_defs = n_defs
        self.readers = (self.numbers, self.texts, self.arrays, self.objects, self.values,
                        self.logic)

    def document(self):
        document = self.schema(3, self.n_defs)
        document = document if isinstance(document, dict) else {"not": document}
        document["$schema"] = DIALECT
        document["$defs"] = {"d%d" % i: self.schema(2, i) for i in range(self.n_defs)}
        return document

    def schema(self, depth, known):
        dice = self.dice
        if depth == 0 or dice.random() < 0.1:
            return dice.choice((True, True, False, {}, self.typed()))
        schema = self.typed() if dice.random() < 0.4 else {}
        for _ in range(dice.randint(1, 3)):
            schema.update(dice.choice(self.readers)(depth - 1, known))
        return schema

    def part(self, depth, known):
        if self.n_defs > 0 and self.dice.random() < 0.2:
            return {"$ref": "#/$defs/d%d" % self.dice.randrange(self.n_defs)}
        return self.schema(depth, known)

    def typed(self):
        n = self.dice.choice((1, 1, 1, 2, 3))
        types = self.dice.sample(TYPES, n)
        return {"type": types[0] if n == 1 else types}

    def pick(self, makers):
        n = self.dice.randint(1, 2)
        return {key: makers[key]() for key in self.dice.sample(sorted(makers), n)}

    def numbers(self, _depth, _known):
        number = lambda: self.dice.choice(NUMBERS)
        return self.pick({"minimum": number, "maximum": number,
                          "exclusiveMinimum": number, "exclusiveMaximum": number,
                          "multipleOf": lambda: self.dice.choice(DIVISORS)})

    def texts(self, _depth, _known):
        return self.pick({"minLength": lambda: self.dice.randint(0, 3),
                          "maxLength": lambda: self.dice.choice((0, 1, 2, 3.0)),
                          "pattern": lambda: self.dice.choice(PATTERNS)})

    def arrays(self, depth, known):
        count = lambda: self.dice.randint(0, 3)
        part = lambda: self.part(depth, known)
        found = self.pick({
            "minItems": count, "maxItems": count, "items": part, "contains": part,
            "uniqueItems": lambda: self.dice.random() < 0.8,
            "prefixItems": lambda: [part() for _ in range(self.dice.randint(1, 3))],
            "unevaluatedItems": part})
        if "contains" in found:
            found.update(self.pick({"minContains": count, "maxContains": count}))
        return found

    def objects(self, depth, known):
        count = lambda: self.dice.randint(0, 3)
        part = lambda: self.part(depth, known)
        names = lambda: self.dice.sample(NAMES, self.dice.randint(1, 3))
        return self.pick({
            "properties": lambda: {name: part() for name in names()},
            "required": names, "additionalProperties": part,
            "patternProperties": lambda: {self.dice.choice(PATTERNS): part()},
            "propertyNames": part, "minProperties": count, "maxProperties": count,
            "dependentRequired": lambda: {name: names() for name in names()},
            "dependentSchemas": lambda: {name: self.schema(depth, known)
                                         for name in names()},
            "unevaluatedProperties": part})

    def values(self, _depth, _known):
        value = lambda: random_value(self.dice, 2)
        some = lambda: [value() for _ in range(self.dice.randint(1, 4))]
        return self.pick({"const": value, "enum": some})

    def logic(self, depth, known):
        one = lambda: self.schema(depth, known)
        some = lambda: [one() for _ in range(self.dice.randint(1, 3))]
        makers = {"allOf": some, "anyOf": some, "oneOf": some, "not": one, "if": one}
        if known > 0:
            makers["$ref"] = lambda: "#/$defs/d%d" % self.dice.randrange(known)
        found = self.pick(makers)
        if "if" in found:
            found.update(self.pick({"then": one, "else": one}))
        return found


# ---- instances ----

def random_value(dice, depth):
    kind = dice.randrange(7 if depth > 0 else 5)
    if kind == 0:
        return dice.choice((None, True, False))
    if kind <= 2:
        return dice.choice(NUMBERS)
    if kind <= 4:
        return dice.choice(TEXTS)
    n = dice.randint(0, 3)
    if kind == 5:
        return [random_value(dice, depth - 1) for _ in range(n)]
    return {name: random_value(dice, depth - 1) for name in dice.sample(NAMES, n)}


def twisted(dice, value):
    """The same, or with what is like it and may be taken for it."""
    if isinstance(value, list):
        return [twisted(dice, item) for item in value]
    if isinstance(value, dict):
        return {name: twisted(dice, item) for name, item in value.items()}
    likes = [like for like in (True, 1, 1.0, False, 0, 0.0) if like == value]
    return dice.choice(likes) if likes and dice.random() < 0.4 else value


def likely_value(dice, schema, depth):
    """A value that has a chance to match what some keyword of the schema asks for."""
    if not isinstance(schema, dict) or depth == 0 or dice.random() < 0.15:
        return random_value(dice, depth)
    if "const" in schema:
        return twisted(dice, schema["const"])
    if "enum" in schema:
        return twisted(dice, dice.choice(schema["enum"]))
    if schema.get("uniqueItems") and dice.random() < 0.5:
        item = random_value(dice, depth - 1)
        return [item, twisted(dice, item)]
    inside = [one for key in ("allOf", "anyOf", "oneOf") for one in schema.get(key, ())]
    if inside and dice.random() < 0.5:
        return likely_value(dice, dice.choice(inside), depth)
    if "properties" in schema or "required" in schema or schema.get("type") == "object":
        known = schema.get("properties", {})
        names = {*known, *schema.get("required", ()), *dice.sample(NAMES, 1)}
        return {name: likely_value(dice, known.get(name), depth - 1) for name in names
                if dice.random() < 0.8}
    if "items" in schema or "prefixItems" in schema or schema.get("type") == "array":
        first = schema.get("prefixItems", [])
        rest = [schema.get("items")] * dice.randint(0, 2)
        return [likely_value(dice, one, depth - 1) for one in [*first, *rest]]
    return random_value(dice, depth)


# ---- what is right ----

def same(a, b):
    """Equal as JSON is: no boolean is a number, at any depth."""
    if isinstance(a, bool) or isinstance(b, bool):
        return a is b
    if isinstance(a, list) and isinstance(b, list):
        return len(a) == len(b) and all(map(same, a, b))
    if isinstance(a, dict) and isinstance(b, dict):
        return a.keys() == b.keys() and all(same(a[key], b[key]) for key in a)
    return type(a) in (int, float) and type(b) in (int, float) and a == b or (
        type(a) is type(b) and a == b)


def is_number(value):
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def search(pattern, text):
    return re.search(pattern.replace("$", r"\Z"), text)


def looked_at(validator, schema, instance):
    """Indices or names of the parts that a schema, which matches, has looked at."""
    seen = set()
    if not isinstance(schema, dict) or not isinstance(instance, (list, dict)):
        return seen
    here = []
    if "$ref" in schema:
        here.append(validator.resolver.resolve(schema["$ref"])[1])
    for key in ("allOf", "anyOf", "oneOf"):
        here += schema.get(key, ())
    if "if" in schema:
        holds = matches(validator, schema["if"], instance)
        here += [schema["if"], schema.get("then", True)] if holds else [
            schema.get("else", True)]
    if isinstance(instance, list):
        seen |= set(range(min(len(instance), len(schema.get("prefixItems", ())))))
        if "items" in schema or "unevaluatedItems" in schema:
            seen |= set(range(len(instance)))
        if "contains" in schema:
            seen |= {i for i, item in enumerate(instance)
                     if matches(validator, schema["contains"], item)}
    else:
        here += [one for name, one in schema.get("dependentSchemas", {}).items()
                 if name in instance]
        seen |= instance.keys() & schema.get("properties", {}).keys()
        seen |= {name for name in instance
                 for pattern in schema.get("patternProperties", ())
                 if search(pattern, name)}
        if "additionalProperties" in schema or "unevaluatedProperties" in schema:
            seen |= instance.keys()
    for one in here:
        if matches(validator, one, instance):
            seen |= looked_at(validator, one, instance)
    return seen


def matches(validator, schema, instance):
    return validator.evolve(schema=schema).is_valid(instance)


def faults(jsonschema):
    """Reason: keywords, done right. Each yields errors, as its validators do."""
    def error(broken):
        if broken:
            yield jsonschema.ValidationError("")

    def multiple_of(_validator, divisor, instance, _schema):
        exact = lambda number: fractions.Fraction(repr(number))
        yield from error(is_number(instance) and
                         (exact(instance) / exact(divisor)).denominator != 1)

    def const(_validator, value, instance, _schema):
        yield from error(not same(value, instance))

    def enum(_validator, values, instance, _schema):
        yield from error(not any(same(value, instance) for value in values))

    def unique(_validator, asked, instance, _schema):
        yield from error(asked and isinstance(instance, list) and any(
            same(a, b) for i, a in enumerate(instance) for b in instance[:i]))

    def pattern(_validator, pattern, instance, _schema):
        yield from error(isinstance(instance, str) and not search(pattern, instance))

    def pattern_properties(validator, patterns, instance, _schema):
        for pattern, schema in patterns.items():
            for name in instance if isinstance(instance, dict) else ():
                yield from error(search(pattern, name) and
                                 not matches(validator, schema, instance[name]))

    def additional(validator, asked, instance, schema):
        for name in instance if isinstance(instance, dict) else ():
            patterns = schema.get("patternProperties", ())
            if name not in schema.get("properties", ()) and not any(
                    search(pattern, name) for pattern in patterns):
                yield from error(not matches(validator, asked, instance[name]))

    def unevaluated(kind, keyword):
        def run(validator, asked, instance, schema):
            if not isinstance(instance, kind):
                return
            others = {key: value for key, value in schema.items() if key != keyword}
            seen = looked_at(validator, others, instance)
            for key in range(len(instance)) if kind is list else instance:
                yield from error(key not in seen and
                                 not matches(validator, asked, instance[key]))
        return run

    return {
        "divides floats in binary": {"multipleOf": multiple_of},
        "takes booleans inside arrays for numbers": {
            "const": const, "enum": enum, "uniqueItems": unique},
        "lets $ match before a last newline": {
            "pattern": pattern, "patternProperties": pattern_properties,
            "additionalProperties": additional},
        "does not see all that was evaluated": {
            "unevaluatedItems": unevaluated(list, "unevaluatedItems"),
            "unevaluatedProperties": unevaluated(dict, "unevaluatedProperties")},
    }


# ---- the comparison ----

def verdicts(folder, schema, instances):
    """True, False or None for each instance; a text where the schema is refused."""
    profile = folder / "schema.json"
    profile.write_text(json.dumps(schema))
    paths = []
    for i, instance in enumerate(instances):
        paths.append(folder / ("%d.json" % i))
        paths[-1].write_text(json.dumps(instance))
    command = [PROGRAM, "check", "-p", profile, "--format", "jsonl", "--", *paths]
    run = subprocess.run(command, capture_output=True, text=True, timeout=120,
                         check=False)
    if run.returncode not in (0, 1, 3):
        return run.stderr
    return [json.loads(line)["matches"] for line in run.stdout.splitlines()]


class Comparison:
    def __init__(self, jsonschema):
        self.stock = jsonschema.Draft202012Validator
        self.faults = faults(jsonschema)
        self.right = jsonschema.validators.extend(
            self.stock, {keyword: run for fault in self.faults.values()
                         for keyword, run in fault.items()})
        self.one_right = {reason: jsonschema.validators.extend(self.stock, fault)
                          for reason, fault in self.faults.items()}
        self.by_reason = dict.fromkeys(self.faults, 0)
        self.n = {True: 0, False: 0}
        self.misses = []

    def judge(self, validator, schema, instance):
        """Its verdict; the exception's name where it raises one."""
        try:
            return validator(schema).is_valid(instance)
        except (OverflowError, RecursionError, TypeError) as error:
            return type(error).__name__

    def note_fault(self, schema, instance, right):
        """By the first fault that alone makes the difference."""
        for reason, validator in self.one_right.items():
            if self.judge(validator, schema, instance) == right:
                self.by_reason[reason] += 1
                return

    def run(self, folder, dice):
        schema = Schemas(dice, dice.randint(0, 3)).document()
        instances = [likely_value(dice, schema, 3) for _ in range(N_INSTANCES)]
        found = verdicts(folder, schema, instances)
        if isinstance(found, str):
            self.misses.append("refused: %s: %s" % (found.strip(), json.dumps(schema)))
            return
        for instance, verdict in zip(instances, found, strict=True):
            right = self.judge(self.right, schema, instance)
            if right is not verdict:
                self.misses.append("stockade %s, python %s: %s of %s" % (
                    verdict, right, json.dumps(instance), json.dumps(schema)))
                continue
            self.n[right] += 1
            if self.judge(self.stock, schema, instance) is not right:
                self.note_fault(schema, instance, right)


def main():
    jsonschema = tap.need("jsonschema")
    if jsonschema is None:
        tap.done()
    comparison = Comparison(jsonschema)
    end = time.monotonic() + SECONDS_MAX
    n = 0
    with tempfile.TemporaryDirectory() as folder:
        while n < N_SCHEMAS and time.monotonic() < end and len(comparison.misses) < 20:
            comparison.run(pathlib.Path(folder), random.Random("%d %d" % (SEED, n)))
            n += 1
    for reason, times in comparison.by_reason.items():
        print("# python3-jsonschema %s: %d" % (reason, times))
    print("# %d schemas, %d valid, %d invalid" % (n, comparison.n[True],
                                                 comparison.n[False]))
    tap.ok(not comparison.misses, "the same verdicts, seed %d" % SEED,
           "\n".join(comparison.misses[:20]))
    tap.ok(min(comparison.n.values()) * 10 > sum(comparison.n.values()),
           "valid and invalid ones", comparison.n)
    tap.done()


main()
