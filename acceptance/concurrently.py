#!/usr/bin/env python3
"""Runs the program under test several times at once, on one environment and on
one cache, and asks whether the result is right.

    acceptance/concurrently.py [--rounds 5] [--seed N] [--program PROGRAM] [--only CHECK]

- Two processes change one environment (two installations of different packages,
  of different versions of the same ones, an installation and a removal, two
  synchronisations): both end with 0, and the environment is what one of the two
  orders would have made, with every RECORD true.
- Eight processes fill one cold cache from an index on loopback that takes its
  time, and one of them is killed: the other seven succeed, every unpacked file
  in the cache is what the RECORD of its wheel says, and a further environment is
  made from it without the index.
- Eight processes create one environment at the same path.
- `cache clean` while others install: both succeed, nothing is torn.
- Three `add` and a `sync` in one project, and one of them killed in every second round: what the others added is in
  the manifest, the lock and the environment.
"""

import os
import pathlib
import random
import shutil
import signal
import subprocess
import time
import tomllib

import common
import index
import wheels
from common import expect

PAIRS = {
    "different packages": ([], ["install", "forest"], ["install", "castle", "harry"],
                           [{"forest": "2.0", "castle": "2.0", "harry": "3.0"}]),
    "different versions": ([], ["install", "forest==1.0", "harry==1.0"], ["install", "forest==2.0", "harry==3.0"],
                           [{"forest": "1.0", "harry": "1.0"}, {"forest": "2.0", "harry": "3.0"}]),
    "install and uninstall": (["forest==1.0", "harry"], ["install", "forest==2.0"], ["uninstall", "-y", "forest"],
                              [{"forest": "2.0", "harry": "3.0"}, {"harry": "3.0"}]),
    "the same": ([], ["install", "forest", "castle"], ["install", "forest", "castle"],
                 [{"forest": "2.0", "castle": "2.0"}]),
    "two syncs": (["harry==1.0"], ["sync", "one.txt"], ["sync", "two.txt"],
                  [{"forest": "1.0"}, {"castle": "2.0", "harry": "3.0"}]),
}


def make_files():
    """The packages of the index."""
    files = [index.File.of(wheels.Wheel("harry", version)) for version in ("1.0", "3.0")]
    for number, version in ((700, "1.0"), (600, "2.0")):
        files.append(index.File.of(wheels.big_wheel("forest", version, number)))
        scripts = {f"castle-{n}": "castle:main" for n in range(9)}
        files.append(index.File.of(wheels.big_wheel("castle", version, 200, scripts=scripts)))
    return files


def start(box, *words):
    """The program as a process that goes on by itself."""
    return subprocess.Popen([box.program, *map(str, words)], cwd=box.work, env=box.variables,
                            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)


def finish(child, *allowed):
    """Waits for a process; fails unless its status is one of `allowed`."""
    message = child.communicate(timeout=180)[1].decode(errors="replace")
    expect(child.returncode in (allowed or (0,)), f"status {child.returncode} of {child.args[1:]}\n{message}")
    expect(not any(crash in message for crash in common.CRASHES), message)
    return message


def problems(box, environment, own):
    """Everything wrong with an environment, `pip check` included."""
    found = common.environment_problems(environment, own)
    check = common.pip_check(box.python, environment)
    return found + ([check.text.strip()] if check.status else [])


def one_environment(box, pair, rounds, numbers):
    """Two processes on one environment, started up to 60 ms apart."""
    held, first, second, allowed = PAIRS[pair]
    (box.work / "one.txt").write_text("forest==1.0\n")
    (box.work / "two.txt").write_text("castle==2.0\nharry==3.0\n")
    outcomes = set()
    for _ in range(rounds):
        environment = box.venv("env", "--clear")
        own = common.snapshot(environment)
        if held:
            box.run("pip", "install", "-p", environment, *held).ok()
        children = [start(box, "pip", first[0], "-p", environment, *first[1:])]
        time.sleep(numbers.random() * 0.06)
        children.append(start(box, "pip", second[0], "-p", environment, *second[1:]))
        for child in children:
            finish(child)
        state = common.installed(common.site_packages(environment))
        expect(state in allowed, f"the environment holds {state}")
        outcomes.add(allowed.index(state))
        wrong = problems(box, environment, own)
        expect(not wrong, f"{len(wrong)} problems\n" + "\n".join(wrong[:6]))
    return f"{rounds} times, {len(outcomes)} of {len(allowed)} possible outcomes seen"


def cache_problems(cache):
    """Untrue lines of the RECORD of every unpacked wheel in `cache`; and how many there were."""
    found, seen = [], 0
    for record in sorted(pathlib.Path(cache).rglob("*.dist-info/RECORD")):
        parts = record.relative_to(cache).parts
        if any(part in ("tmp", ".tmp") or part.startswith(".tmp") for part in parts):
            continue  # unfinished work, that nobody may use
        seen += 1
        base = record.parent.parent
        for row in common.record_rows(record.parent):
            if problem := common.row_problem(base, row):
                found.append(f"{record.parent.name}: {problem}")
    return found, seen


def cold_cache(box, served, rounds, numbers):
    """Eight processes on one cold cache, one of them killed."""
    words = ("forest", "castle", "harry", "--cache-dir")
    seen = 0
    for turn in range(rounds):
        cache = box.path / f"cold-{turn}"
        environments = [box.venv(f"e{number}", "--clear") for number in range(8)]
        served.log.clear()
        children = [start(box, "pip", "install", "-p", env, *words, cache) for env in environments]
        time.sleep(numbers.random() * 0.5)
        victim = numbers.randrange(8)
        children[victim].send_signal(signal.SIGKILL)
        for number, child in enumerate(children):
            finish(child, *((0, -signal.SIGKILL) if number == victim else (0,)))
        wrong, seen = cache_problems(cache)
        expect(not wrong and seen >= 3, f"{seen} unpacked wheels\n" + "\n".join(wrong[:6]))
        offline = box.venv("offline", "--clear")
        own = common.snapshot(offline)
        box.run("pip", "install", "--offline", "-p", offline, *words, cache).ok()
        wrong = problems(box, offline, own)
        expect(not wrong, "\n".join(wrong[:6]))
        shutil.rmtree(cache)
    return f"{rounds} times, {seen} unpacked wheels each"


def one_path(box, rounds):
    """Eight processes make an environment at the same path: one of them wins, or
    all do, and what is there is whole."""
    pristine = common.snapshot(box.venv("pristine")).keys()
    for turn in range(rounds):
        place = box.work / f"place{turn}"
        place.mkdir()
        children = [start(box, "venv", "-q", "-p", box.python, place / "env") for _ in range(8)]
        for child in children:
            finish(child, 0, 2)
        expect(any(child.returncode == 0 for child in children), "nobody made it")
        expect(os.listdir(place) == ["env"], f"left behind: {os.listdir(place)}")
        found = common.snapshot(place / "env").keys()
        expect(found == pristine, f"differs in {sorted(found ^ pristine)[:6]}")
        box.python_says(place / "env", "import sys; assert sys.prefix != sys.base_prefix")
    return f"{rounds} times"


def cleaning(box, rounds):
    """The cache is cleaned while environments are filled from it."""
    for _ in range(rounds):
        environment = box.venv("env", "--clear")
        own = common.snapshot(environment)
        install = start(box, "pip", "install", "-p", environment, "forest", "castle")
        cleaners = [start(box, "cache", "clean") for _ in range(2)]
        for child in (install, *cleaners):
            finish(child)
        wrong = problems(box, environment, own)
        expect(not wrong, "\n".join(wrong[:6]))
    return f"{rounds} times"


def one_project(box, rounds, numbers):
    """Several commands change one project at once; now and then one of them is killed."""
    names = ("forest", "castle", "harry")
    for turn in range(rounds):
        project = box.work / f"project{turn}"
        project.mkdir()
        text = '[project]\nname = "p"\nversion = "0.1.0"\nrequires-python = ">=3.8"\ndependencies = []\n'
        (project / "pyproject.toml").write_text(text)
        orders = [("add", name) for name in names] + [("sync",)]
        numbers.shuffle(orders)
        children = []
        for order in orders:
            children.append(start(box, *order, "--project", project, "-p", box.python))
            time.sleep(numbers.random() * 0.05)
        victim = numbers.randrange(4) if turn % 2 else None
        if victim is not None:
            time.sleep(numbers.random() * 0.3)
            children[victim].send_signal(signal.SIGKILL)
        for number, child in enumerate(children):
            finish(child, *((0, -signal.SIGKILL) if number == victim else (0,)))
        wanted = {order[1] for order, child in zip(orders, children) if order[0] == "add" and child.returncode == 0}
        box.run("sync", "--locked", "--project", project).ok()
        box.run("sync", "--check", "--project", project).ok()
        manifest = tomllib.loads((project / "pyproject.toml").read_text())["project"]["dependencies"]
        state = common.installed(common.site_packages(project / ".venv")).keys()
        for found in ({text.partition(">")[0] for text in manifest}, set(state)):
            expect(wanted <= found, f"added {sorted(wanted)}, and there is {sorted(found)}")
        left = {"pyproject.toml", "pylock.toml", ".venv"}
        expect(set(os.listdir(project)) == left, f"left behind: {os.listdir(project)}")
    return f"{rounds} times"


def main():
    options = common.arguments(
        __doc__,
        rounds={"type": int, "default": 5, "help": "how often each check is made (default: 5)"},
        seed={"type": int, "default": random.randrange(1 << 32), "help": "of the random moments"},
    )
    print(f"program {options.program}, seed {options.seed}", flush=True)
    numbers = random.Random(options.seed)
    report = common.Report(options.only)

    def slow(_request):
        time.sleep(numbers.random() * 0.05)

    sandbox = common.Sandbox(options.program, options.python, options.dir)
    with sandbox as box, index.Index(make_files(), hook=slow) as served:
        box.use_index(served.url)
        for pair in PAIRS:
            report.check(f"environment: {pair}", one_environment, box, pair, options.rounds, numbers)
        report.check("cache", cold_cache, box, served, options.rounds, numbers)
        report.check("venv", one_path, box, options.rounds)
        report.check("project", one_project, box, options.rounds, numbers)
        report.check("clean", cleaning, box, options.rounds)
    return report.finish()


if __name__ == "__main__":
    raise SystemExit(main())
