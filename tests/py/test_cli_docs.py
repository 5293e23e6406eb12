# SPDX-License-Identifier: Apache-2.0
"""What the program says of its options, in four places: the tables (--dump-options), -h,
the manuals and the shells' completions, which are tried in real shells.
"""

import os
import pathlib
import pty
import re
import select
import shutil
import subprocess
import time

import tap

BUILD = pathlib.Path(tap.STOCKADE).parent
MANUALS = tap.TOP / "docs/man"
TIMEOUT = 60


def lines_of(*args):
    run = tap.stockade(*args)
    tap.equal(run.returncode, 0, "stockade %s: status 0" % " ".join(args))
    return run.stdout.decode("ascii").splitlines()


class Option:
    def __init__(self, fields):
        (self.letter, self.name, self.kind, self.arg, self.choices, self.default,
         self.help, self.why) = ("" if field == "-" else field for field in fields)


def tables():
    """{command: (operands, options)}; stockade itself is ""."""
    commands = {}
    for line in lines_of("--dump-options"):
        kind, name, *fields = line.split("\t")
        name = "" if name == "-" else name
        if kind == "command":
            commands[name] = ("" if fields[0] == "-" else fields[0], [])
        else:
            commands[name][1].append(Option(fields))
    return commands


def test_table(name, own, options):
    tap.equal(lines_of(name, "--dump-options")[1:], own, name + ": its own table")
    names = [option.name for option in options]
    letters = [option.letter for option in options if option.letter]
    tap.equal(len(set(names)), len(names), name + ": names are unique")
    tap.equal(len(set(letters)), len(letters), name + ": letters are unique")


def test_screen(name, operands, options):
    """-h: one screen, each option but limits, which have one line together."""
    screen = lines_of(name, "-h")
    tap.ok(len(screen) <= 24, name + " -h: no more than 24 lines", "\n".join(screen))
    tap.equal([line for line in screen if len(line) > 80], [], name + " -h: 80 columns")
    usage = ("Usage: stockade %s [options] %s" % (name, operands)).rstrip()
    tap.equal(screen[0], usage, name + " -h: usage")
    shown = re.findall(r"^  (?:-(\w),|   ) --([\w-]+)(?: (\S+))?  ",
                       "\n".join(screen), re.M)
    want = [(option.letter, option.name, option.arg) for option in options
            if not option.why]
    if len(want) < len(options):
        want.append(("", "limit-NAME", "N"))
    tap.equal(shown, want, name + " -h: its options")


def plain(text):
    """scdoc's source without its marks."""
    return re.sub(r"(?<!\\)[*_]|\\", "", text)


def test_manual(name, operands, options):
    """The source's SYNOPSIS and OPTIONS are those of the table, in its order."""
    page = "stockade" + ("-" + name if name else "")
    path = MANUALS / (page + ".1.scd")
    if not tap.ok(path.exists(), page + "(1) exists"):
        return
    text = path.read_text()
    synopsis = plain(re.search(r"# SYNOPSIS\n\n(.*)", text)[1])
    usage = " ".join(filter(None, ["stockade", name, "[options]", operands]))
    tap.equal(synopsis, usage, page + "(1): synopsis")
    section = re.search(r"# OPTIONS\n(.*?)\n# ", text, re.S)[1]
    entries = re.findall(
        r"^(?:\*-(\w)\*, )?\*--([\w-]+)\*(?: _(\S+)_)?\n((?:\t.*\n|\n)+)",
        section + "\n", re.M)
    want = [(option.letter, option.name, option.arg) for option in options
            if not option.why]
    got = [entry[:3] for entry in entries if name or entry[1] != "dump-options"]
    tap.equal(got, want, page + "(1): options")
    bodies = {entry[1]: plain(entry[3]) for entry in entries}
    for option in options:
        body = bodies.get(option.name, "")
        absent = [choice for choice in option.choices.split("|") if choice not in body]
        if option.default and not option.why and option.default not in body:
            absent.append("default " + option.default)
        tap.equal(absent, [], "%s(1): --%s says its values" % (page, option.name))
    if any(option.why for option in options):
        tap.ok("\n@LIMITS@\n" in text, page + "(1): limits are generated")
    test_built(page, options)


def test_built(page, options):
    """The page that is installed has each option, with a limit's default and why."""
    built = BUILD / "docs" / (page + ".1")
    if not tap.ok(built.exists(), page + "(1) is built"):
        return
    text = re.sub(r"\s+", " ", built.read_text().replace("\\fB", "").replace("\\fI", "")
                  .replace("\\fR", "").replace("\\-", "-").replace("\\", ""))
    absent = [option.name for option in options if "--" + option.name not in text]
    absent += [option.name for option in options if option.why and
               not ("default " + option.default in text and option.why[1:] in text)]
    tap.equal(absent, [], page + "(1): the built page has all of it")


def test_exit_status():
    """exitcode.h and stockade(1) name the same numbers."""
    header = (tap.TOP / "src/cmd/exitcode.h").read_text()
    section = (MANUALS / "stockade.1.scd").read_text()
    section = section.split("# EXIT STATUS")[1].split("\n# ")[0]
    numbers = set(re.findall(r"STK_EXIT_\w+ = (\d+)", header))
    tap.equal(set(re.findall(r"\*(\d+)\*", section)), numbers, "stockade(1): exit status")


def shell_env():
    """Our program first in PATH, nobody's settings."""
    return dict(os.environ, PATH="%s:%s" % (BUILD.resolve(), os.environ["PATH"]),
                HOME=os.getcwd(), XDG_CONFIG_HOME=os.getcwd(), TERM="xterm",
                COMPLETION=str(BUILD.resolve() / "docs"))


def shell(name, script):
    """Lines that a shell prints, and its complaints."""
    run = subprocess.run([name, *script], capture_output=True, env=shell_env(),
                         timeout=TIMEOUT, check=False, stdin=subprocess.DEVNULL)
    return run.stdout.decode().split("\n")[:-1], run.stderr.decode()


BASH = r"""
. "$COMPLETION/stockade"
compopt() { :; }
line=$1
read -ra words <<<"${line//=/ = }"
[[ $line == *[=\ ] ]] && words+=("")
COMP_WORDS=("${words[@]}")
COMP_CWORD=$((${#words[@]} - 1))
_stockade
printf '%s\n' "${COMPREPLY[@]}"
"""

# Keys that list the choices rather than insert one, a wide terminal, an end that shows.
ZSH = r"""
PS1= RPS1= PROMPT_EOL_MARK= LISTMAX=10000
fpath=($COMPLETION $fpath)
autoload -U compinit && compinit -D -u
# Redrawn at once: keys that follow quickly would have the list left out.
list_now() { zle list-choices; zle -R; print -n LIST''ED }
zle -N list_now
bindkey '^I' list_now
stty rows 500 cols 200 -echo
print READ''Y
"""


class Zsh:
    """An interactive zsh on a pseudo-terminal; what it lists is read up to a marker."""

    def __init__(self):
        self.fd, terminal = pty.openpty()
        self.process = subprocess.Popen(
            ["zsh", "-f", "-i"], stdin=terminal, stdout=terminal, stderr=terminal,
            env=shell_env(), start_new_session=True)
        os.close(terminal)
        self.write(ZSH)
        self.read("READY")

    def write(self, text):
        os.write(self.fd, text.encode())

    def read(self, marker):
        text = ""
        end = time.monotonic() + TIMEOUT
        while marker not in text and time.monotonic() < end:
            if select.select([self.fd], [], [], 1)[0]:
                text += os.read(self.fd, 65536).decode("utf-8", "replace")
        return text

    def complete(self, line):
        self.write(line + "\t")
        text = self.read("LISTED")
        self.write("\x15print EN''D\n")
        text += self.read("END")
        text = re.sub(r"\x1b\[[\d;?]*[a-zA-Z]", " ", text)
        return re.findall(r"[\w./=-]+", text.replace(line, " ")), text

    def close(self):
        self.process.kill()
        self.process.wait()
        os.close(self.fd)


def complete_bash(line):
    return shell("bash", ["--norc", "-c", BASH, "bash", line])


def complete_fish(line):
    script = 'source $COMPLETION/stockade.fish; complete -C "$argv[1]"'
    out, err = shell("fish", ["--no-config", "-c", script, line])
    return [text.split("\t")[0] for text in out], err


def test_shell(name, complete, commands):
    names = set(filter(None, commands))
    options = {"--" + option.name for option in commands["scan"][1]}
    questions = {
        "stockade ": names,
        "stockade sc": {"scan"},
        "stockade help i": {"inspect"},
        "stockade scan --": options,
        "stockade scan --limit-s": {name for name in options
                                    if name.startswith("--limit-s")},
        "stockade scan --format j": {"json", "jsonl"},
        "stockade scan -f s": {"sarif"},
    }
    for line, want in questions.items():
        got, err = complete(line)
        tap.ok(want <= set(got), "%s: %s" % (name, line),
               "wants %s\ngot   %s\n%s" % (sorted(want), got, err))
    got, err = complete("stockade scan --fail-on=")
    values = {word.split("=")[-1] for word in got}
    tap.ok({"review", "dangerous"} <= values, name + ": --fail-on=", repr(got) + err)
    got, err = complete("stockade inspect --")
    tap.ok("--files-from" not in got and "--help" in got,
           name + ": another command has its own options", repr(got) + err)
    got, err = complete("stockade scan --limit-depth-max ")
    tap.ok("json" not in got and "--format" not in got, name + ": a number is not listed",
           repr(got) + err)


def main():
    commands = tables()
    dump = lines_of("--dump-options")
    for name, (operands, options) in commands.items():
        if name:
            own = [line for line in dump if line.split("\t")[:2] == ["option", name]]
            test_table(name, own, options)
            test_screen(name, operands, options)
        test_manual(name, operands, options)
    test_exit_status()
    for name, complete in (("bash", complete_bash), ("fish", complete_fish)):
        if shutil.which(name):
            test_shell(name, complete, commands)
        else:
            tap.skip(name, "missing: " + name)
    if shutil.which("zsh"):
        zsh = Zsh()
        test_shell("zsh", zsh.complete, commands)
        zsh.close()
    else:
        tap.skip("zsh", "missing: zsh")
    tap.done()


if __name__ == "__main__":
    main()
