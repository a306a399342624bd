#!/usr/bin/env python3
"""Plays the guide "Virtual Environments" (of the FastAPI documentation) in
terminals, as its reader would type it, in bash, zsh and fish.

    acceptance/journey.py [--offline] [--program PROGRAM] [--only SHELL]...

Each shell runs interactively on a terminal of its own, and is given one line
after the other. Played are: a project with `naja venv`, activation, `which
python`, the packages of the page installed directly and from requirements.txt,
its program, git, deactivation; `python -m pip install --upgrade pip` and
`python -m ensurepip --upgrade`; and the two projects of the page that need
different versions of `harry` (made on the spot). The packages come from the
default index; with --offline, only what needs no network is played. A shell
that is not installed is reported as skipped.
"""

import fcntl
import os
import pathlib
import pty
import re
import select
import shlex
import shutil
import signal
import struct
import tempfile
import termios
import time

import common
import wheels
from common import Failure, Skip, expect

START = {
    "bash": (["bash", "--norc", "--noprofile", "-i"], "$?", ".venv/bin/activate"),
    "zsh": (["zsh", "-f", "-i"], "$?", ".venv/bin/activate"),
    "fish": (["fish", "-N", "-i"], "$status", ".venv/bin/activate.fish"),
}

MAIN = """from fastapi import FastAPI
from fastapi.testclient import TestClient

app = FastAPI()


@app.get("/")
def root():
    return "Hello World"


print(TestClient(app).get("/").json())
"""

ESCAPES = re.compile(r"\x1b(\[[0-9;?<>=]*[a-zA-Z]|\][^\a\x1b]*(\a|\x1b\\)|[()][A-Z0-9]|[=>78M])|[\x0e\x0f]")


class Terminal:
    """An interactive shell on a terminal of its own."""

    def __init__(self, shell, variables, directory):
        words, self.status, self.script = START[shell]
        self.count = 0
        self.screen = ""
        self.child, self.master = pty.fork()
        if self.child == 0:
            os.chdir(directory)
            os.execvpe(words[0], words, variables | {"TERM": "xterm", "COLUMNS": "300", "LINES": "50"})
        fcntl.ioctl(self.master, termios.TIOCSWINSZ, struct.pack("HHHH", 50, 300, 0, 0))
        self.type("true")

    def close(self):
        os.kill(self.child, signal.SIGKILL)
        os.close(self.master)
        os.waitpid(self.child, 0)

    def read(self, pattern, timeout):
        """Reads the screen until `pattern` is on it."""
        end = time.monotonic() + timeout
        while not (found := re.search(pattern, ESCAPES.sub("", self.screen), re.S)):
            ready, _, _ = select.select([self.master], [], [], max(end - time.monotonic(), 0))
            if not ready:
                raise Failure(f"no answer in {timeout} s, on the screen:\n{self.screen[-2000:]}")
            try:
                self.screen += os.read(self.master, 65536).decode(errors="replace")
            except OSError:
                raise Failure(f"the shell ended, on the screen:\n{self.screen[-2000:]}") from None
        return found

    def type(self, line, status=0, timeout=300):
        """Types a line and waits for its end; what it printed. Fails on another
        exit status (None: any)."""
        self.count += 1
        first, last = f"begin{self.count}", f"end{self.count}"
        self.screen = ""
        text = f" printf '<%s>\\n' {first}; {line}; printf '<%s:%s>\\n' {last} {self.status}\r"
        os.write(self.master, text.encode())
        found = self.read(rf"<{first}>\r?\n(.*)<{last}:(\d+)>", timeout)
        output, ended = found[1].replace("\r", ""), int(found[2])
        expect(status in (None, ended), f"status {ended} of: {line}\n{output}")
        return output

    def prompt(self):
        """What the terminal shows after an empty line, until it is quiet: the prompt."""
        self.screen = ""
        os.write(self.master, b"\r")
        while select.select([self.master], [], [], 0.7)[0]:
            self.screen += os.read(self.master, 65536).decode(errors="replace")
        return ESCAPES.sub("", self.screen)


def says(output, *texts):
    for text in texts:
        expect(text in output, f"{text!r} is not in\n{output}")


def program(box):
    """The program under test as a word of a command line."""
    return shlex.quote(os.path.basename(box.program))


def project(box, terminal):
    """The page from `mkdir` to `which python`."""
    naja = program(box)
    for line in ("cd", "mkdir code", "cd code", "mkdir awesome-project", "cd awesome-project", "git init -q"):
        terminal.type(line)
    terminal.type(f"{naja} venv")
    terminal.type(f"source {terminal.script}")
    env = box.home / "code/awesome-project/.venv"
    says(terminal.type("which python"), f"{env}/bin/python")
    says(terminal.type("cat .venv/.gitignore"), "*")
    expect(".venv" not in terminal.type("git status --porcelain"), "git sees the environment")
    expect("(awesome-project)" in terminal.prompt(), f"the prompt does not show the environment: {terminal.screen!r}")
    return env


def packages(box, terminal, env):
    """The packages of the page, and its program."""
    naja = program(box)
    terminal.type(f'{naja} pip install "fastapi[standard]==0.113.0"')
    terminal.type("printf 'fastapi[standard]==0.113.0\\npydantic==2.8.0\\n' > requirements.txt")
    terminal.type(f"{naja} pip install -r requirements.txt")
    frozen = terminal.type(f"{naja} pip freeze")
    says(frozen, "fastapi==0.113.0", "pydantic==2.8.0", "uvicorn==")
    (env.parent / "main.py").write_text(MAIN)
    says(terminal.type("python main.py"), "Hello World")
    says(terminal.type("which fastapi"), f"{env}/bin/fastapi")
    terminal.type("fastapi --help")
    check = common.pip_check(box.python, env)
    expect(check.status == 0, check.text)


def leave(box, terminal, env):
    """`deactivate` from another directory."""
    terminal.type("cd ..")
    terminal.type("deactivate")
    expect(str(env) not in terminal.type("which python", None), "python is still the environment's")
    expect(terminal.type("echo \"value:$VIRTUAL_ENV:\"").strip() == "value::", "VIRTUAL_ENV is still set")
    expect("(awesome-project)" not in terminal.prompt(), "the prompt still shows the environment")
    path = terminal.type("printenv PATH").strip()
    expect(path == box.variables["PATH"], f"PATH is {path}")


def pip_upgraded(box, terminal):
    """pip in an environment that has it, and ensurepip in one that has not."""
    naja = program(box)
    terminal.type(f"cd; mkdir seeded; cd seeded; {naja} venv --seed; source {terminal.script}")
    terminal.type("python -m pip --version")
    terminal.type("python -m pip install --upgrade pip")
    says(terminal.type("python -m pip --version"), f"{box.home}/seeded/.venv/")
    terminal.type("deactivate")


def ensurepip(box, terminal):
    """`No module named pip`, and its remedy."""
    naja = program(box)
    terminal.type(f"cd; mkdir unseeded; cd unseeded; {naja} venv; source {terminal.script}")
    says(terminal.type("python -m pip --version", 1), "No module named pip")
    terminal.type("python -m ensurepip --upgrade")
    says(terminal.type("python -m pip --version"), f"{box.home}/unseeded/.venv/")
    terminal.type("deactivate")


def two_projects(box, terminal):
    """philosophers-stone with harry 1, prisoner-of-azkaban with harry 3 and sirius."""
    naja, links = program(box), box.path / "wheels"
    install = f"{naja} pip install --no-index --find-links {links}"
    stone, azkaban = box.home / "code/philosophers-stone", box.home / "code/prisoner-of-azkaban"
    for place, code in ((stone, "import harry; print(harry.__version__)"),
                        (azkaban, "import harry, sirius; print('I solemnly swear')")):
        place.mkdir(parents=True)
        (place / "main.py").write_text(code + "\n")
    terminal.type(f"cd {stone}; {naja} venv; source {terminal.script}")
    terminal.type(f'{install} "harry==1"')
    says(terminal.type("python main.py"), "1")
    terminal.type(f"cd {azkaban}")
    says(terminal.type("python main.py", 1), "Error")
    terminal.type(f"deactivate; {naja} venv; source {terminal.script}")
    terminal.type(f'{install} "harry==3" sirius')
    says(terminal.type("python main.py"), "I solemnly swear")
    says(terminal.type("python -c 'import harry; print(harry.__version__)'"), "3")
    terminal.type(f"deactivate; cd {stone}; source {terminal.script}")
    says(terminal.type("python main.py"), "1")
    terminal.type("deactivate")


def play(shell, options):
    """The whole page in one shell."""
    if shutil.which(shell) is None:
        raise Skip(f"{shell} is not installed")
    started = time.monotonic()
    with common.Sandbox(options.program, options.python, options.dir, online=True) as box:
        box.cache = options.cache
        for tool in ("NAJA", "UV"):
            box.variables[f"{tool}_CACHE_DIR"] = str(box.cache)
        directories = (os.path.dirname(box.program), os.path.dirname(box.python), "/usr/local/bin", "/usr/bin", "/bin")
        box.variables["PATH"] = ":".join(dict.fromkeys(directories))
        for name, version in (("harry", "1"), ("harry", "3"), ("sirius", "1")):
            wheels.Wheel(name, version).write(box.path / "wheels")
        terminal = Terminal(shell, box.variables, box.home)
        try:
            env = project(box, terminal)
            if not options.offline:
                packages(box, terminal, env)
            leave(box, terminal, env)
            two_projects(box, terminal)
            ensurepip(box, terminal)
            if not options.offline:
                pip_upgraded(box, terminal)
        finally:
            terminal.close()
    return f"{time.monotonic() - started:.0f} s" + (", without the default index" if options.offline else "")


def main():
    options = common.arguments(
        __doc__, offline={"action": "store_true", "help": "play only what needs no network"}
    )
    report = common.Report(options.only)
    with tempfile.TemporaryDirectory(prefix="naja-journey-", dir=options.dir) as cache:
        options.cache = pathlib.Path(cache)
        for shell in START:
            report.check(shell, play, shell, options)
    return report.finish()


if __name__ == "__main__":
    raise SystemExit(main())
