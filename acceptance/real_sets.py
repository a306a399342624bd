#!/usr/bin/env python3
"""Installs sets of real packages from the default index into fresh environments
of two Pythons, and verifies what is there.

    acceptance/real_sets.py [--pythons PYTHON PYTHON] [--compare UV]
                            [--program PROGRAM] [--only SET]...

Of each environment is asked:
- pip's own `pip check` (the pip of the Python that runs this script);
- whether importlib.metadata names the packages that the program names;
- whether every line of every RECORD is true, and every file belongs to one;
- whether the modules of the set can be imported;
- with --compare, whether uv chooses the same versions for the same Python on
  the same day; every difference is printed, and makes the set fail.
"""

import json
import pathlib
import re
import tempfile

import common
from common import expect

# The packages of each set, and what has to be importable then.
SETS = {
    "fastapi": (["fastapi[standard]"], ["fastapi", "uvicorn", "pydantic_core", "uvloop", "httptools"]),
    "jupyter": (["jupyter"], ["notebook", "ipykernel", "nbconvert", "jupyterlab", "zmq"]),
    "science": (["pandas", "scikit-learn", "matplotlib"], ["pandas", "sklearn.linear_model", "matplotlib.pyplot"]),
    "web": (["django", "celery[redis]"], ["django", "celery", "redis", "kombu"]),
    "tools": (["black", "ruff", "mypy", "pytest"], ["black", "ruff", "mypy.main", "pytest"]),
}

VERSIONS = """
import importlib.metadata as m, json, re
print(json.dumps({re.sub("[-_.]+", "-", d.name).lower(): d.version for d in m.distributions()}))
"""


def chosen_pythons(options):
    """Two Pythons as (version, path): those asked for, or the newest two that
    the packages are known to have wheels for."""
    if options.pythons:
        return [(common.python_version(path), path) for path in options.pythons]
    found = common.find_pythons()
    wanted = [version for version in ("3.13", "3.12", "3.11", "3.14", "3.10") if version in found][:2]
    return [(version, found[version]) for version in sorted(wanted)]


def compared(box, options, python, packages, versions):
    """The differences between what is installed and what uv would choose."""
    if not options.compare:
        return None
    requirements = box.work / "requirements.in"
    requirements.write_text("\n".join(packages) + "\n")
    words = [options.compare, "pip", "compile", "-q", "--no-header", "--no-annotate", "-p", python, requirements]
    result = common.run(words, box.work, box.variables | {"UV_CACHE_DIR": str(box.path / "uv-cache")})
    result.ok()
    theirs = dict(line.split("==") for line in result.stdout.split() if "==" in line)
    names = sorted(versions.keys() | theirs.keys())
    lines = [f"{name}: {versions.get(name, 'absent')}, uv: {theirs.get(name, 'absent')}"
             for name in names if versions.get(name) != theirs.get(name)]
    return lines


def verify(box, environment, own, modules):
    """All checks of an environment; the versions in it."""
    check = common.pip_check(box.python, environment)
    expect(check.status == 0, f"pip check\n{check}")
    versions = json.loads(box.python_says(environment, VERSIONS))
    listed = json.loads(box.run("pip", "list", "-p", environment, "--format", "json").ok().stdout)
    named = {re.sub("[-_.]+", "-", entry["name"]).lower(): entry["version"] for entry in listed}
    expect(named == versions, f"pip list and importlib.metadata differ: {named.items() ^ versions.items()}")
    box.run("pip", "check", "-p", environment).ok()
    problems = common.environment_problems(environment, own)
    expect(not problems, f"{len(problems)} problems\n" + "\n".join(problems[:10]))
    box.python_says(environment, "import " + ", ".join(modules), MPLCONFIGDIR=box.path / "mpl")
    return versions


def play(name, version, python, options):
    """Installs one set into a fresh environment of one Python."""
    packages, modules = SETS[name]
    with common.Sandbox(options.program, options.python, options.dir, online=True) as box:
        for tool in ("NAJA", "UV"):
            box.variables[f"{tool}_CACHE_DIR"] = str(options.cache)
        environment = box.venv(python=python)
        own = common.snapshot(environment)
        install = box.run("pip", "install", "-p", environment, *packages, timeout=900).ok()
        versions = verify(box, environment, own, modules)
        again = box.run("pip", "install", "-p", environment, *packages).ok()
        expect(" + " not in again.text, f"the second time changed something\n{again}")
        differences = compared(box, options, python, packages, versions)
        expect(not differences, "other versions than uv\n" + "\n".join(differences or ()))
    files = f"{len(versions)} packages in {install.seconds:.1f} s"
    return files + (", the versions uv chooses" if options.compare else "")


def main():
    options = common.arguments(
        __doc__,
        pythons={"nargs": "+", "help": "the Pythons of the environments"},
        compare={"help": "the uv to compare with"},
    )
    report = common.Report(options.only)
    pythons = chosen_pythons(options)
    with tempfile.TemporaryDirectory(prefix="naja-real-", dir=options.dir) as cache:
        options.cache = pathlib.Path(cache)
        for name in SETS:
            for version, python in pythons:
                report.check(f"{name} {version}", play, name, version, python, options)
    return report.finish()


if __name__ == "__main__":
    raise SystemExit(main())
