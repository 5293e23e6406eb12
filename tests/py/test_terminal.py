# SPDX-License-Identifier: Apache-2.0
"""What `stockade scan` does only on a terminal: colours, a line on how far it is."""

import os
import pty
import select
import signal
import subprocess
import time

import tap
from test_pka import pka

TIMEOUT = 60


class Terminal:
    """The program with its stdout and stderr on a pseudo-terminal."""

    def __init__(self, *args, stdin=subprocess.DEVNULL, **env):
        self.fd, terminal = pty.openpty()
        plain = {name: value for name, value in os.environ.items() if name != "NO_COLOR"}
        self.process = subprocess.Popen(
            [tap.STOCKADE, "scan", *args], stdin=stdin, stdout=terminal, stderr=terminal,
            env={**plain, "TERM": "xterm", **env})
        os.close(terminal)
        self.text = ""

    def read(self, marker=None):
        """What was written, up to a marker or all of it."""
        end = time.monotonic() + TIMEOUT
        while time.monotonic() < end and not (marker and marker in self.text):
            if not select.select([self.fd], [], [], 1)[0]:
                continue
            try:
                self.text += os.read(self.fd, 65536).decode()
            except OSError:  # the other end is closed
                break
        return self.text

    def close(self):
        self.read()
        os.close(self.fd)
        return self.process.wait(TIMEOUT)


def run(*args, **env):
    terminal = Terminal(*args, **env)
    return terminal.close(), terminal.text


def test_colour():
    status, text = run("evil")
    tap.equal(status, 1, "status 1")
    tap.ok("\x1b[1;31mdangerous" in text, "in colours", repr(text))
    for name, args, env in (("NO_COLOR", [], {"NO_COLOR": "1"}),
                            ("TERM=dumb", [], {"TERM": "dumb"}),
                            ("--color never", ["--color", "never"], {})):
        tap.ok("\x1b" not in run(*args, "evil", **env)[1], "no colours: " + name)
    tap.ok("\x1b[1;31m" in run("evil", NO_COLOR="")[1], "an empty NO_COLOR says nothing")


def feed(args, marker=None):
    """A scan of a list that grows for a second; what stood on the terminal."""
    read_end, write_end = os.pipe()
    terminal = Terminal(*args, "--files-from", "-", stdin=read_end)
    os.close(read_end)
    end = time.monotonic() + (TIMEOUT if marker else 1)
    while time.monotonic() < end and not (marker and marker in terminal.text):
        os.write(write_end, b"evil\n" * 10)
        if select.select([terminal.fd], [], [], 0.05)[0]:
            terminal.text += os.read(terminal.fd, 65536).decode()
    return terminal, write_end


def test_progress():
    terminal, write_end = feed([], " dangerous\x1b[K")
    tap.ok(" files, " in terminal.text, "a line says how far", repr(terminal.text))
    os.close(write_end)
    terminal.close()
    line, _, rest = terminal.text.rpartition("\r\x1b[K")
    tap.ok(line and "\x1b[1;31mdangerous" in rest and " files, " in line,
           "the line is gone before results are printed", repr(terminal.text[-400:]))
    terminal, write_end = feed(["--progress", "never"])
    os.close(write_end)
    terminal.close()
    tap.ok("\x1b[K" not in terminal.text, "--progress never", repr(terminal.text[:400]))


def test_interrupt():
    """As Ctrl-C does; the results so far are there, and the line is not."""
    terminal, write_end = feed([], " dangerous\x1b[K")
    terminal.process.send_signal(signal.SIGINT)
    tap.equal(terminal.close(), 130, "SIGINT: status 130")
    os.close(write_end)
    tap.ok("interrupted" in terminal.text and "dangerous, " in terminal.text,
           "SIGINT: says so, and prints the counts", repr(terminal.text[-400:]))


def main():
    with open("evil", "wb") as out:
        out.write(pka.assemble((tap.DATA / "vanished-result-pop.pka").read_text()))
    test_colour()
    test_progress()
    test_interrupt()
    tap.done()


main()
