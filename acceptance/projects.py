#!/usr/bin/env python3
"""Locks the manifests of real projects by naja and by uv, on the same day and
through the same index, and compares what each lock gives environment by
environment: four platforms, every Python the project takes from 3.8 to 3.14,
with no extra, with each group, with all that goes together.

    acceptance/projects.py [--uv UV] [--program PROGRAM] [--cache DIR] [--only PROJECT]...

`manifests/` holds the dependency tables of the projects. Every lock is also
given to `uv pip sync --dry-run`, and (with --pip) to `pip install --dry-run` of
a pip that reads it. Where versions differ for a reason that is known, the reason
stands in EXPLAINED.
"""

import collections
import datetime
import os
import pathlib
import shutil
import tomllib

import common
import locks
from common import expect

MANIFESTS = pathlib.Path(__file__).resolve().parent / "manifests"
PYTHONS = ("3.8", "3.9", "3.10", "3.11", "3.12", "3.13", "3.14")

# What prefect[dbt] brings, or brings in another version, with a final dbt-core.
DBT = """
    agate asn1crypto babel daff dbt-adapters dbt-common dbt-core dbt-core-experimental-parser dbt-extractor dbt-protos
    deepdiff importlib-metadata lazy-importer leather mashumaro metricflow more-itertools networkx orderly-set
    parsedatetime pathspec protobuf pytimeparse rapidfuzz snowflake-connector-python snowplow-tracker sqlglot sqlparse
    tabulate zipp
""".split()

# Project, package: why naja takes another version than uv. What is not here and differs, fails.
EXPLAINED = {
    # 3.14 needs the older one, which does for the others, too.
    # Who asks for none of the groups in conflict: uv keeps to what one of them allows, naja takes the newest.
    "dagster": dict.fromkeys(
        ("alembic", "greenlet", "grpcio-health-checking", "grpcio-tools", "protobuf", "sqlalchemy"),
        "the newest where none of the groups in conflict is asked for",
    ),
    # gliner 0.2.25 and newer want transformers below 5.17. Which of the two is the newest follows from how often they
    # were in each other's way; uv comes to one answer for 3.10 and macOS, and to another one for the rest of 3.11 to 3.13.
    "docling": dict.fromkeys(
        ("flatbuffers", "gliner", "onnxruntime", "transformers"), "the newest gliner for all Pythons, where uv has two"
    ),
    # The newest pandas-stubs for Python 3.8 wants numpy<=1.24.3 on 3.8.0: one of the two is not the newest.
    "kedro": dict.fromkeys(("numpy", "pandas-stubs"), "the newest pandas-stubs, with the numpy that it wants"),
    "lerobot": {"dm-tree": "one version for all Pythons, where uv has two"},
    # uv takes protobuf 7 and pathspec 1.1, with which no final version of dbt-core and of snowflake-connector-python 5
    # goes: of the first a release candidate that nobody asks for, without all that the final one needs; of the second
    # an older one. See docs/decisions/0019.
    "prefect": dict.fromkeys(DBT, "final versions of dbt-core, with older ones of what it needs"),
}

# Their wheels are small enough to be fetched by pip.
SMALL = ("black", "django-allauth", "poetry", "wagtail")


class Project:
    """A manifest, and the choices of parts that are compared."""

    def __init__(self, name):
        self.directory = MANIFESTS / name
        self.table = tomllib.loads((self.directory / "pyproject.toml").read_text())
        self.name = self.table["project"]["name"]
        self.extras = [normal(extra) for extra in self.table["project"].get("optional-dependencies", {})]
        self.groups = [normal(group) for group in self.table.get("dependency-groups", {})]
        uv = self.table.get("tool", {}).get("uv", {})
        self.conflicts = [
            {(kind, normal(part[kind])) for part in conflict for kind in ("extra", "group") if kind in part}
            for conflict in uv.get("conflicts", ())
        ]
        self.python = self.table["project"].get("requires-python", ">=3.9")

    def selections(self):
        """Pairs of extras and groups: none, each group, all extras, all that goes together."""
        found = [((), ())] + [((), (group,)) for group in self.groups]
        if self.extras:
            found.append((self.agreeing("extra", self.extras), ()))
        found.append((self.agreeing("extra", self.extras), self.agreeing("group", self.groups)))
        return found

    def agreeing(self, kind, names):
        """As many as go together."""
        chosen = []
        for name in names:
            now = {(kind, one) for one in [*chosen, name]}
            if not any(len(conflict & now) > 1 for conflict in self.conflicts):
                chosen.append(name)
        return tuple(chosen)

    def pythons(self):
        bounds = [bound.strip() for bound in self.python.split(",")]
        def takes(python):
            return all(locks.compared(f"{python}.4", *split(bound)) for bound in bounds)
        return [python for python in PYTHONS if takes(python)]

    def python_of(self, found):
        """The newest Python of `found` that the project takes."""
        fitting = [python for python in self.pythons() if python in found]
        if not fitting:
            raise common.Skip(f"no Python that fits {self.python}")
        return found[fitting[-1]]


def split(bound):
    operator = bound.rstrip("0123456789.* ")
    return operator.strip(), bound.removeprefix(operator).strip()


def normal(name):
    return name.lower().replace("_", "-").replace(".", "-")


def compared(project, ours, theirs):
    """How many environments were compared, and the differences: package and both versions, with a count
    and the first environment."""
    count, found = 0, collections.OrderedDict()
    for platform in locks.PLATFORMS:
        for python in project.pythons():
            values = locks.environment(platform, python)
            for extras, groups in project.selections():
                mine = ours.chosen(values, extras, groups)
                wanted = theirs.chosen(values, extras, groups)
                count += 1
                for name in sorted(mine.keys() | wanted.keys()):
                    pair = (name, mine.get(name, "absent"), wanted.get(name, "absent"))
                    if pair[1] != pair[2]:
                        place = f"{platform}, {python}, extras {len(extras)}, groups {list(groups)[:3]}"
                        found.setdefault(pair, []).append(place)
    return count, found


def lock(box, tool, project, options):
    """Locks a copy of the project; the directory and the seconds it took."""
    directory = box.work / tool / project.directory.name
    shutil.copytree(project.directory, directory)
    program = options.program if tool == "naja" else options.uv
    variables = box.variables | {f"{name}_CACHE_DIR": str(options.cache / tool) for name in ("NAJA", "UV")}
    words = [program, "lock", "-q", "--exclude-newer", options.day]
    return directory, common.run(words, directory, variables, timeout=1500).ok().seconds


def accepted(box, place, project, options):
    """Other installers take the lock, in the directory and for the Python of `place`."""
    directory, python = place
    venv = directory / "env"
    box.run("venv", "-q", "-p", python, venv).ok()
    variables = box.variables | {"VIRTUAL_ENV": str(venv), "UV_CACHE_DIR": str(options.cache / "uv")}
    words = [options.uv, "pip", "sync", "--dry-run", "pylock.toml"]
    common.run(words, directory, variables, timeout=600).ok()
    if not options.pip or project.directory.name not in SMALL:
        return "uv"
    box.run("pip", "install", "-q", "-p", venv, "pip>=26.1", timeout=600).ok()
    words = [venv / "bin/python", "-m", "pip", "install", "--dry-run", "-q", "-r", "pylock.toml"]
    common.run(words, directory, box.variables, timeout=1500).ok()
    return "uv and pip"


def play(name, options):
    project = Project(name)
    with common.Sandbox(options.program, options.python, options.dir, online=True) as box:
        python = project.python_of(options.pythons)
        box.variables["PATH"] = os.pathsep.join([str(pathlib.Path(python).parent), box.variables["PATH"]])
        ours, seconds = lock(box, "naja", project, options)
        theirs, their_seconds = lock(box, "uv", project, options)
        pylock = locks.Pylock(ours / "pylock.toml")
        count, found = compared(project, pylock, locks.UvLock(theirs / "uv.lock", normal(project.name)))
        takers = accepted(box, (ours, python), project, options)
        for lock_file in (ours / "pylock.toml", theirs / "uv.lock"):
            shutil.copy(lock_file, options.cache / f"{name}.{lock_file.name}")
    known = EXPLAINED.get(name, {})
    lines = [f"{package}: {mine}, uv: {wanted} ({len(places)} of {count}; {places[0]})"
             for (package, mine, wanted), places in found.items() if package not in known]
    told = f"{len(pylock.packages)} packages, {count} environments, {seconds:.1f} s (uv {their_seconds:.1f} s)"
    expect(not lines, f"{told}, other versions than uv\n" + "\n".join(lines[:60]))
    same = "the same as uv's" if not found else f"as uv's but for {', '.join(sorted({pair[0] for pair in found}))}"
    return f"{told}, {same}; taken by {takers}"


def main():
    options = common.arguments(
        __doc__,
        uv={"default": "uv", "help": "the uv to compare with"},
        cache={"help": "keep the caches and the locks here"},
        day={"default": datetime.date.today().isoformat(), "help": "nothing newer (default: today)"},
        pip={"action": "store_true", "help": "let pip read the locks of small projects, too"},
    )
    options.uv = shutil.which(options.uv)
    if options.uv is None:
        raise SystemExit("no uv to compare with: name one with --uv")
    options.uv = str(pathlib.Path(options.uv).resolve())
    options.pythons = common.find_pythons()
    report = common.Report(options.only)
    with common.Sandbox(options.program, options.python, options.dir) as box:
        options.cache = pathlib.Path(options.cache or box.path / "caches").resolve()
        options.cache.mkdir(parents=True, exist_ok=True)
        for path in sorted(MANIFESTS.glob("*/pyproject.toml")):
            report.check(path.parent.name, play, path.parent.name, options)
    return report.finish()


if __name__ == "__main__":
    raise SystemExit(main())
