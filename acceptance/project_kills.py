#!/usr/bin/env python3
"""Ends commands of projects at random moments, and lets them fail in every other
way: manifest, lock and environment are then all as before, or all as after.

    acceptance/project_kills.py [--kills 60] [--seed N] [--program PROGRAM] [--only CHECK]

Each kill (SIGKILL, SIGINT, SIGTERM in turn) takes a project in a known state and
ends one of `add`, `remove`, `lock -U`, `sync`, `version --bump` after a share of
its usual time. Then one more command is run, and all three have to be what they
were, or all what they should become; the same command once more succeeds. The
rest are failures on purpose: no such package, a broken build, an index that
breaks off, two commands at a time, an editor that saves while a package is added,
a lock behind a symbolic link, a full disk (root only).
"""

import pathlib
import random
import shutil
import signal
import subprocess
import threading
import tomllib

import common
import index
import kills
import twins
import wheels
from common import Failure, expect

BASE = '''[project]
name = "p"
version = "0.1.0"
requires-python = ">=3.9"
dependencies = [
    # kept where it is
    "sirius",
]
'''

# The manifest at the start, commands that prepare, the command that is killed, whether it can be run again.
CHANGES = {
    "add": (BASE, [["sync"]], ["add", "forest", "castle"], True),
    "add to a group": (BASE, [["sync"]], ["add", "--group", "big", "forest"], True),
    "remove": (BASE, [["add", "forest", "castle"]], ["remove", "forest", "castle"], False),
    "lock": (BASE, [["lock", "--exclude-newer", "2024-03-01"]], ["lock", "-U"], True),
    "sync": (BASE.replace("sirius", "forest"), [["lock"]], ["sync"], True),
    "upgrade": (BASE, [["add", "--raw", "forest", "castle", "--exclude-newer", "2024-03-01"]], ["sync", "-U"], True),
    "version": (BASE, [["sync"]], ["version", "--bump", "minor"], False),
    "add to a package": (BASE + twins.BUILDS, [["sync"]], ["add", "forest"], True),
    "remove from a package": (BASE + twins.BUILDS, [["add", "forest"]], ["remove", "forest"], False),
}


def packages():
    """What `kills.py` has, as files of an index; new versions are from after March 2024."""
    def file(wheel):
        late = wheel.version not in ("1.0",)
        return index.File.of(wheel, upload_time="2024-06-01T00:00:00Z" if late else "2024-01-01T00:00:00Z")
    made = [wheels.Wheel("harry", "1.0"), wheels.Wheel("harry", "3.0"),
            wheels.Wheel("sirius", "1.0", requires=("harry<2",)), wheels.Wheel("sirius", "2.0", requires=("harry>=3",)),
            wheels.Wheel("owl", "1.0", scripts={"owl": "owl:main"}), wheels.Wheel("luna", "1.0")]
    for version, count in (("1.0", 500), ("2.0", 400)):
        made.append(wheels.big_wheel("forest", version, count))
        data = {f"data/share/castle/room{n}": f"{version} {n}\n" for n in range(40)}
        made.append(wheels.big_wheel("castle", version, 200, data=data, scripts={"castle": "castle:main"}))
    return [file(wheel) for wheel in made]


class Bench:
    """A project directory, kept states of it, and the index its packages come from."""

    def __init__(self, box, served):
        self.box = box
        self.served = served
        self.root = box.work / "p"
        self.kept = box.work / "kept"
        first = str(pathlib.Path(box.python).parent)
        box.variables["PATH"] = f"{first}:{box.variables['PATH']}"
        box.use_index(served.url)
        self.states = {}

    def run(self, *words, **keywords):
        return self.box.run(*words, cwd=self.root, **keywords)

    def start(self, words):
        return subprocess.Popen([self.box.program, *words], cwd=self.root, env=self.box.variables,
                                stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE,
                                start_new_session=True)

    def fresh(self, manifest=BASE, name="pyproject.toml"):
        """A project of nothing but a manifest."""
        shutil.rmtree(self.root, ignore_errors=True)
        self.root.mkdir(parents=True)
        (self.root / name).write_bytes(manifest.encode())
        if "backend-path" in manifest:
            (self.root / "backend.py").write_text(twins.BACKEND)
            (self.root / "src/p").mkdir(parents=True)
            (self.root / "src/p/__init__.py").write_text("")

    def prepared(self, change):
        """The project as it is before a change; the states before and after, and the seconds between."""
        manifest, before, words, _ = CHANGES[change]
        kept = self.kept / change.replace(" ", "-")
        if change not in self.states:
            self.fresh(manifest)
            for command in before:
                self.run(*command).ok()
            shutil.copytree(self.root, kept, symlinks=True)
            first = self.state()
            seconds = self.run(*words).ok().seconds
            self.states[change] = (first, self.state(), seconds)
            expect(first != self.states[change][1], f"{change} changes nothing")
        shutil.rmtree(self.root)
        shutil.copytree(kept, self.root, symlinks=True)
        return self.states[change]

    def state(self):
        """The manifest, the lock and what is installed."""
        def text(name):
            path = self.root / name
            return path.read_bytes() if path.exists() else None
        sites = list((self.root / ".venv").glob("lib/python*/site-packages"))
        # An environment without packages is as good as none.
        installed = common.installed(sites[0]) if sites else {}
        own = sorted(sites[0].glob("p-*.dist-info/METADATA")) if sites else []
        installed |= {"METADATA of p": path.read_text() for path in own}
        return {"manifest": text("pyproject.toml"), "lock": text("pylock.toml"), "installed": installed}

    def problems(self):
        site = list((self.root / ".venv").glob("lib/python*/site-packages"))
        if not site:
            return []
        records = [problem for info in sorted(site[0].glob("*.dist-info")) for problem in
                   common.record_problems(site[0], info)]
        return records + common.leftovers(self.root / ".venv") + strays(self.root)


def strays(root):
    """Files beside the project's own that nobody wants."""
    known = {"backend.py", "src", "__pycache__", "pyproject.toml", "pylock.toml", ".venv", ".python-version", "uv.lock"}
    return [f"{path.name} was left behind" for path in root.iterdir() if path.name not in known]


def like(state, *known):
    """Which of the known states it is; None for a mixture."""
    return next((at for at, one in enumerate(known) if one == state), None)


def named(state, before, after):
    words = []
    for part in ("manifest", "lock", "installed"):
        same = [word for word, one in (("before", before), ("after", after)) if one[part] == state[part]]
        words.append(f"{part} {' or '.join(same) or state[part]}")
    return ", ".join(words)


def one_kill(bench, change, number, share):
    before, after, seconds = bench.prepared(change)
    _, _, words, again = CHANGES[change]
    child = bench.start(words)
    try:
        child.wait(share * seconds)
    except subprocess.TimeoutExpired:
        child.send_signal(number)
    message = child.communicate(timeout=60)[1].decode(errors="replace")
    where = f"{change}, {number.name} at {share:.2f} (status {child.returncode})"
    expect(not any(crash in message for crash in common.CRASHES), f"{where}\n{message}")
    for name in ("pyproject.toml", "pylock.toml"):
        if (bench.root / name).exists():
            tomllib.loads((bench.root / name).read_text())
    bench.run("pip", "list").ends(0, 2)
    state = bench.state()
    found = like(state, before, after)
    expect(found is not None, f"{where}: a mixture: {named(state, before, after)}")
    expect(child.returncode != 0 or found == 1, f"{where}: it ended well, and nothing changed")
    problems = bench.problems()
    expect(not problems, f"{where}: {problems[:5]}")
    if again or found == 0:
        bench.run(*words).ok()
        expect(bench.state() == after, f"{where}, then again: {named(bench.state(), before, after)}")
    return child.returncode != 0


def kill(bench, times, numbers):
    signals = (signal.SIGKILL, signal.SIGKILL, signal.SIGINT, signal.SIGTERM)
    failures, met = [], 0
    for turn in range(times):
        change = list(CHANGES)[turn % len(CHANGES)]
        try:
            met += one_kill(bench, change, signals[turn // len(CHANGES) % 4], numbers.random() * 1.05)
        except Failure as failure:
            failures.append(str(failure))
    report = "\n".join(failures[:6])
    expect(not failures, f"{len(failures)} of {times} kills did damage\n{report}")
    return f"{times} kills, {met} of them met the command running"


def refused(bench, words, *, variables=None, says=()):
    """A command that fails, and changes nothing."""
    before = bench.state(), common.snapshot(bench.root, (".venv",))
    result = bench.run(*words, check_crash=False, **(variables or {}))
    expect(result.status != 0, f"it succeeded\n{result}")
    result.says(*says)
    after = bench.state(), common.snapshot(bench.root, (".venv",))
    expect(before == after, f"not as before\n{result}\n{common.difference(before[1], after[1])}")
    expect(not bench.problems(), f"{bench.problems()[:5]}\n{result}")


def failures(bench):
    """Whatever fails leaves everything as it was."""
    bench.fresh()
    bench.run("sync").ok()
    refused(bench, ["add", "nosuch"], says=["nosuch"])
    refused(bench, ["add", "harry>=99"])
    refused(bench, ["remove", "harry"])
    refused(bench, ["add", "owl", "--offline"], variables={"NAJA_CACHE_DIR": bench.box.work / "empty"})
    refused(bench, ["add", "--locked", "owl"])
    broken = bench.box.work / "broken"
    broken.mkdir()
    (broken / "pyproject.toml").write_text('[project]\nname = "broken"\nversion = "1"\n' + twins.BUILDS)
    (broken / "backend.py").write_text("raise SystemExit('no build today')\n")
    refused(bench, ["add", "../broken"], says=["no build today"])
    (broken / "backend.py").write_text(twins.BACKEND.replace("def build_wheel(", "def build_wheel(*_, **__):\n    raise SystemExit('no wheel today')\n\ndef other("))
    refused(bench, ["add", "../broken"], says=["no wheel today"])

    def breaks(request):
        return index.Answer(503) if "owl-1.0" in request.path and request.path.endswith(".whl") else None
    bench.served.hook = breaks
    try:
        refused(bench, ["add", "owl"], variables={"NAJA_HTTP_RETRIES": 0})
    finally:
        bench.served.hook = None
    return "7 failures"


def manifests(bench):
    """Marks and line ends of other systems stay, and a failing edit leaves no trace."""
    for text in (BASE.replace("\n", "\r\n"), "\ufeff" + BASE, BASE.rstrip("\n")):
        bench.fresh(text)
        bench.run("add", "owl", "--no-sync").ok()
        bench.run("add", "nosuch").ends(1)
        bench.run("remove", "owl", "--no-sync").ok()
        found = (bench.root / "pyproject.toml").read_bytes()
        expect(found == text.encode(), f"{found!r} is not {text!r}")


def link(bench):
    """A manifest and a lock behind symbolic links stay there."""
    shared = bench.box.work / "shared"
    shared.mkdir()
    bench.fresh()
    bench.run("lock").ok()
    for name in ("pyproject.toml", "pylock.toml"):
        (bench.root / name).rename(shared / name)
        (bench.root / name).symlink_to(shared / name)
    for words in (["add", "owl", "--no-sync"], ["add", "luna"], ["remove", "owl"], ["add", "--frozen", "owl"], ["lock"], ["sync"]):
        bench.run(*words).ok()
        for name in ("pyproject.toml", "pylock.toml"):
            expect((bench.root / name).is_symlink(), f"{name} is no link any more after {words}")
    expect("owl" in (shared / "pyproject.toml").read_text(), "the manifest behind the link has no owl")
    expect("owl" in (shared / "pylock.toml").read_text(), "the lock behind the link has no owl")


def together(bench):
    """Two commands at a time: both succeed, or one says that it was overtaken; nothing is lost."""
    overtaken = 0
    for turn in range(6):
        bench.fresh()
        bench.run("sync").ok()
        children = [bench.start(["add", name]) for name in ("owl", "luna")]
        told = [child.communicate(timeout=120)[1].decode() for child in children]
        statuses = [child.returncode for child in children]
        text = (bench.root / "pyproject.toml").read_text()
        for name, status, words in zip(("owl", "luna"), statuses, told):
            expect((status == 0) == (f'"{name}' in text), f"{name}: status {status}\n{words}\n{text}")
            overtaken += status != 0
            expect(status == 0 or "in the meantime" in words or "changed" in words, words)
        expect(0 in statuses, f"both failed\n{told}")
        bench.run("sync", "--locked", "--check").ok()
        expect(not bench.problems(), str(bench.problems()[:5]))
    return f"6 pairs, {overtaken} commands were overtaken"


def editor(bench):
    """Somebody saves the manifest while a package is added: the command gives up, and what was saved stays."""
    for words in (["add", "owl"], ["add", "owl", "--no-sync"], ["version", "--bump", "minor"]):
        bench.fresh()
        bench.run("sync").ok()
        saved = BASE + "\n# saved meanwhile\n"
        path = bench.root / "pyproject.toml"
        done = threading.Event()

        def saves(request):
            if "owl" in request.path and not done.is_set():
                path.write_text(saved)
                done.set()
            return None
        if words[0] == "add":
            bench.served.hook = saves
            try:
                shutil.rmtree(bench.box.cache)
                result = bench.run(*words)
            finally:
                bench.served.hook = None
            expect(done.is_set(), "the index was not asked")
            expect(result.status != 0 and path.read_text() == saved, f"what was saved is gone\n{result}")
            expect(not bench.problems(), str(bench.problems()[:5]))
            bench.run(*words).ok()
            expect("# saved meanwhile" in path.read_text() and '"owl' in path.read_text(), path.read_text())
    return "2 commands"


def full_disk(bench, numbers):
    """The project's disk is full."""
    refusals = 0
    with kills.SmallDisk(bench.box.work / "disk", 8) as disk:
        root, bench.root = bench.root, disk.path / "p"
        try:
            for _ in range(8):
                bench.fresh()
                bench.run("sync", "--link-mode", "copy").ok()
                before = bench.state()
                disk.leave(numbers.randrange(0, 900_000))
                result = bench.run("add", "forest", "castle", "--link-mode", "copy")
                (disk.path / "filler").unlink(missing_ok=True)
                bench.run("pip", "list").ok()
                if result.status != 0:
                    refusals += 1
                    expect(bench.state() == before, f"not as before\n{result}")
                expect(not bench.problems(), f"{bench.problems()[:5]}\n{result}")
                bench.run("add", "forest", "castle").ok()
        finally:
            bench.root = root
    return f"8 times, {refusals} refused"


def main():
    options = common.arguments(
        __doc__,
        kills={"type": int, "default": 60, "help": "kills in all (default: 60)"},
        seed={"type": int, "default": random.randrange(1 << 32), "help": "of the random moments"},
    )
    print(f"program {options.program}, seed {options.seed}", flush=True)
    numbers = random.Random(options.seed)
    report = common.Report(options.only)
    with common.Sandbox(options.program, options.python, options.dir) as box, index.Index(packages()) as served:
        bench = Bench(box, served)
        report.check("kill", kill, bench, options.kills, numbers)
        report.check("failures", failures, bench)
        report.check("manifests", manifests, bench)
        report.check("link", link, bench)
        report.check("together", together, bench)
        report.check("editor", editor, bench)
        report.check("full disk", full_disk, bench, numbers)
    return report.finish()


if __name__ == "__main__":
    raise SystemExit(main())
