#!/usr/bin/env python3
"""Compares naja with uv, both against the same recorded index on loopback.

    bench/compare.py --naja target/release/naja --uv UV [--python PYTHON]
                     [--rounds N] [--dir DIR] [--set seed] [--set hundred] [--only NAME]

Each round runs both tools one after the other (in turn first), in fresh
directories below DIR (a memory file system by default); printed are the medians
of the times, of the paired ratios (of the time that passed, and of the processor's),
and of the ratios of peak memory. What is to be compared has to be recorded first:
bench/record.py.
"""

import argparse
import json
import os
import pathlib
import shutil
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request

HERE = pathlib.Path(__file__).resolve().parent
DATA = HERE / "data"
# A file system in memory, where there is one.
IN_MEMORY = "/dev/shm" if os.path.isdir("/dev/shm") else None
TOOLS = ("naja", "uv")

# The targets of the issue that asked for them: naja divided by uv.
TARGETS = {
    "version": 0.35,
    "venv": 0.4,
    "venv, empty cache": 0.4,
    "no-op install": 0.35,
    "no-op sync": 0.35,
    "list": 0.4,
    "freeze": 0.4,
    "warm install": 0.6,
    "warm install, bytecode": 0.1,
    "run above python": 0.25,
    "warm compile": 0.6,
    "cold compile": 0.8,
    "cold compile, 30 ms and TLS": 0.7,
    "cold install": 0.8,
    "warm universal compile": 0.7,
    "cold universal compile, 30 ms and TLS": 0.9,
}

# What is only resolved is asked more of: no other work hides the solver.
RESOLVE_TARGETS = TARGETS | {"warm compile": 0.7, "cold compile, 30 ms and TLS": 0.9}
RESOLVE_ONLY = "# resolve-only"


class Run:
    """How long a command took, also of the processor (seconds), and what it held at most (KiB)."""

    runner = None

    def __init__(self, command, environment, cwd):
        words = [str(word) for word in (self.runner, *command)]
        done = subprocess.run(words, env=environment, cwd=cwd, capture_output=True)
        seconds, cpu, memory, status = (done.stdout.split() or [b"0", b"0", b"0", b"-1"])[-4:]
        if done.returncode != 0 or int(status) != 0:
            sys.exit(f"{' '.join(words)}\n{done.stderr.decode()}")
        self.seconds, self.cpu, self.memory = float(seconds), float(cpu), int(memory)


class Bench:
    def __init__(self, options):
        self.options = options
        self.programs = {"naja": options.naja, "uv": options.uv}
        self.scratch = pathlib.Path(tempfile.mkdtemp(prefix="naja-bench-", dir=options.dir))
        self.serial = 0
        self.rows = []

    def fresh(self, name="d"):
        self.serial += 1
        path = self.scratch / f"{name}{self.serial}"
        path.mkdir()
        return path

    def environment(self, cache, url, certificate=None):
        environment = {
            "PATH": os.environ["PATH"],
            "HOME": str(self.scratch / "home"),
            "LANG": "C.UTF-8",
            "NAJA_CACHE_DIR": str(cache),
            "UV_CACHE_DIR": str(cache),
            "NAJA_DEFAULT_INDEX": url,
            "UV_DEFAULT_INDEX": url,
            "UV_PYTHON_DOWNLOADS": "never",
        }
        if "PYENV_ROOT" in os.environ:
            environment["PYENV_ROOT"] = os.environ["PYENV_ROOT"]
        if certificate:
            environment["SSL_CERT_FILE"] = str(certificate)
        return environment

    def compare(self, title, what, prepare, command, less=None, rounds=None):
        """Runs `command(tool, place)` after `prepare(tool)`, both tools in turn.

        With `less`, a command that is part of both, its median is taken off.
        """
        if self.options.only and self.options.only not in title:
            return
        seconds = {tool: [] for tool in TOOLS}
        cpu = {tool: [] for tool in TOOLS}
        memory = {tool: [] for tool in TOOLS}
        base, base_cpu = [], []
        for number in range(rounds or self.options.rounds):
            for tool in TOOLS if number % 2 else reversed(TOOLS):
                place = prepare(tool)
                words, environment, cwd = command(tool, place)
                run = Run(words, environment, cwd)
                seconds[tool].append(run.seconds)
                cpu[tool].append(run.cpu)
                memory[tool].append(run.memory)
                if less:
                    bare = Run(*less)
                    base.append(bare.seconds)
                    base_cpu.append(bare.cpu)
        naja, uv, ratio = self.ratio(seconds, base)
        row = {
            "operation": title,
            "set": what,
            "naja_ms": 1000 * naja,
            "uv_ms": 1000 * uv,
            "ratio": ratio,
            "cpu": self.ratio(cpu, base_cpu)[2],
            "target": (RESOLVE_TARGETS if resolve_only(what) else TARGETS).get(title),
            "memory": statistics.median(memory["naja"]) / statistics.median(memory["uv"]),
        }
        self.rows.append(row)
        show(row)

    @staticmethod
    def ratio(taken, base):
        """Both medians and the ratio of both tools; what `base` took is taken off."""
        off = statistics.median(base) if base else 0.0
        naja, uv = (statistics.median(taken[tool]) - off for tool in TOOLS)
        pairs = zip(taken["naja"], taken["uv"])
        return naja, uv, naja / uv if base else statistics.median(a / b for a, b in pairs)

    def run(self, tool, words, cache, url, cwd=None, certificate=None):
        environment = self.environment(cache, url, certificate)
        Run([self.programs[tool], *words], environment, cwd or self.scratch)


def resolve_only(name):
    requirements = HERE / "sets" / f"{name}.txt"
    return requirements.exists() and RESOLVE_ONLY in requirements.read_text()


def show(row):
    target = f"{row['target']:.2f}" if row["target"] else "-"
    met = "" if not row["target"] or row["ratio"] <= row["target"] else "  (missed)"
    print(
        f"{row['operation']:<38} {row['set']:<12} {row['naja_ms']:>9.1f} {row['uv_ms']:>9.1f}"
        f"   {row['ratio']:>6.2f}   {target:>6}   {row['cpu']:>6.2f}   {row['memory']:>6.2f}{met}",
        flush=True,
    )


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def serve(server, *more):
    port = free_port()
    child = subprocess.Popen([server, DATA, str(port), *map(str, more)], stderr=subprocess.DEVNULL)
    for _ in range(400):
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return child, port
        time.sleep(0.05)
    sys.exit("the index did not start")


def small_commands(bench, url, name):
    """What runs in an environment where everything is there already."""
    requirements, pins = HERE / "sets" / f"{name}.txt", DATA / f"{name}.pins.txt"
    caches, venvs = {}, {}
    for tool in TOOLS:
        caches[tool], home = bench.fresh("cache"), bench.fresh("work")
        venvs[tool] = home / ".venv"
        bench.run(tool, ["venv", "-p", bench.options.python, venvs[tool]], caches[tool], url)
        words = ["pip", "install", "-p", venvs[tool], "-r", pins]
        bench.run(tool, words, caches[tool], url)
        words = ["pip", "compile", "-p", venvs[tool], requirements]
        bench.run(tool, words, caches[tool], url)

    def there(*words):
        def command(tool, _):
            environment = bench.environment(caches[tool], url)
            return [bench.programs[tool], *words], environment, venvs[tool].parent

        return command

    nothing = lambda tool: None
    bench.compare("no-op install", name, nothing, there("pip", "install", "-r", requirements))
    bench.compare("no-op sync", name, nothing, there("pip", "sync", pins))
    bench.compare("list", name, nothing, there("pip", "list"))
    bench.compare("freeze", name, nothing, there("pip", "freeze"))
    bench.compare("warm compile", name, nothing, there("pip", "compile", requirements))
    bench.compare(
        "run above python",
        name,
        nothing,
        there("run", "python", "-c", "pass"),
        less=([bench.options.python, "-c", "pass"], bench.environment(bench.scratch, url), bench.scratch),
        rounds=3 * bench.options.rounds,
    )
    return caches


def installs(bench, url, name, caches):
    """Installations into fresh environments, warm and cold."""
    pins = DATA / f"{name}.pins.txt"

    def fresh_venv(cache_of):
        def prepare(tool):
            cache, home = cache_of(tool), bench.fresh("work")
            words = ["venv", "-q", "-p", bench.options.python, home / ".venv"]
            bench.run(tool, words, cache, url)
            return cache, home

        return prepare

    def install(*more):
        def command(tool, place):
            cache, home = place
            words = [bench.programs[tool], "pip", "install", *more, "-r", pins]
            return words, bench.environment(cache, url), home

        return command

    warm = fresh_venv(lambda tool: caches[tool])
    bench.compare("warm install", name, warm, install())
    for tool in TOOLS:
        cache, home = warm(tool)
        words = ["pip", "install", "--compile-bytecode", "-r", pins]
        bench.run(tool, words, cache, url, cwd=home)
    bench.compare("warm install, bytecode", name, warm, install("--compile-bytecode"), rounds=5)
    cold = fresh_venv(lambda tool: bench.fresh("cache"))
    bench.compare("cold install", name, cold, install(), rounds=max(5, bench.options.rounds // 2))


def resolutions(bench, url, secure, certificate, name):
    requirements = HERE / "sets" / f"{name}.txt"
    cold = lambda tool: bench.fresh("cache")

    def compiling(address, trusted=None, *more):
        def command(tool, cache):
            words = ["pip", "compile", "-p", bench.options.python, requirements, *more]
            environment = bench.environment(cache, address, trusted)
            return [bench.programs[tool], *words], environment, bench.scratch

        return command

    rounds = max(5, bench.options.rounds // 2)
    bench.compare("cold compile", name, cold, compiling(url), rounds=rounds)
    title = "cold compile, 30 ms and TLS"
    bench.compare(title, name, cold, compiling(secure, certificate), rounds=rounds)
    title, command = f"cold universal {title[5:]}", compiling(secure, certificate, "--universal")
    bench.compare(title, name, cold, command, rounds=rounds)
    for way, more in (("compile", ()), ("universal compile", ("--universal",))):
        command = compiling(url, None, *more)
        caches = {tool: bench.fresh("cache") for tool in TOOLS}
        asked = {}
        for tool in TOOLS:
            words, environment, cwd = command(tool, caches[tool])
            metadata_served(url)
            Run(words, environment, cwd)
            asked[tool] = metadata_served(url)
        print(f"  {name}, {way}: metadata files fetched: naja {asked['naja']}, uv {asked['uv']}")
        if more or resolve_only(name):
            bench.compare(f"warm {way}", name, caches.get, command)


def metadata_served(url):
    """How many metadata files the server gave since this was asked last."""
    with urllib.request.urlopen(url.replace("/simple/", "/metadata-count")) as answer:
        return int(answer.read())


def starts(bench, url):
    there = lambda words, cache: (words, bench.environment(cache, url), bench.scratch)
    shared = {tool: bench.fresh("cache") for tool in TOOLS}
    version = lambda tool, _: there([bench.programs[tool], "--version"], shared[tool])
    bench.compare("version", "-", lambda tool: None, version)
    for tool in TOOLS:
        words = ["venv", "-p", bench.options.python, bench.fresh("work") / "v"]
        bench.run(tool, words, shared[tool], url)

    def venv(tool, cache):
        words = ["venv", "-p", bench.options.python, bench.fresh("work") / "v"]
        return there([bench.programs[tool], *words], cache)

    bench.compare("venv", "-", lambda tool: shared[tool], venv)
    bench.compare("venv, empty cache", "-", lambda tool: bench.fresh("cache"), venv)


def arguments(description, rounds):
    """What every comparison is told: the programs, the Python, how often, and where."""
    parser = argparse.ArgumentParser(
        description=description, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    built = HERE.parent / "target/release"
    parser.add_argument("--naja", default=str(built / "naja"))
    parser.add_argument("--server", default=str(built / "bench-server"))
    parser.add_argument("--runner", default=str(built / "bench-run"))
    parser.add_argument("--uv", default=shutil.which("uv") or "uv")
    parser.add_argument("--python", default=sys.executable)
    parser.add_argument("--rounds", type=int, default=rounds)
    parser.add_argument("--dir", default=IN_MEMORY)
    return parser


def main():
    parser = arguments(__doc__, rounds=15)
    parser.add_argument("--set", action="append", dest="sets")
    parser.add_argument("--only", help="only the operations with this in their name")
    parser.add_argument("--json", help="write the rows to this file as well")
    options = parser.parse_args()
    Run.runner = options.runner
    bench = Bench(options)
    servers = []
    try:
        child, port = serve(options.server)
        servers.append(child)
        certificate = bench.scratch / "certificate.pem"
        child, late = serve(options.server, "--tls", certificate, "--delay", 30)
        servers.append(child)
        url, secure = f"http://localhost:{port}/simple/", f"https://localhost:{late}/simple/"
        heading = ("operation", "set", "naja ms", "uv ms", "ratio", "target", "cpu", "memory")
        print("{:<38} {:<12} {:>9} {:>9}   {:>6}   {:>6}   {:>6}   {:>6}".format(*heading))
        starts(bench, url)
        for name in options.sets or ["seed", "hundred", "threehundred", "backtracking"]:
            if not resolve_only(name):
                caches = small_commands(bench, url, name)
                installs(bench, url, name, caches)
            resolutions(bench, url, secure, certificate, name)
    finally:
        for child in servers:
            child.send_signal(signal.SIGTERM)
        shutil.rmtree(bench.scratch, ignore_errors=True)
    if options.json:
        pathlib.Path(options.json).write_text(json.dumps(bench.rows, indent=1))


if __name__ == "__main__":
    main()
