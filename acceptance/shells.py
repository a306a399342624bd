#!/usr/bin/env python3
"""Types `naja hook`, `naja allow`, `naja activate` and `naja shell` into every
shell that is here, each on a terminal of its own.

    acceptance/shells.py [--program PROGRAM] [--only SHELL]...

Two projects have environments. The hook says so in the first, activates it once
it is allowed, shows it in the prompt, switches to the second with the
directory, and leaves it outside; `deactivate` keeps it left; `naja activate` and
`naja shell` do by hand what the hook does by itself. A shell that is not here
is reported as skipped.
"""

import fcntl
import os
import pty
import re
import select
import shutil
import signal
import struct
import termios
import time

import common
from common import Failure, Skip, expect
from journey import ESCAPES

POSIX = 'echo "at=$VIRTUAL_ENV="'

# How it is started, the line that sets the hook up, the line that shows the environment, the line
# that activates by hand, and whether the prompt can be looked at.
SHELLS = {
    "bash": (["bash", "--norc", "--noprofile", "-i"], 'eval "$(naja hook bash)"', POSIX, 'eval "$(naja activate)"'),
    "zsh": (["zsh", "-f", "-i"], 'eval "$(naja hook zsh)"', POSIX, 'eval "$(naja activate)"'),
    "fish": (["fish", "-N", "-i"], "naja hook fish | source", POSIX, "naja activate | source"),
    "nu": (
        ["nu", "-n", "--no-history"],
        "source {home}/hook.nu",
        "print $\"at=($env.VIRTUAL_ENV? | default '')=\"",
        "overlay use .venv/bin/activate.nu",
    ),
    "xonsh": (
        ["xonsh", "--no-rc", "--shell-type=readline"],
        "execx($(naja hook xonsh))",
        'print("at=" + str(__xonsh__.env.get("VIRTUAL_ENV", "")) + "=")',
        "execx($(naja activate))",
    ),
    "elvish": (
        ["elvish", "-norc"],
        "eval (naja hook elvish | slurp)",
        "echo at=$E:VIRTUAL_ENV=",
        "eval (naja activate --shell elvish | slurp)",
    ),
}


class Terminal:
    """A shell on a terminal that answers what terminals are asked."""

    QUESTIONS = {b"\x1b[6n": b"\x1b[1;1R", b"\x1b[c": b"\x1b[?62c", b"\x1b[?u": b"\x1b[?0u"}

    def __init__(self, words, variables, directory):
        self.screen = b""
        self.child, self.master = pty.fork()
        if self.child == 0:
            os.chdir(directory)
            os.execvpe(words[0], words, variables | {"TERM": "xterm", "COLUMNS": "250", "LINES": "50"})
        fcntl.ioctl(self.master, termios.TIOCSWINSZ, struct.pack("HHHH", 50, 250, 0, 0))
        self.quiet(3)

    def close(self):
        os.kill(self.child, signal.SIGKILL)
        os.close(self.master)
        os.waitpid(self.child, 0)

    def more(self, patience):
        """Reads what comes within some seconds; whether anything came."""
        if not select.select([self.master], [], [], patience)[0]:
            return False
        try:
            new = os.read(self.master, 65536)
        except OSError:
            raise Failure(f"the shell ended, on the screen:\n{self.text()[-1500:]}") from None
        self.screen += new
        for question, answer in self.QUESTIONS.items():
            if question in new:
                os.write(self.master, answer)
        return True

    def quiet(self, patience):
        while self.more(patience):
            pass

    def text(self):
        return ESCAPES.sub("", self.screen.decode(errors="replace"))

    def type(self, line, pattern, timeout=30):
        """Types a line and waits until `pattern` is on the screen, then for quiet."""
        self.screen = b""
        os.write(self.master, line.encode() + b"\r")
        end = time.monotonic() + timeout
        while not re.search(pattern, self.text(), re.S):
            if time.monotonic() > end:
                raise Failure(f"after `{line}` no {pattern!r} on the screen:\n{self.text()[-1500:]}")
            self.more(0.2)
        self.quiet(0.4)
        return self.text()


def at(directory):
    return "at=" + re.escape(str(directory / ".venv")) + "=" if directory else "at=="


def play(shell, options):
    """The whole story in one shell."""
    words, hook, show, by_hand = SHELLS[shell]
    if shutil.which(words[0]) is None:
        raise Skip(f"{shell} is not installed")
    with common.Sandbox(options.program, options.python, options.dir) as box:
        box.variables["PATH"] = f"{os.path.dirname(box.program)}:{os.environ['PATH']}"
        stone, azk, plain = (box.work / name for name in ("stone", "azk", "plain"))
        for project in (stone, azk, plain):
            project.mkdir()
        for project in (stone, azk):
            box.run("venv", "-q", cwd=project).ok()
        box.run("allow", "-q", cwd=azk).ok()
        (box.home / "hook.nu").write_text(box.run("hook", "nu").ok().stdout)
        terminal = Terminal(words, box.variables, box.work)
        try:
            terminal.type(hook.format(home=box.home), ".*")
            terminal.type(show, at(None))
            told = terminal.type(f"cd {stone}", "naja allow")
            expect("has an environment" in told, told)
            terminal.type(show, at(None))
            shown = terminal.type("naja allow -q", ".*")
            expect("stone)" in shown, f"the prompt after `naja allow`:\n{shown}")
            terminal.type(show, at(stone))
            shown = terminal.type(f"cd {azk}", ".*")
            expect("azk)" in shown, f"the prompt in the other project:\n{shown}")
            terminal.type(show, at(azk))
            terminal.type("deactivate", ".*")
            terminal.type(show, at(None))
            terminal.type(f"cd {stone}", ".*")
            terminal.type(show, at(stone))
            shown = terminal.type(f"cd {plain}", ".*")
            terminal.type(show, at(None))
            shown = terminal.type("naja deny -q ../azk", ".*")
            expect("stone)" not in shown and "azk)" not in shown, f"the prompt outside:\n{shown}")
            terminal.type(f"cd {azk}", ".*")
            terminal.type(by_hand, ".*")
            terminal.type(show, at(azk))
            terminal.type("deactivate", ".*")
            terminal.type(show, at(None))
            terminal.type(f"naja shell --shell {shell}", "`exit` leaves it")
            terminal.quiet(1.5)
            terminal.type(show, at(azk))
            terminal.type("exit", ".*")
            terminal.quiet(0.5)
            terminal.type(show, at(None))
        finally:
            terminal.close()


def main():
    options = common.arguments(__doc__)
    report = common.Report(options.only)
    for shell in SHELLS:
        report.check(shell, play, shell, options)
    return report.finish()


if __name__ == "__main__":
    raise SystemExit(main())
