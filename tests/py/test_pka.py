# SPDX-License-Identifier: Apache-2.0
"""tools/pka: what it assembles, what it refuses, and that no byte is lost on the way to
text and back: of fixtures, generated streams, random bytes and the shared corpus."""

import importlib.machinery
import importlib.util
import pickle
import pickletools
import random
import subprocess
import sys
import tarfile

import tap


def load_source(name, path):
    loader = importlib.machinery.SourceFileLoader(name, str(path))
    module = importlib.util.module_from_spec(importlib.util.spec_from_loader(name,
                                                                             loader))
    loader.exec_module(module)
    return module


sys.dont_write_bytecode = True
pka = load_source("pka", tap.TOP / "tools/pka")
CORPUS = tap.TOP.parent / "shared/corpus/peer-samples.tar.gz"
STREAMS = {"check": 5000, "all": 50000, "nightly": 500000}[tap.TIER]
LARGEST = 1 << 18

ASSEMBLED = [
    ("PROTO 4", b"\x80\x04"),
    ("BININT -1", b"J\xff\xff\xff\xff"),
    ("BININT2 0xffff", b"M\xff\xff"),
    ('SHORT_BINUNICODE "os"  # text', b"\x8c\x02os"),
    ('SHORT_BINUNICODE "#\\"\\\\\\n\\x00"', b'\x8c\x05#"\\\n\0'),
    ('SHORT_BINUNICODE "é"', b"\x8c\x02\xc3\xa9"),
    ('SHORT_BINUNICODE len=200 "x"', b"\x8c\xc8x"),
    ('BINSTRING len=-1 "x"', b"T\xff\xff\xff\xffx"),
    ("GLOBAL os system", b"cos\nsystem\n"),
    ('GLOBAL "a b" ""', b"ca b\n\n"),
    ("INT 1_000", b"I1_000\n"),
    ("STRING \"'x'\"", b"S'x'\n"),
    ("LONG1 0", b"\x8a\0"),
    ("LONG1 255", b"\x8a\x02\xff\0"),
    ("LONG1 -128", b"\x8a\x01\x80"),
    ('LONG4 "\\x00"', b"\x8b\x01\0\0\0\0"),
    ("BINFLOAT 1.5", b"G?\xf8\0\0\0\0\0\0"),
    ("BINFLOAT 0x7ff8000000000001", b"G\x7f\xf8\0\0\0\0\0\1"),
    ("FRAME 3", b"\x95\3\0\0\0\0\0\0\0"),
    ("FRAME {\nNONE\n}", b"\x95\1\0\0\0\0\0\0\0N"),
    ("FRAME -1 {\nNONE\n}\nSTOP", b"\x95" + bytes(8) + b"N."),
    ("BINBYTES {\nNONE\nSTOP\n}", b"B\2\0\0\0N."),
    ("SHORT_BINUNICODE hex {\nSTOP\n}", b"\x8c\x022e"),
    ("SHORT_BINBYTES base64 {\nSTOP\n}", b"C\x04Lg=="),
    ("repeat 3 {\nMARK\n}", b"((("),
    ("stream {\nSTOP\n}\nraw 00ff 0a \"x\"", b".\0\xff\nx"),
    ("reverse {\nNONE\nSTOP\n}", b".N"),
]

REFUSED = [
    ("NOSUCH", "line 1: no such opcode or directive: NOSUCH"),
    ("NONE 1", "line 1: NONE takes 0 argument(s)"),
    ("\nGLOBAL os", "line 2: GLOBAL takes 2 argument(s)"),
    ('GLOBAL os "a\\nb"', "line 1: a newline ends a text argument"),
    ("BININT1 x", "line 1: not a number: x"),
    ("BININT1 256", "line 1: ubyte format requires 0 <= number <= 255"),
    ("raw zz", "line 1: not hex: zz"),
    ("repeat 2 {\nNONE", "line 1: { without }"),
    ("}", "line 1: } without {"),
    ("repeat 2 {\nNOSUCH\n}", "line 2: no such opcode or directive: NOSUCH"),
    ("BINBYTES rot13 {\n}", "line 1: no such filter: rot13"),
    ('NONE "', "line 1: cannot read ' \"'"),
    ('SHORT_BINUNICODE "\\q"', "line 1: unknown escape \\q"),
]


def check_syntax():
    for text, want in ASSEMBLED:
        tap.equal(pka.assemble(text), want, "assembles " + repr(text))
    for text, want in REFUSED:
        try:
            tap.ok(False, "refuses " + repr(text), repr(pka.assemble(text)))
        except pka.Error as error:
            tap.equal(str(error), want, "refuses " + repr(text))


def check_zip():
    """The archive that other programs can read is read by them."""
    import io
    import zipfile
    text = ('zip {\nmember "a/b" method=deflate {\nrepeat 99 {\nNONE\n}\n}\n'
            'member "c" {\nSTOP\n}\n}')
    archive = zipfile.ZipFile(io.BytesIO(pka.assemble(text)))
    tap.equal([(name, archive.read(name)) for name in archive.namelist()],
              [("a/b", b"N" * 99), ("c", b".")], "a plain zip is one")
    archive = zipfile.ZipFile(io.BytesIO(pka.assemble(
        'zip {\nmember "c" crc=1 {\nSTOP\n}\n}')))
    tap.ok(archive.testzip() == "c", "a checksum can lie")


def round_trip(name, samples):
    for data in samples:
        text = pka.disassemble(data)
        if pka.assemble(text) != data:
            tap.ok(False, name, "%r\n%s" % (data[:200], text[:1000]))
            return
    tap.ok(samples, "%s: %d samples keep every byte" % (name, len(samples)))


def generated():
    sys.path.insert(0, str(tap.TOP / "tests/oracle"))
    import generate
    generator = generate.Generator(7)
    return [generator.stream(index) for index in range(STREAMS)]


def random_bytes():
    r = random.Random(3)
    return [bytes(r.randrange(256) for _ in range(r.randrange(80)))
            for _ in range(STREAMS)]


def corpus():
    with tarfile.open(CORPUS) as archive:
        return [archive.extractfile(member).read() for member in archive
                if member.isfile() and member.size <= LARGEST]


def check_opcodes_agree():
    """Opcodes and their number, against pickletools, on what pickletools can read."""
    values = [{"a": [1, 2.5, "x", b"y", None, (1,), 1 << 70]}, ValueError("x"), {1, 2}]
    for version in range(6):
        for value in values:
            data = pickle.dumps(value, version)
            ours = [line.split()[0] for line in pka.disassemble(data).splitlines()]
            theirs = [op.name for op, _, _ in pickletools.genops(data)]
            if ours != theirs:
                tap.equal(ours, theirs, "the opcodes of %r at protocol %d" % (value,
                                                                              version))
                return
    tap.ok(True, "opcodes as pickletools names them")


def check_program(data):
    """The program itself: both verbs, stdin and files, a failure."""
    run = [sys.executable, str(tap.TOP / "tools/pka")]
    text = subprocess.run(run + ["dis"], input=data, check=True,
                          capture_output=True).stdout
    back = subprocess.run(run + ["asm", "-"], input=text, check=True, capture_output=True)
    tap.equal(back.stdout, data, "pka dis | pka asm")
    bad = subprocess.run(run + ["asm"], input=b"NOSUCH", check=False, capture_output=True)
    tap.equal((bad.returncode, bad.stdout, bad.stderr),
              (1, b"", b"pka: -: line 1: no such opcode or directive: NOSUCH\n"),
              "an error names its line")


def main():
    check_syntax()
    check_zip()
    fixtures = [pka.assemble(path.read_text(encoding="utf-8"))
                for path in sorted(tap.DATA.glob("*.pka"))]
    round_trip("fixtures", [data for data in fixtures if len(data) <= LARGEST])
    streams = generated()
    round_trip("generated streams", streams)
    round_trip("random bytes", random_bytes())
    if CORPUS.exists():
        round_trip("the shared corpus", corpus())
    else:
        tap.skip("the shared corpus", "no such file beside the repository")
    check_opcodes_agree()
    check_program(streams[0] + b"tail")
    tap.done()


if __name__ == "__main__":
    main()
