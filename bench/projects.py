#!/usr/bin/env python3
"""Compares how naja and uv lock, sync, run and change a project.

    bench/projects.py --naja target/release/naja --uv UV [--python PYTHON] [--rounds N] [--set hundred]
                      [--only NAME] [--growth SVG] [SIZE ...]

The project depends on what the set lists, and both tools work on their own copy
of it, one after the other in each round. What is printed is what compare.py
prints, whose index is used. "No-op" commands find everything as it is; "warm"
ones have all of the index in their cache. `add` is undone by `remove` before
the next round, and the other way round.

With --growth only the no-op commands are measured, in made-up projects of the
given sizes, and plotted into the file.
"""

import base64
import hashlib
import io
import json
import pathlib
import shutil
import signal
import statistics
import zipfile

import compare
import plot

# The targets of the issue that asked for them: naja divided by uv.
TARGETS = {
    "no-op lock": 0.2,
    "no-op lock --check": 0.2,
    "no-op sync": 0.2,
    "no-op run above python": 0.2,
    "no-op run of a script above python": 0.2,
    "no-op run --with above python": 0.2,
    "warm lock": 0.6,
    "warm re-lock": 0.6,
    "warm add": 0.5,
    "warm remove": 0.5,
    "warm sync, fresh environment": 0.6,
}

LOCKS = {"naja": "pylock.toml", "uv": "uv.lock"}

# A script with requirements of its own (PEP 723), found in the working directory.
SCRIPT = """\
# /// script
# requires-python = "==3.12.*"
# dependencies = ["iniconfig"]
# ///
"""

# What is added and removed: neither needs anything that the set does not have.
MORE = {"seed": "iniconfig", "hundred": "httptools"}

SIZES = [10, 50, 100, 200, 500]


def manifest(requirements):
    listed = "".join(f'    "{requirement}",\n' for requirement in requirements)
    return (
        '[project]\nname = "castle"\nversion = "0.1.0"\nrequires-python = ">=3.12"\n'
        f"dependencies = [\n{listed}]\n"
    )


class Projects:
    """A project for each tool, with a cache and an environment of its own."""

    def __init__(self, bench, url, requirements):
        self.bench, self.url = bench, url
        self.cache = {tool: bench.fresh("cache") for tool in compare.TOOLS}
        self.home = {tool: bench.fresh("project") for tool in compare.TOOLS}
        for tool in compare.TOOLS:
            (self.home[tool] / "pyproject.toml").write_text(manifest(requirements))
            self.run(tool, "sync", "-p", bench.options.python)
            # The first time nothing is to be done, naja finds out; the second time it knows.
            for words in (["lock"], ["lock", "--check"], ["sync"], ["run", "python", "-c", "pass"]):
                for _ in range(2):
                    self.run(tool, *words)

    def run(self, tool, *words):
        self.bench.run(tool, words, self.cache[tool], self.url, cwd=self.home[tool])

    def command(self, *words):
        def there(tool, _):
            environment = self.bench.environment(self.cache[tool], self.url)
            return [self.bench.programs[tool], *words], environment, self.home[tool]

        return there

    def bare(self):
        environment = self.bench.environment(self.bench.scratch, self.url)
        return [self.bench.options.python, "-c", "pass"], environment, self.bench.scratch


def compare_in(bench, url, name):
    listed = (compare.HERE / "sets" / f"{name}.txt").read_text().splitlines()
    projects = Projects(bench, url, [line for line in listed if line and not line.startswith("#")])
    nothing = lambda tool: None
    many = 3 * bench.options.rounds
    for words in (["lock"], ["lock", "--check"], ["sync"]):
        bench.compare(f"no-op {' '.join(words)}", name, nothing, projects.command(*words), rounds=many)
    run = projects.command("run", "python", "-c", "pass")
    bench.compare("no-op run above python", name, nothing, run, less=projects.bare(), rounds=many)

    for tool in compare.TOOLS:
        (projects.home[tool] / "alone.py").write_text(SCRIPT)
    for title, words in (
        ("no-op run of a script above python", ["run", "alone.py"]),
        ("no-op run --with above python", ["run", "--with", "iniconfig", "python", "-c", "pass"]),
    ):
        if bench.options.only and bench.options.only not in title:
            continue
        for tool in compare.TOOLS:
            for _ in range(3):
                projects.run(tool, *words)
        bench.compare(title, name, nothing, projects.command(*words), less=projects.bare(), rounds=many)

    def without_lock(tool):
        (projects.home[tool] / LOCKS[tool]).unlink()

    bench.compare("warm lock", name, without_lock, projects.command("lock"))

    line, more = f'    "{MORE[name]}>=0",\n', MORE[name]

    def edited(tool):
        """One dependency more, or one less."""
        path = projects.home[tool] / "pyproject.toml"
        text = path.read_text()
        path.write_text(text.replace(line, "") if line in text else text.replace("\n]\n", f"\n{line}]\n", 1))

    bench.compare("warm re-lock", name, edited, projects.command("lock"))
    for tool in compare.TOOLS:
        if line in (projects.home[tool] / "pyproject.toml").read_text():
            edited(tool)
        projects.run(tool, "add", more)
    remove = lambda tool: projects.run(tool, "remove", more)
    bench.compare("warm add", name, remove, projects.command("add", more))
    add = lambda tool: projects.run(tool, "add", more)
    bench.compare("warm remove", name, add, projects.command("remove", more))

    def gone(tool):
        """On a disk it is only put aside: ext4 takes its time to go past what was deleted a short while ago."""
        environment = projects.home[tool] / ".venv"
        if bench.options.dir == compare.IN_MEMORY:
            shutil.rmtree(environment)
        else:
            environment.rename(bench.fresh("aside") / "env")

    sync = projects.command("sync", "-p", bench.options.python)
    bench.compare("warm sync, fresh environment", name, gone, sync)


def write_wheel(path, name, needs):
    """A wheel with one module, and its metadata beside it; returns the digests of both."""
    metadata = f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n{needs}\n"
    files = {
        f"{name}.py": "",
        f"{name}-1.0.dist-info/METADATA": metadata,
        f"{name}-1.0.dist-info/WHEEL": "Wheel-Version: 1.0\nGenerator: bench\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
    }
    digest = lambda text: base64.urlsafe_b64encode(hashlib.sha256(text.encode()).digest()).rstrip(b"=").decode()
    record = f"{name}-1.0.dist-info/RECORD"
    rows = [f"{file},sha256={digest(text)},{len(text)}" for file, text in files.items()]
    files[record] = "\n".join([*rows, f"{record},,", ""])
    whole = io.BytesIO()
    with zipfile.ZipFile(whole, "w") as archive:
        for file, text in files.items():
            archive.writestr(file, text)
    path.write_bytes(whole.getvalue())
    path.with_name(f"{path.name}.metadata").write_text(metadata)
    return hashlib.sha256(whole.getvalue()).hexdigest(), hashlib.sha256(metadata.encode()).hexdigest()


def write_universe(data, size):
    """Pages, metadata and wheels of `size` packages, each of which needs the next."""
    (data / "pages").mkdir(parents=True)
    (data / "files").mkdir()
    for place in range(size):
        name = f"p{place}"
        needs = f"Requires-Dist: p{place + 1}\n" if place % 10 != 9 and place + 1 < size else ""
        file = f"{name}-1.0-py3-none-any.whl"
        wheel, metadata = write_wheel(data / "files" / file, name, needs)
        entry = {
            "filename": file,
            "url": "{BASE}/packages/" + file,
            "hashes": {"sha256": wheel},
            "requires-python": None,
            "size": (data / "files" / file).stat().st_size,
            "upload-time": "2024-01-01T00:00:00.000000Z",
            "yanked": False,
            "core-metadata": {"sha256": metadata},
            "data-dist-info-metadata": {"sha256": metadata},
        }
        page = {"meta": {"api-version": "1.4"}, "name": name, "versions": ["1.0"], "files": [entry]}
        (data / "pages" / f"{name}.json").write_text(json.dumps(page))


def growth(bench, size):
    """The median processor seconds of no-op lock, sync and run, by tool and command."""
    data = bench.fresh("data") / "d"
    write_universe(data, size)
    compare.DATA = data
    server, port = compare.serve(bench.options.server)
    commands = {"lock": ["lock"], "sync": ["sync"], "run": ["run", "python", "-c", "pass"]}
    taken = {(tool, name): [] for tool in compare.TOOLS for name in commands}
    bare = []
    try:
        url = f"http://localhost:{port}/simple/"
        projects = Projects(bench, url, [f"p{place}" for place in range(0, size, 10)])
        for _ in range(bench.options.rounds):
            for tool in compare.TOOLS:
                for name, words in commands.items():
                    run = compare.Run(*projects.command(*words)(tool, None))
                    taken[tool, name].append(run.cpu)
            bare.append(compare.Run(*projects.bare()).cpu)
    finally:
        server.send_signal(signal.SIGTERM)
    medians = {key: statistics.median(times) for key, times in taken.items()}
    for tool in compare.TOOLS:
        medians[tool, "run"] = max(0.0, medians[tool, "run"] - statistics.median(bare))
    return medians


def grow(bench):
    names = ("lock", "sync", "run")
    print(f"{'packages':>8} " + " ".join(f"{tool + ' ' + name + ' ms':>13}" for tool in compare.TOOLS for name in names))
    rows = []
    for size in sorted(bench.options.sizes):
        times = growth(bench, size)
        rows.append((size, times))
        cells = [1000 * times[tool, name] for tool in compare.TOOLS for name in names]
        print(f"{size:>8} " + " ".join(f"{cell:>13.1f}" for cell in cells), flush=True)
    dashes = {"lock": "none", "sync": "6 3", "run": "2 3"}
    words = ("no-op lock (line), sync (dashes), run above Python (dots)", "{top} of the processor; packages below")
    bench.options.growth.write_text(plot.svg(rows, dashes, words))


def table(bench):
    compare.TARGETS.update(TARGETS)
    server, port = compare.serve(bench.options.server)
    try:
        heading = ("operation", "set", "naja ms", "uv ms", "ratio", "target", "cpu", "memory")
        print("{:<38} {:<12} {:>9} {:>9}   {:>6}   {:>6}   {:>6}   {:>6}".format(*heading))
        for name in bench.options.sets or ["hundred"]:
            compare_in(bench, f"http://localhost:{port}/simple/", name)
    finally:
        server.send_signal(signal.SIGTERM)


def main():
    parser = compare.arguments(__doc__, rounds=11)
    parser.add_argument("--set", action="append", dest="sets")
    parser.add_argument("--only", help="only the operations with this in their name")
    parser.add_argument("--growth", type=pathlib.Path, help="plot how no-op commands grow into this file")
    parser.add_argument("--json", help="write the rows to this file as well")
    parser.add_argument("sizes", nargs="*", type=int, default=SIZES)
    options = parser.parse_args()
    compare.Run.runner = options.runner
    bench = compare.Bench(options)
    try:
        grow(bench) if options.growth else table(bench)
    finally:
        shutil.rmtree(bench.scratch, ignore_errors=True)
    if options.json:
        pathlib.Path(options.json).write_text(json.dumps(bench.rows, indent=1))


if __name__ == "__main__":
    main()
