"""What every acceptance script needs: running the program under test in a
scratch directory of its own, pictures of directory trees, the truth of RECORD
files, and a report with `ok`, `FAILED` and `skipped` lines.

Only the standard library of Python 3.11 or newer is used.
"""

import argparse
import base64
import csv
import hashlib
import os
import pathlib
import shutil
import stat
import subprocess
import sys
import tempfile
import time
import traceback

REPOSITORY = pathlib.Path(__file__).resolve().parent.parent

# Variables of the person who runs the script that would change what the program
# under test does.
FOREIGN = ("UV_", "NAJA_", "PIP_", "CONDA_", "PYTHON", "VIRTUAL_ENV", "XDG_", "GIT_")
PROXIES = ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY")

# Texts that only a crashed program prints.
CRASHES = ("panicked at", "RUST_BACKTRACE", "Traceback (most recent call last)", "stack overflow")


class Failure(Exception):
    """A check that did not hold."""


class Skip(Exception):
    """A check that cannot be made on this machine; says why."""


def expect(condition, message):
    """Fails the check under way with `message` unless `condition` holds."""
    if not condition:
        raise Failure(message)


class Result:
    """How a command ended and what it said."""

    def __init__(self, words, status, stdout, stderr, seconds):
        self.words = [str(word) for word in words]
        self.status = status
        self.stdout = stdout
        self.stderr = stderr
        self.seconds = seconds

    @property
    def text(self):
        return self.stdout + self.stderr

    def __str__(self):
        return f"$ {' '.join(self.words)}\n[status {self.status}]\n{self.text.rstrip()}"

    def crashed(self):
        """The text of a crash in the output, or None."""
        return next((crash for crash in CRASHES if crash in self.text), None)

    def ok(self):
        """Fails the check unless the command ended with 0."""
        return self.ends(0)

    def ends(self, *statuses):
        """Fails the check unless the command ended with one of `statuses`."""
        expect(self.status in statuses, f"status {self.status}, expected {statuses}\n{self}")
        return self

    def says(self, *texts):
        """Fails the check unless the output holds all `texts`, in any case."""
        for text in texts:
            expect(text.lower() in self.text.lower(), f"{text!r} is not in the output\n{self}")
        return self


def run(words, cwd=None, variables=None, stdin=None, timeout=300):
    """Runs a command to its end; output is text, broken bytes are kept visible."""
    words = [str(word) for word in words]
    start = time.monotonic()
    try:
        done = subprocess.run(
            words,
            cwd=cwd,
            env=variables,
            input=stdin if isinstance(stdin, bytes) or stdin is None else stdin.encode(),
            stdin=subprocess.DEVNULL if stdin is None else None,
            capture_output=True,
            timeout=timeout,
        )
    except subprocess.TimeoutExpired as error:
        output = ((error.stdout or b"") + (error.stderr or b"")).decode(errors="backslashreplace")
        raise Failure(f"no end after {timeout} s\n$ {' '.join(words)}\n{output}") from None
    texts = [out.decode(errors="backslashreplace") for out in (done.stdout, done.stderr)]
    return Result(words, done.returncode, *texts, time.monotonic() - start)


class Sandbox:
    """A scratch directory with a home, a cache and a set of variables, in which
    the program under test runs without touching anything else."""

    def __init__(self, program, python=sys.executable, directory=None, online=False):
        self.program = str(program)
        self.python = base_python(python)
        self.path = pathlib.Path(tempfile.mkdtemp(prefix="naja-acceptance-", dir=directory)).resolve()
        self.home = self.path / "home"
        self.cache = self.path / "cache"
        self.work = self.path / "work"
        self.home.mkdir()
        self.work.mkdir()
        self.variables = clean_variables(self.home, online)
        for tool in ("NAJA", "UV"):
            self.variables[f"{tool}_CACHE_DIR"] = str(self.cache)
            self.variables[f"{tool}_PYTHON_DOWNLOADS"] = "never"

    def __enter__(self):
        return self

    def __exit__(self, *_):
        shutil.rmtree(self.path, ignore_errors=True)

    def run(self, *words, cwd=None, stdin=None, timeout=120, check_crash=True, **variables):
        """Runs the program under test; keywords are further variables."""
        environment = self.variables | {name: str(value) for name, value in variables.items()}
        result = run([self.program, *words], cwd or self.work, environment, stdin, timeout)
        if check_crash:
            expect(not result.crashed(), f"the program crashed\n{result}")
        return result

    def shell(self, *words, cwd=None, stdin=None, timeout=120, **variables):
        """Runs any other command with the variables of the sandbox."""
        environment = self.variables | {name: str(value) for name, value in variables.items()}
        return run(words, cwd or self.work, environment, stdin, timeout)

    def use_index(self, url):
        """Makes `url` the default index of every later command."""
        for tool in ("NAJA", "UV"):
            self.variables[f"{tool}_DEFAULT_INDEX"] = url

    def venv(self, path=".venv", *options, python=None):
        """Makes an environment and answers its absolute path."""
        self.run("venv", "-q", "-p", python or self.python, *options, path).ok()
        return self.work / path

    def python_says(self, environment, code, **variables):
        """What `code` prints in the Python of `environment`."""
        return self.shell(environment / "bin/python", "-c", code, **variables).ok().stdout.strip()


def clean_variables(home, online):
    """The variables of this process without those that configure a tool. When
    `online`, what says how the default index is reached stays."""
    kept = {}
    for name, value in os.environ.items():
        index = online and ("INDEX_URL" in name or "DEFAULT_INDEX" in name or "CERT" in name)
        if name.startswith(FOREIGN) and not index:
            continue
        if name.upper() in PROXIES and not online:
            continue
        kept[name] = value
    kept.update(HOME=str(home), LC_ALL="C.UTF-8", TERM="dumb")
    return kept


def base_python(python):
    """The interpreter that `python` (perhaps one of an environment, or a shim) is made from."""
    code = "import sys; print(getattr(sys, '_base_executable', sys.executable))"
    return run([python, "-I", "-c", code], "/").ok().stdout.strip()


def python_version(python):
    """`3.12` for a Python of that version, or None when it does not start."""
    try:
        code = "import sys; print('%d.%d' % sys.version_info[:2])"
        result = run([python, "-I", "-c", code], "/", timeout=60)
    except (OSError, Failure):
        return None
    return result.stdout.strip() if result.status == 0 else None


def find_pythons():
    """Pythons of this machine as {"3.12": path}, from pyenv's directory and PATH."""
    root = pathlib.Path(os.environ.get("PYENV_ROOT") or pathlib.Path.home() / ".pyenv")
    candidates = [str(path) for path in sorted((root / "versions").glob("*/bin/python3"))]
    for minor in range(8, 16):
        path = shutil.which(f"python3.{minor}")
        if path and "/shims/" not in path:
            candidates.append(path)
    candidates.append(sys.executable)
    found = {}
    for path in candidates:
        version = python_version(path)
        if version and tuple(map(int, version.split("."))) >= (3, 8):
            found.setdefault(version, base_python(path))
    return found


# --- pictures of directory trees ---------------------------------------------


def snapshot(root, skip=(".lock",)):
    """Every path below `root` with its kind, mode and content, for comparing.
    What is called as one of `skip` directly in `root` is left out: by default
    the file by which tools lock an environment, which stays there empty. So is what
    an environment keeps about itself, such as its history."""
    picture = {}
    for directory, names, files in os.walk(root):
        names.sort()
        for name in [*names, *files]:
            path = os.path.join(directory, name)
            relative = os.path.relpath(path, root)
            if relative.split(os.sep)[0] not in skip and not is_kept(relative):
                picture[relative] = describe(path)
    return picture


def describe(path):
    """Kind, permissions and content of one path, links not followed."""
    status = os.lstat(path)
    if stat.S_ISLNK(status.st_mode):
        return f"link to {os.readlink(path)}"
    mode = oct(stat.S_IMODE(status.st_mode))
    if stat.S_ISDIR(status.st_mode):
        return f"directory {mode}"
    if not stat.S_ISREG(status.st_mode):
        return f"special {status.st_mode:o}"
    with open(path, "rb") as file:
        return f"file {mode} {hashlib.file_digest(file, 'sha256').hexdigest()}"


def difference(before, after, limit=12):
    """The paths in which two pictures differ, as lines; empty when they are equal."""
    lines = []
    for path in sorted(before.keys() | after.keys()):
        if before.get(path) != after.get(path):
            lines.append(f"  {path}: {before.get(path, 'absent')} -> {after.get(path, 'absent')}")
    if len(lines) > limit:
        lines[limit:] = [f"  ... {len(lines) - limit} more"]
    return "\n".join(lines)


# --- what is installed -------------------------------------------------------


def site_packages(environment):
    """The site-packages directory of an environment."""
    found = sorted(pathlib.Path(environment).glob("lib/python*/site-packages"))
    expect(len(found) == 1, f"{environment} has {len(found)} site-packages directories")
    return found[0]


def installed(site):
    """Names and versions of the dist-info directories in `site`."""
    dists = {}
    for path in sorted(pathlib.Path(site).glob("*.dist-info")):
        name, _, version = path.name.removesuffix(".dist-info").partition("-")
        expect(name not in dists, f"two versions of {name}: {dists.get(name)} and {version}")
        dists[name] = version
    return dists


def record_rows(dist_info):
    """Rows of a RECORD as (path, hash, size)."""
    with open(dist_info / "RECORD", newline="", encoding="utf-8") as file:
        return [tuple(row) for row in csv.reader(file)]


def row_problem(base, row):
    """What is untrue about a row of RECORD, or None."""
    path, digest, size = row
    file = base / path
    if not file.is_file():
        return f"{path} is missing"
    if digest:
        algorithm, _, wanted = digest.partition("=")
        found = hashlib.new(algorithm, file.read_bytes()).digest()
        if base64.urlsafe_b64encode(found).rstrip(b"=").decode() != wanted:
            return f"{path} has another hash"
    if size and file.stat().st_size != int(size):
        return f"{path} has {file.stat().st_size} bytes, RECORD says {size}"
    return None


def record_problems(site, dist_info):
    """Everything untrue about the RECORD of one installed distribution."""
    if not (dist_info / "RECORD").is_file():
        return [f"{dist_info.name} has no RECORD"]
    rows = record_rows(dist_info)
    problems = [problem for row in rows if (problem := row_problem(site, row))]
    listed = {row[0] for row in rows}
    for needed in ("METADATA", "WHEEL", "RECORD", "INSTALLER"):
        if f"{dist_info.name}/{needed}" not in listed:
            problems.append(f"{needed} is not listed")
    return [f"{dist_info.name}: {problem}" for problem in problems]


def environment_problems(environment, own=()):
    """Everything wrong with an environment that a tool has finished working on:
    untrue RECORD lines, files that no distribution owns, leftovers of an
    unfinished change. `own` are paths (relative, of an empty environment) that
    belong to the environment itself."""
    site = site_packages(environment)
    problems, owned = [], set()
    for dist_info in sorted(site.glob("*.dist-info")):
        problems += record_problems(site, dist_info)
        if (dist_info / "RECORD").is_file():
            owned |= {os.path.normpath(site / row[0]) for row in record_rows(dist_info)}
    for path in snapshot(environment):
        full = os.path.join(environment, path)
        if os.path.isdir(full) or path in own or os.path.normpath(full) in owned:
            continue
        if is_kept(path):
            continue
        if not path.endswith(".pyc"):
            problems.append(f"{path} belongs to nothing")
    return problems + leftovers(environment)


# What an environment keeps about itself: its history, files that gave way to others, its project.
KEPT = ("history", "shadowed", "project")


def is_kept(path):
    parts = path.split(os.sep)
    return parts[0] == ".naja" and (len(parts) == 1 or parts[1] in KEPT)


def leftovers(directory):
    """Paths that only an unfinished change would leave."""
    found = []
    for path in snapshot(directory):
        parts = path.split(os.sep)
        unfinished = any(part.startswith((".naja", "~", ".tmp")) for part in parts)
        if unfinished and not is_kept(path):
            found.append(f"{path} was left behind")
    return found


def pip_check(python, environment):
    """The answer of `pip check` about `environment`, by the pip of `python`."""
    words = [python, "-m", "pip", "--disable-pip-version-check", "--python", environment, "check"]
    variables = {k: v for k, v in os.environ.items() if not k.startswith("PIP_")}
    return run(words, "/", variables)


# --- reports -----------------------------------------------------------------


class Report:
    """Prints one line per check and counts them."""

    def __init__(self, only=()):
        self.only = [word.lower() for word in only]
        self.counts = {"ok": 0, "FAILED": 0, "skipped": 0}

    def wants(self, name):
        """Whether a check of this name was asked for."""
        return not self.only or any(self.matches(word, name.lower()) for word in self.only)

    @staticmethod
    def matches(word, name):
        """Whether `word` is the whole name or its first words."""
        return name == word or name.startswith((f"{word} ", f"{word}:"))

    def line(self, word, name, note=""):
        self.counts[word] += 1
        first, *rest = note.splitlines() or [""]
        print(f"{word:8}{name}" + (f": {first}" if first else ""), flush=True)
        for line in rest:
            print(f"        | {line}", flush=True)

    def check(self, name, function, *arguments):
        """Runs a check; what it answers is printed beside its name."""
        if not self.wants(name):
            return
        try:
            self.line("ok", name, function(*arguments) or "")
        except Skip as reason:
            self.line("skipped", name, str(reason))
        except Failure as reason:
            self.line("FAILED", name, str(reason))
        except Exception:  # an error of the script itself must not hide the other checks
            self.line("FAILED", name, "error of the script\n" + traceback.format_exc())

    def finish(self):
        """Prints the summary; the exit status of the script."""
        counts = self.counts
        print(f"{counts['ok']} passed, {counts['FAILED']} failed, {counts['skipped']} skipped")
        return 1 if counts["FAILED"] else 0


# --- the command line of the scripts -----------------------------------------


def default_program():
    """The newest naja built in this repository."""
    built = [REPOSITORY / "target" / kind / "naja" for kind in ("release", "debug")]
    built = sorted((p for p in built if p.exists()), key=lambda p: -p.stat().st_mtime)
    return built[0] if built else pathlib.Path("naja")


def arguments(description, **extra):
    """Reads the options that all scripts share, and `extra` ones (name: keywords)."""
    parser = argparse.ArgumentParser(
        description=description, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--program", help="the program under test (default: the newest build here)")
    parser.add_argument("--python", default=sys.executable, help="the Python of the environments")
    parser.add_argument("--dir", help="where scratch directories are made (default: the system's)")
    parser.add_argument("--only", action="append", default=[], help="only the check of this name")
    for name, keywords in extra.items():
        parser.add_argument(f"--{name.replace('_', '-')}", **keywords)
    options = parser.parse_args()
    program = shutil.which(options.program or default_program())
    if program is None:
        parser.error("no program to test: build naja, or name one with --program")
    options.program = os.path.abspath(program)
    return options
