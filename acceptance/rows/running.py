"""Rows N and Y: running programs, and finding Pythons."""

import json
import os
import signal
import subprocess
import sys

import common
import index
import wheels
from common import difference, expect, snapshot
from rows.fixtures import equal, row

VERSION = "%d.%d" % sys.version_info[:2]

SCRIPT = """# /// script
# requires-python = ">=3.8"
# dependencies = ["harry<2"]
# ///
import harry, sys
print(harry.__version__, *sys.argv[1:])
"""


@row
def N1(box):
    """exit codes and signals pass through"""
    box.venv()
    box.run("run", "python", "-c", "raise SystemExit(7)").ends(7)
    box.run("run", "no-such-program").ends(2)
    code = "import signal, sys, time\n" \
        "signal.signal(signal.SIGTERM, lambda *_: sys.exit(41))\n" \
        "signal.signal(signal.SIGINT, lambda *_: sys.exit(42))\n" \
        "print('ready', flush=True)\ntime.sleep(30)"
    for number, status in ((signal.SIGTERM, 41), (signal.SIGINT, 42)):
        child = subprocess.Popen([box.program, "run", "python", "-c", code], cwd=box.work,
                                 env=box.variables, stdout=subprocess.PIPE)
        child.stdout.readline()
        child.send_signal(number)
        equal(child.wait(10), status, f"status after signal {number}")
        child.stdout.close()


@row
def N1_signalled(box):
    """a program ended by a signal"""
    box.venv()
    code = "import os, signal; os.kill(os.getpid(), signal.SIGKILL)"
    status = box.run("run", "python", "-c", code).status
    expect(status in (-9, 137), f"status {status}")


@row
def N2(box):
    """a file, a module, standard input, a directory"""
    box.venv()
    box.write("a.py", "print('file')")
    box.write("mod.py", "print('module')")
    box.write("app/__main__.py", "print('directory')")
    equal(box.run("run", "a.py").ok().stdout.strip(), "file")
    equal(box.run("run", "-m", "mod").ok().stdout.strip(), "module")
    equal(box.run("run", "-", stdin="print('stdin')").ok().stdout.strip(), "stdin")
    equal(box.run("run", "app").ok().stdout.strip(), "directory")
    equal(box.run("run", "--", "python", "-c", "print('command')").ok().stdout.strip(), "command")


@row
def N3(box):
    """extras for one run"""
    env = box.venv()
    box.install("hedwig")
    before = snapshot(env)
    code = "import harry, hedwig; print(harry.__version__)"
    quiet = {"PYTHONDONTWRITEBYTECODE": 1}
    equal(box.run("run", "--with", "harry<2", "python", "-c", code, **quiet).ok().stdout.strip(), "1.0")
    equal(difference(before, snapshot(env)), "", "environment")
    expect(box.run("run", "python", "-c", code, check_crash=False).status != 0, "importable without --with")
    box.write("more.txt", "harry==3.0\n")
    equal(box.run("run", "--with-requirements", "more.txt", "python", "-c", code).ok().stdout.strip(), "3.0")


@row
def N4(box):
    """without the project's environment, or isolated"""
    env = box.venv()
    code = "import sys; print(sys.prefix)"
    equal(box.run("run", "python", "-c", code).ok().stdout.strip(), str(env), "prefix")
    equal(box.run("run", "--no-project", "python", "-c", code).ok().stdout.strip(), str(env), "--no-project")
    box.install("hedwig")
    isolated = box.run("run", "--isolated", "-p", box.python, "--with", "harry", "python", "-c",
                       "import harry, sys; print(sys.prefix)\nimport hedwig", check_crash=False)
    expect(isolated.status == 1 and "hedwig" in isolated.stderr, f"hedwig is seen\n{isolated}")
    expect(isolated.stdout.strip() != str(env), "--isolated ran in the project's environment")


@row
def N5(box):
    """a script with its own dependencies"""
    env = box.venv()
    before = snapshot(env)
    box.write("s.py", SCRIPT)
    equal(box.run("run", "s.py", "a", "--b").ok().stdout.strip(), "1.0 a --b")
    requests = len(box.index.log)
    equal(box.run("run", "s.py").ok().stdout.strip(), "1.0", "second run")
    equal(len(box.index.log), requests, "requests of the second run")
    equal(difference(before, snapshot(env)), "", "environment")
    equal(box.run("run", "-", stdin=SCRIPT).ok().stdout.strip(), "1.0", "from standard input")


@row
def N6(box):
    """the metadata of a script is made and changed; nothing else of it is"""
    body = "#!/usr/bin/env python3\n# -*- coding: utf-8 -*-\n\"\"\"About.\"\"\"\nprint('x')  # kept\n"
    box.write("s.py", body)
    box.run("add", "--script", "s.py", "harry<2").ok()
    said = (box.work / "s.py").read_text()
    expect(said.startswith("#!/usr/bin/env python3\n# -*- coding"), said)
    expect('#     "harry<2",' in said and said.endswith("print('x')  # kept\n"), said)
    box.run("remove", "--script", "s.py", "harry").ok()
    expect("harry" not in (box.work / "s.py").read_text(), (box.work / "s.py").read_text())
    box.run("init", "--script", "new.py").ok()
    expect("# /// script" in (box.work / "new.py").read_text(), (box.work / "new.py").read_text())
    box.run("run", "new.py").ok()


@row
def N7(box):
    """as the interpreter of a script"""
    box.write("s.py", f"#!/usr/bin/env -S {os.path.basename(box.program)} run --script\n" + SCRIPT).chmod(0o755)
    path = f"{os.path.dirname(box.program)}:{box.variables['PATH']}"
    equal(box.shell("./s.py", "x", PATH=path).ok().stdout.strip(), "1.0 x")


@row
def N8(box):
    """a script without a console: as any other where there is no other kind"""
    box.write("s.pyw", SCRIPT)
    equal(box.run("run", "--gui-script", "s.pyw").ok().stdout.strip(), "1.0")
    equal(box.run("run", "s.pyw").ok().stdout.strip(), "1.0")


@row
def N9(box):
    """files of variables"""
    box.venv()
    box.write("one.env", "A=1\nB='single $A'\nexport C=\"double\\n${A}\"\n# comment\nD=plain # note\n")
    box.write("two.env", "A=2\n")
    code = "import json, os; print(json.dumps([os.environ.get(n) for n in 'ABCD']))"
    files = ("--env-file", "one.env", "--env-file", "two.env")
    result = box.run("run", *files, "python", "-c", code).ok()
    equal(json.loads(result.stdout), ["2", "single $A", "double\n1", "plain"])
    result = box.run("run", *files, "--no-env-file", "python", "-c", code).ok()
    equal(json.loads(result.stdout), [None] * 4, "--no-env-file")
    box.run("run", "--env-file", "absent.env", "python", "-c", "1").ends(2)


@row
def N10(box):
    """choose the Python of a run"""
    others = {v: p for v, p in common.find_pythons().items() if v != VERSION}
    if not others:
        raise common.Skip("only one Python here")
    version, python = sorted(others.items())[-1]
    code = "import sys; print('%d.%d' % sys.version_info[:2])"
    result = box.run("run", "--isolated", "-p", python, "python", "-c", code).ok()
    equal(result.stdout.strip(), version)
    path = f"{os.path.dirname(python)}:{box.variables['PATH']}"
    result = box.run("run", "-p", version, "python", "-c", code, PATH=path).ok()
    equal(result.stdout.strip(), version, f"-p {version}")


@row
def Y2(box):
    """list the Pythons; broken ones on PATH are skipped without a story"""
    box.write("bin/python3.9", "#!/bin/sh\nexit 127\n").chmod(0o755)
    box.write("bin/python3.10", "no program at all").chmod(0o755)
    path = f"{box.work / 'bin'}:{os.path.dirname(box.python)}:/usr/bin:/bin"
    result = box.run("python", "list", "--only-installed", PATH=path, PYENV_ROOT="/nonexistent").ok()
    result.says(VERSION)
    expect(len(result.stderr.splitlines()) <= 2, f"too much is said about broken Pythons\n{result}")
    listed = json.loads(box.run("python", "list", "--only-installed", "--output-format", "json", PATH=path).ok().stdout)
    expect(any(entry["version"].startswith(VERSION) for entry in listed), str(listed)[:300])


@row
def Y3(box):
    """find a Python"""
    path = f"{os.path.dirname(box.python)}:{box.variables['PATH']}"
    found = box.run("python", "find", f">={VERSION}", "--system", PATH=path).ok().stdout.strip()
    expect(os.access(found, os.X_OK), f"{found} is no program")
    box.run("python", "find", ">=3.99").ends(2).says("3.99")
    shown = box.run("python", "find", VERSION, "--system", "--show-version", PATH=path).ok().stdout
    expect(shown.startswith(f"{VERSION}."), shown)
    env = box.venv()
    found = box.run("python", "find").ok().stdout.strip()
    expect(found.startswith(f"{env}/bin/python"), f"{found} is not the environment's")


@row
def Y5(box):
    """forms of a request"""
    directory = os.path.dirname(box.python)
    path = f"{directory}:/usr/bin:/bin"
    compact = VERSION.replace(".", "")
    forms = [VERSION, f">={VERSION}", f"=={VERSION}.*", f"cpython@{VERSION}", f"cpython{VERSION}", f"cp{compact}",
             compact, "3", f"python{VERSION}", box.python, f"cpython-{VERSION}", f">=3.8,<={VERSION}.99"]
    for form in forms:
        result = box.run("python", "find", "--system", form, PATH=path)
        expect(result.status == 0, f"{form!r} finds nothing\n{result}")
        equal(common.python_version(result.stdout.strip()), VERSION, form)
    for form in ("3.99", "pypy@3.7", "nosuchpython"):
        expect(box.run("python", "find", form, PATH=path).status == 2, f"{form!r} was found")


@row
def Y11(box):
    """a Python on PATH that fails or hangs does not stop the search, and is asked once"""
    box.write("bin/python3", "#!/bin/sh\necho asked >> \"$ASKED\"\nexit 127\n").chmod(0o755)
    asked = box.work / "asked"
    path = f"{box.work / 'bin'}:{os.path.dirname(box.python)}:/usr/bin:/bin"
    for _ in range(3):
        box.run("venv", "--clear", PATH=path, ASKED=asked, PYENV_ROOT="/nonexistent").ok()
    times = len(asked.read_text().split()) if asked.exists() else 0
    expect(times <= 1, f"the broken Python was started {times} times in three commands")


@row
def run_replaces(box):
    """the program replaces the runner: one process, and no more"""
    box.venv()
    child = subprocess.Popen([box.program, "run", "python", "-c", "import os; print(os.getpid(), flush=True); input()"],
                             cwd=box.work, env=box.variables, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    pid = int(child.stdout.readline())
    child.communicate(b"\n")
    equal(child.returncode, 0)
    expect(pid == child.pid or "uv" in os.path.basename(box.program), f"the program is {pid}, the command was {child.pid}")


FORMATTER = """import pathlib, sys


def main():
    bad = any("  " in path.read_text() for path in pathlib.Path().glob("*.py"))
    print(__version__, *sys.argv[1:])
    return int(bad and "--check" in sys.argv)
"""


@row
def D19(box):
    """the formatter of the lock's version runs in the project's directory, and its status is the command's"""
    for version in ("1.0", "2.0"):
        files = {"ruff/__init__.py": f'__version__ = "{version}"\n{FORMATTER}'}
        box.index.files.append(index.File.of(wheels.Wheel("ruff", version, files=files, scripts={"ruff": "ruff:main"})))
    box.write("pyproject.toml", '[project]\nname = "castle"\nversion = "1"\nrequires-python = ">=3.8"\n[dependency-groups]\nlint = ["ruff<2"]\n')
    inside = box.write("inside/bad.py", "x  = 1\n").parent
    equal(box.run("format").ok().stdout, "2.0 format\n")
    box.run("lock").ok()
    equal(box.run("format", "--check", cwd=inside).ok().stdout, "1.0 format --check\n")
    box.write("bad.py", "x  = 1\n")
    equal(box.run("format", "--check", "--offline", "--", "-q").ends(1).stdout, "1.0 format --check -q\n")
    equal(box.run("format", "--version", "2.0", "--diff").ok().stdout, "2.0 format --diff\n")
    expect(not (box.work / ".venv").exists(), "an environment was made")
