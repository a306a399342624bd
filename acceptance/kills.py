#!/usr/bin/env python3
"""Ends the program under test at random moments of its work, and asks whether
anything half-done remains.

    acceptance/kills.py [--kills 100] [--seed N] [--program PROGRAM] [--only CHECK]

Each kill takes an environment that holds one known set of packages and kills
(SIGKILL) an installation, an upgrade or a removal in it; the moments are spread
over the whole time which the command was measured to take. One more command of
the program follows: the same again, or another small change. After it

- every line of every RECORD is true, and no file belongs to nothing (`verify` of
  the program says the same);
- the environment holds the packages from before the killed command or those
  from after it (changed as the last command asked), never a mixture;
- nothing of the unfinished work is left in the environment;
- `pip check` has nothing to say.

The same is done with SIGINT and SIGTERM (where the environment must be right
at once, and the status say which signal it was), with a full disk (a small
memory file system; needs root), and with the making of environments. At last
the environment lies in the lower layer of a layered file system, as in the
image of a container, where no directory can be renamed (needs root, too).
"""

import os
import pathlib
import random
import shutil
import signal
import statistics
import subprocess
import time

import common
import wheels
from common import Failure, Skip, expect

OLD = {"harry": "1.0", "sirius": "1.0", "forest": "1.0", "castle": "1.0"}
NEW = {"harry": "3.0", "sirius": "2.0", "forest": "2.0", "castle": "2.0"}

# What is done to the environment: the packages before and after, and the command.
CHANGES = {
    "install": ({}, OLD, ["install", *(f"{n}=={v}" for n, v in OLD.items())]),
    "upgrade": (OLD, NEW, ["install", "-U", *NEW]),
    "downgrade": (NEW, OLD, ["install", *(f"{n}=={v}" for n, v in OLD.items())]),
    "uninstall": (OLD, {}, ["uninstall", "-y", *OLD]),
}

# The same for what takes changes back: what is done before, the packages before and after, and
# the command.
BACK = {
    "undo": ([CHANGES["install"][2], CHANGES["upgrade"][2]], NEW, OLD, ["undo"]),
    "undo 2": ([CHANGES["install"][2], CHANGES["upgrade"][2]], NEW, {}, ["undo", "2"]),
    "redo": ([CHANGES["install"][2], CHANGES["upgrade"][2], ["undo"]], OLD, NEW, ["redo"]),
    "repair": ([CHANGES["install"][2]], OLD, OLD, ["repair"]),
}


def make_wheels(directory):
    """The packages, some of many files and one with scripts and data."""
    wheels.Wheel("harry", "1.0").write(directory)
    wheels.Wheel("harry", "3.0").write(directory)
    wheels.Wheel("sirius", "1.0", requires=("harry<2",)).write(directory)
    wheels.Wheel("sirius", "2.0", requires=("harry>=3",)).write(directory)
    wheels.Wheel("owl", "1.0", scripts={"owl": "owl:main"}).write(directory)
    for version, files in (("1.0", 900), ("2.0", 700)):
        wheels.big_wheel("forest", version, files).write(directory)
        data = {f"data/share/castle/room{n}": f"{version} {n}\n" for n in range(60)}
        data["scripts/gate"] = "#!python\nprint('open')\n"
        scripts = {f"castle-{n}": "castle:main" for n in range(20)}
        wheels.big_wheel("castle", version, 300, data=data, scripts=scripts).write(directory)


class Bench:
    """A sandbox with the wheels, a pristine environment per set, and the times
    that commands take when nobody disturbs them."""

    def __init__(self, box, link_mode):
        self.box = box
        self.link_mode = link_mode
        self.links = box.path / "wheels"
        self.options = ["--no-index", "--find-links", str(self.links), "--link-mode", link_mode]
        self.base = box.venv("base")
        self.own = common.snapshot(self.base)
        self.times = {}
        self.pictures = {}
        self.env = box.work / "env"

    def command(self, words):
        """`pip WORDS` on the environment under test, or another command."""
        if words[0] in ("undo", "redo", "repair", "verify"):
            return [self.box.program, words[0], "-p", str(self.env), *words[1:]]
        options = self.options if words[0] == "install" else []
        return [self.box.program, "pip", words[0], "-p", str(self.env), *options, *words[1:]]

    def prepare(self, packages):
        """A fresh environment that holds `packages`."""
        shutil.rmtree(self.env, ignore_errors=True)
        self.box.venv("env")
        if packages:
            self.run(["install", *(f"{name}=={version}" for name, version in packages.items())]).ok()

    def run(self, words):
        return common.run(self.command(words), self.box.work, self.box.variables)

    def start(self, words):
        """The command as a process of a session of its own."""
        return subprocess.Popen(self.command(words), cwd=self.box.work, env=self.box.variables,
                                stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                                stderr=subprocess.PIPE, start_new_session=True)

    def measured(self, change):
        """Seconds that a change takes, by the median of three."""
        if change not in self.times:
            before, _, words = CHANGES[change]
            times = []
            for _ in range(3):
                self.prepare(before)
                times.append(self.run(words).ok().seconds)
            self.times[change] = statistics.median(times)
        return self.times[change]

    def state(self):
        return common.installed(common.site_packages(self.env))

    def problems(self):
        """Everything wrong with the environment as it is now."""
        problems = common.environment_problems(self.env, self.own)
        check = common.pip_check(self.box.python, self.env)
        return problems + ([f"pip check: {check.text.strip()}"] if check.status else [])


def strike(bench, change, share, number):
    """Starts a change and sends it a signal after `share` of its usual time;
    the status it ended with, what it said, and the seconds it went on after the
    signal (None when it had ended before)."""
    before, _, words = CHANGES[change]
    delay = share * bench.measured(change)
    bench.prepare(before)
    child = bench.start(words)
    struck = None
    try:
        child.wait(delay)
    except subprocess.TimeoutExpired:
        struck = time.monotonic()
        child.send_signal(number)
    message = child.communicate(timeout=60)[1].decode(errors="replace")
    return child.returncode, message, struck and time.monotonic() - struck


def follow(bench, change, random_numbers):
    """One more command after a kill; what may be installed then."""
    before, after, words = CHANGES[change]
    choice = random_numbers.choice(("same", "install", "uninstall"))
    if choice == "same":
        bench.run(words).ok()
        return choice, [after]
    if choice == "install":
        bench.run(["install", "owl"]).ok()
        return choice, [before | {"owl": "1.0"}, after | {"owl": "1.0"}]
    bench.run(["uninstall", "-y", "nobody"]).ok()
    return choice, [before, after]


def one_kill(bench, change, share, random_numbers):
    """One kill, one more command, and all that must be true then; the way it went."""
    status, *_ = strike(bench, change, share, signal.SIGKILL)
    bench.box.run("pip", "list", "-p", bench.env).ok()
    choice, allowed = follow(bench, change, random_numbers)
    state = bench.state()
    where = f"{change}, {bench.link_mode}, killed at {share:.2f} of the time (status {status}), then {choice}"
    expect(state in allowed, f"{where}: the environment holds {state}")
    problems = bench.problems()
    shown = "\n".join(problems[:8])
    expect(not problems, f"{where}: {len(problems)} problems\n{shown}")
    return status


def kills(bench, share_of_kills, random_numbers):
    """Kills spread over all changes; how many met the command still running."""
    changes = list(CHANGES)
    failures, met = [], 0
    for number in range(share_of_kills):
        change = changes[number % len(changes)]
        steps = max(share_of_kills // len(changes), 1)
        share = (number // len(changes) + random_numbers.random()) / steps
        try:
            met += one_kill(bench, change, share, random_numbers) == -signal.SIGKILL
        except Failure as failure:
            failures.append(str(failure))
    times = ", ".join(f"{name} {seconds * 1000:.0f} ms" for name, seconds in bench.times.items())
    report = "\n".join(failures[:5])
    expect(not failures, f"{len(failures)} of {share_of_kills} kills did damage\n{report}")
    return f"{share_of_kills} kills, {met} of them met the command running ({times})"


def damage(bench):
    """Loses and changes files of every package; what `repair` is for."""
    site = common.site_packages(bench.env)
    for name in OLD:
        files = sorted(path for path in (site / name).rglob("*.py") if path.is_file())
        (files or [site / f"{name}.py"])[0].unlink()
        for path in files[1:40]:
            path.unlink()
            path.write_text("changed = True\n")


def one_kill_back(bench, change, share):
    """Kills one command that takes changes back. What is found after the next command is what
    was there before or what it should have become, byte for byte."""
    earlier, before, after, words = BACK[change]

    def begin():
        bench.prepare({})
        for command in earlier:
            bench.run(command).ok()
        if words[0] == "repair":
            damage(bench)

    def picture():
        return common.snapshot(bench.env, (".lock", ".naja"))

    if change not in bench.times:
        begin()
        bench.pictures[change] = [picture()]
        bench.times[change] = bench.run(words).ok().seconds
        bench.pictures[change].append(picture())
    begin()
    child = bench.start(words)
    try:
        child.wait(share * bench.times[change])
    except subprocess.TimeoutExpired:
        child.kill()
    child.communicate(timeout=60)
    bench.box.run("pip", "list", "-p", bench.env).ok()
    where = f"{change}, {bench.link_mode}, killed at {share:.2f} of the time"
    found = picture()
    differences = [common.difference(known, found) for known in bench.pictures[change]]
    expect(not all(differences), f"{where}: a mixture\n{differences[1]}")
    expect(bench.state() in (before, after), f"{where}: the environment holds {bench.state()}")
    expect(not common.leftovers(bench.env), f"{where}: {common.leftovers(bench.env)[:5]}")
    if differences[1]:
        bench.run(words).ok()
        late = common.difference(bench.pictures[change][1], picture())
        expect(not late, f"{where}, then again: {late}")
    bench.run(["verify"]).ok()
    return child.returncode


def kills_back(bench, times, random_numbers):
    """Kills spread over undo, redo and repair."""
    failures, met = [], 0
    for number in range(times):
        change = list(BACK)[number % len(BACK)]
        try:
            met += one_kill_back(bench, change, random_numbers.random()) == -signal.SIGKILL
        except Failure as failure:
            failures.append(str(failure))
    report = "\n".join(failures[:5])
    expect(not failures, f"{len(failures)} of {times} kills did damage\n{report}")
    return f"{times} kills of undo, redo and repair, {met} of them met the command running"


def soft_signals(bench, number, times, random_numbers):
    """SIGINT or SIGTERM: the status says so, and the environment is right at once."""
    failures, met, ended, longest = [], 0, 0, 0.0
    for turn in range(times):
        change = list(CHANGES)[turn % len(CHANGES)]
        share = random_numbers.random()
        status, message, seconds = strike(bench, change, share, number)
        before, after, _ = CHANGES[change]
        where = f"{change} at {share:.2f}: "
        if status not in (0, -number, 128 + number):
            failures.append(f"{where}status {status}\n{message}")
        if any(crash in message for crash in common.CRASHES):
            failures.append(where + message)
        if seconds is not None:
            met += 1
            ended += status != 0
            longest = max(longest, seconds)
        try:
            state = bench.state()
        except Failure as failure:
            state = str(failure)
        wanted = [after] if status == 0 else [before, after]
        if state not in wanted:
            failures.append(f"{where}status {status}, the environment holds {state}")
        failures += [where + problem for problem in bench.problems()[:3]]
    report = "\n".join(failures[:8])
    expect(not failures, f"{len(failures)} problems\n{report}")
    expect(longest < 1.5, f"the command went on for {longest:.1f} s")
    return (f"{met} of {times} met the command running, {ended} of these ended it, the others came too late "
            f"to stop it; the longest wait was {longest * 1000:.0f} ms")


def venv_kills(bench, times, random_numbers):
    """Making an environment is killed: there is nothing then, or a whole one."""
    box, place = bench.box, bench.box.work / "place"
    place.mkdir()
    words = [box.program, "venv", "-q", "-p", box.python, "new"]
    usual = statistics.median(common.run([*words[:-1], f"t{n}"], place, box.variables).ok().seconds for n in range(5))
    shutil.rmtree(place)
    counts = {"nothing": 0, "whole": 0}
    for _ in range(times):
        place.mkdir()
        child = subprocess.Popen(words, cwd=place, env=box.variables, stderr=subprocess.DEVNULL)
        time.sleep(random_numbers.random() * usual)
        child.kill()
        child.wait()
        there = (place / "new").exists()
        counts["whole" if there else "nothing"] += 1
        if there:
            whole(bench, place / "new", "after the kill")
            common.run([*words, "--clear"], place, box.variables).ok()
        else:
            common.run(words, place, box.variables).ok()
        whole(bench, place / "new", "after the next command")
        left = sorted(path.name for path in place.iterdir())
        expect(left == ["new"], f"left beside the environment: {left}")
        shutil.rmtree(place)
    return f"{times} kills in {usual * 1000:.0f} ms: {counts['nothing']} nothing, {counts['whole']} whole"


def whole(bench, environment, when):
    """Fails unless an environment is what an undisturbed one is."""
    kept = common.is_kept
    wanted = {path for path in bench.own if not kept(path)}
    found = {path for path in common.snapshot(environment) if not kept(path)}
    expect(wanted == found, f"{when}: not whole, differs in {sorted(wanted ^ found)[:8]}")
    bench.box.python_says(environment, "import sys; assert sys.prefix != sys.base_prefix")


class Mount:
    """A file system that is there for a while."""

    def __init__(self, path, kind, options):
        self.path = pathlib.Path(path)
        self.path.mkdir(exist_ok=True)
        if os.geteuid() != 0 or shutil.which("mount") is None:
            raise Skip("only root can mount a file system")
        done = common.run(["mount", "-t", kind, "-o", options, kind, self.path])
        if done.status != 0:
            raise Skip(f"no {kind} can be mounted: {done.stderr.strip()}")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        common.run(["umount", "-l", self.path])


class SmallDisk(Mount):
    """A memory file system of a few megabytes."""

    def __init__(self, path, megabytes):
        super().__init__(path, "tmpfs", f"size={megabytes}m")

    def leave(self, free):
        """Fills the disk until only `free` bytes are left."""
        filler = self.path / "filler"
        filler.unlink(missing_ok=True)
        status = os.statvfs(self.path)
        size = max(status.f_bavail * status.f_frsize - free, 0)
        with open(filler, "wb") as file:
            os.posix_fallocate(file.fileno(), 0, max(size, 1))


def full_disk(bench, random_numbers, rounds=12):
    """The environment's disk is full in mid-change: refused, nothing changed, and
    the same command succeeds when there is room again."""
    refused = 0
    with SmallDisk(bench.box.path / "disk", 24) as disk:
        usual, bench.env = bench.env, disk.path / "env"
        try:
            for turn in range(rounds):
                refused += one_full_disk(bench, disk, list(CHANGES)[turn % 3], random_numbers)
        finally:
            bench.env = usual
    expect(refused, "the disk was never full")
    return f"{rounds} changes on a nearly full disk, {refused} of them refused"


def one_full_disk(bench, disk, change, random_numbers):
    """One change with little room; whether it was refused."""
    before, after, words = CHANGES[change]
    (disk.path / "filler").unlink(missing_ok=True)
    shutil.rmtree(bench.env, ignore_errors=True)
    bench.box.venv(bench.env)
    if before:
        bench.run(["install", *(f"{name}=={version}" for name, version in before.items())]).ok()
    picture = common.snapshot(bench.env)
    disk.leave(random_numbers.randrange(0, 12_000_000))
    result = bench.run(words)
    expect(not result.crashed(), str(result))
    if result.status != 0:
        changed = common.difference(picture, common.snapshot(bench.env, (".lock", ".naja")))
        expect(not changed, f"{change}: refused, and yet\n{changed}\n{result}")
        (disk.path / "filler").unlink()
        bench.run(words).ok()
    expect(bench.state() == after, f"{change}: the environment holds {bench.state()}")
    (disk.path / "filler").unlink(missing_ok=True)
    problems = bench.problems()
    expect(not problems, f"{change} on a full disk: {problems[:6]}\n{result}")
    return result.status != 0


def full_cache(bench, random_numbers, rounds=6):
    """The cache's disk is full: refused with a reason, and nothing has changed."""
    refused = 0
    with SmallDisk(bench.box.path / "cache-disk", 6) as disk:
        for _ in range(rounds):
            bench.prepare({})
            shutil.rmtree(disk.path / "cache", ignore_errors=True)
            disk.leave(random_numbers.randrange(0, 900_000))
            picture = common.snapshot(bench.env)
            words = [*bench.command(CHANGES["install"][2]), "--cache-dir", disk.path / "cache"]
            result = common.run(words, bench.box.work, bench.box.variables)
            expect(not result.crashed(), str(result))
            if result.status != 0:
                refused += 1
                result.says("space")
                changed = common.difference(picture, common.snapshot(bench.env, (".lock", ".naja")))
                expect(not changed, f"refused, and yet\n{changed}\n{result}")
            (disk.path / "filler").unlink()
            common.run(words, bench.box.work, bench.box.variables).ok()
            expect(not bench.problems(), f"problems: {bench.problems()[:5]}")
    return f"{rounds} installations, {refused} of them refused"


def layered(bench):
    """The environment lies in the lower layer of a layered file system, where no
    directory can be renamed: every change succeeds all the same."""
    layers = bench.box.path / "layers"
    for change, (before, after, words) in CHANGES.items():
        bench.prepare(before)
        for name in ("upper", "work"):
            (layers / name).mkdir(parents=True)
        options = f"lowerdir={bench.env},upperdir={layers / 'upper'},workdir={layers / 'work'}"
        with Mount(bench.env, "overlay", options):
            try:
                (bench.env / "bin").rename(bench.env / "renamed")
                raise Skip("directories can be renamed here")
            except OSError:
                bench.run(words).ok()
            expect(bench.state() == after, f"{change}: the environment holds {bench.state()}")
            problems = bench.problems()
            expect(not problems, f"{change}: {problems[:6]}")
        shutil.rmtree(layers)
    return f"{len(CHANGES)} changes"


def main():
    options = common.arguments(
        __doc__,
        kills={"type": int, "default": 100, "help": "kills in all (default: 100)"},
        seed={"type": int, "default": random.randrange(1 << 32), "help": "of the random moments"},
    )
    print(f"program {options.program}, seed {options.seed}", flush=True)
    numbers = random.Random(options.seed)
    report = common.Report(options.only)
    with common.Sandbox(options.program, options.python, options.dir) as box:
        make_wheels(box.path / "wheels")
        for mode in ("hardlink", "copy"):
            bench = Bench(box, mode)
            report.check(f"kill {mode}", kills, bench, options.kills // 2, numbers)
            report.check(f"kill undo {mode}", kills_back, bench, max(options.kills // 4, 4), numbers)
            shutil.rmtree(bench.base)
        bench = Bench(box, "copy")
        for number in (signal.SIGINT, signal.SIGTERM):
            report.check(number.name, soft_signals, bench, number, max(options.kills // 5, 4), numbers)
        report.check("venv", venv_kills, bench, max(options.kills // 4, 4), numbers)
        report.check("full disk", full_disk, bench, numbers)
        report.check("full cache", full_cache, bench, numbers)
        report.check("layered", layered, bench)
    return report.finish()


if __name__ == "__main__":
    raise SystemExit(main())
