#!/usr/bin/env python3
"""Exports the locks of real projects in every form, and installs them with the
tools they are for.

    acceptance/exports.py --compare UV [--pip PYTHON] [--program PROGRAM] [--only SET]...

For each project: `naja sync` says what has to be there. Then
- `pip install -r` of the requirements with hashes,
- `uv pip sync` of the same file, and of the lock in the standard's form,
- `pip install -r pylock.toml` where the pip that is given knows lock files,
each into an environment of its own, and each has to leave the same `pip freeze`.
The list of materials names the same packages and versions, and every component
has a hash. Exported twice, every form is the same text.
"""

import json
import re
import sys

import common
from common import Skip, expect

PROJECTS = {
    "web": (["fastapi[standard]>=0.110", "sqlalchemy>=2"], {"dev": ["pytest", "ruff"]}),
    "notebooks": (["jupyter", "pandas>=2"], {"dev": ["black"], "docs": ["mkdocs"]}),
    "old": (["django<5", "celery[redis]", "requests<2.33; sys_platform != 'win32'"], {"dev": ["mypy"]}),
}

FREEZE = """
import importlib.metadata as m, json, re
skip = {"pip", "setuptools", "wheel"}
names = {re.sub("[-_.]+", "-", d.name).lower(): d.version for d in m.distributions()}
print(json.dumps({name: version for name, version in sorted(names.items()) if name not in skip}))
"""


def write_project(box, dependencies, groups):
    """A project that is no package, with these dependencies."""
    lines = ["[project]", 'name = "real"', 'version = "1.0"', 'requires-python = ">=3.10"']
    lines.append(f"dependencies = {json.dumps(dependencies)}")
    lines.append("[dependency-groups]")
    lines += [f"{name} = {json.dumps(group)}" for name, group in groups.items()]
    (box.work / "pyproject.toml").write_text("\n".join(lines) + "\n")


def there(box, environment):
    return json.loads(box.python_says(environment, FREEZE))


def fresh(box, name, seeded=False):
    """An environment of its own; with a pip, if that is what installs into it."""
    words = [box.python, "-m", "venv", *([] if seeded else ["--without-pip"]), box.work / name]
    common.run(words, box.work, box.variables).ok()
    return box.work / name


def exported(box, *flags):
    """What is exported, twice the same."""
    first = box.run("export", "-q", *flags).ok().stdout
    second = box.run("export", "-q", *flags).ok().stdout
    expect(first == second, "two exports of one lock differ")
    return first


def play(name, options):
    if not options.compare:
        raise Skip("no uv was given (--compare)")
    dependencies, groups = PROJECTS[name]
    flags = ["--all-groups"]
    with common.Sandbox(options.program, options.python, options.dir, online=True) as box:
        write_project(box, dependencies, groups)
        box.run("sync", "-q", *flags, timeout=900).ok()
        wanted = there(box, box.work / ".venv")
        requirements = box.work / "requirements.txt"
        requirements.write_text(exported(box, *flags))
        pylock = box.work / "pylock.export.toml"
        pylock.write_text(exported(box, *flags, "--format", "pylock.toml"))

        environment = fresh(box, "by-pip", seeded=True)
        pip = [environment / "bin/python", "-m", "pip", "install", "-q", "--disable-pip-version-check", "-r"]
        common.run([*pip, requirements], box.work, box.variables, timeout=900).ok()
        expect(there(box, environment) == wanted, f"pip installs another set: {differing(wanted, there(box, environment))}")

        uv = box.variables | {"UV_CACHE_DIR": str(box.path / "uv-cache")}
        for file in (requirements, pylock):
            environment = fresh(box, f"by-uv-{file.suffix[1:]}")
            words = [options.compare, "pip", "sync", "-q", "-p", environment / "bin/python", file]
            common.run(words, box.work, uv, timeout=900).ok()
            found = there(box, environment)
            expect(found == wanted, f"uv installs another set from {file.name}: {differing(wanted, found)}")

        by_pip = ""
        if options.pip:
            environment = fresh(box, "by-new-pip")
            words = [options.pip, "-m", "pip", "--python", environment / "bin/python", "install", "-q", "-r", pylock]
            common.run(words, box.work, box.variables, timeout=900).ok()
            found = there(box, environment)
            expect(found == wanted, f"pip installs another set from the lock: {differing(wanted, found)}")
            by_pip = ", pip's of the lock"

        bom = json.loads(exported(box, *flags, "--format", "cyclonedx1.5"))
        versions = {(one["name"], one["version"]) for one in bom["components"]}
        missing = [pin for pin in wanted.items() if pin not in versions]
        expect(not missing, f"not in the list of materials: {missing}")
        bare = [one["name"] for one in bom["components"]
                if not any(place.get("hashes") for place in one.get("externalReferences", []))]
        expect(not bare, f"without a hash: {bare}")
        purls = [one["purl"] for one in bom["components"]]
        expect(all(re.fullmatch(r"pkg:pypi/[a-z0-9-]+@[^?]+(\?.*)?", purl) for purl in purls), "a strange purl")
    return f"{len(wanted)} packages, the same by pip and uv{by_pip}; {len(versions)} in the list of materials"


def differing(wanted, found):
    names = sorted(wanted.keys() | found.keys())
    return [f"{name}: {wanted.get(name)} → {found.get(name)}" for name in names if wanted.get(name) != found.get(name)]


def main():
    options = common.arguments(
        __doc__,
        compare={"help": "the uv that installs the exports"},
        pip={"help": "a Python with a pip that installs lock files (26 or newer)"},
    )
    report = common.Report(options.only)
    for name in PROJECTS:
        report.check(name, play, name, options)
    return report.finish()


if __name__ == "__main__":
    sys.exit(main())
