#!/usr/bin/env python3
"""Builds real packages from their sources and looks at what came of it.

    acceptance/builds.py [--naja PROGRAM] [--python PYTHON] [NAME ...]

Each package goes into a fresh environment with `--no-binary`, is imported, and `pip check` has to
agree. Needs the network; the cache and the environments are in a temporary directory. A package
that needs something this machine has not got is expected to fail with a message that names it.
"""

import argparse
import os
import pathlib
import subprocess
import sys
import tempfile

# requirement, module, what has to be on the machine
PACKAGES = [
    ("docopt", "docopt", ""),
    ("wget", "wget", ""),
    ("future", "future", ""),
    ("pyperclip", "pyperclip", ""),
    ("antlr4-python3-runtime==4.9.3", "antlr4", ""),
    ("sgmllib3k", "sgmllib", ""),
    ("dictdiffer", "dictdiffer", ""),
    ("jieba", "jieba", ""),
    ("PyYAML", "yaml", ""),
    ("markupsafe", "markupsafe", ""),
    ("ujson", "ujson", "c++"),
    ("attrs", "attr", ""),
    ("poetry-core", "poetry.core", ""),
    ("idna", "idna", ""),
]


def name_of(requirement):
    return requirement.split("==")[0]


def run(command, variables, seconds=600):
    return subprocess.run(
        command, env=variables, capture_output=True, text=True, timeout=seconds
    )


def build(naja, python, package, directory):
    """Installs one package; returns nothing, or what went wrong."""
    requirement, module, _ = package
    root = directory / name_of(requirement)
    variables = dict(os.environ, NAJA_CACHE_DIR=str(directory / "cache"), VIRTUAL_ENV=str(root))
    made = run([naja, "venv", "-q", "--python", python, str(root)], variables)
    if made.returncode:
        return "venv: " + made.stderr
    install = [naja, "pip", "install", "--no-binary", name_of(requirement), requirement]
    done = run(install, variables)
    if done.returncode:
        return "install: " + done.stderr
    if "Built " + name_of(requirement).lower() not in done.stderr:
        return "nothing was built: " + done.stderr
    tried = run([str(root / "bin/python"), "-c", f"import {module}"], variables)
    if tried.returncode:
        return "import: " + tried.stderr
    check = run([naja, "pip", "check"], variables)
    if check.returncode:
        return "check: " + check.stdout + check.stderr
    left = list((directory / "cache/v1/tmp").glob("*"))
    if left:
        return f"left behind: {left}"
    return None


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--naja", default="target/release/naja")
    parser.add_argument("--python", default=sys.executable)
    parser.add_argument("names", nargs="*")
    asked = parser.parse_args()
    naja = str(pathlib.Path(asked.naja).resolve())
    failed = 0
    with tempfile.TemporaryDirectory(prefix="naja-builds-") as directory:
        for package in PACKAGES:
            name = name_of(package[0])
            if asked.names and name not in asked.names:
                continue
            problem = build(naja, asked.python, package, pathlib.Path(directory))
            needs = f" (needs {package[2]})" if package[2] else ""
            print(f"{'FAIL' if problem else 'ok  '} {package[0]}{needs}", flush=True)
            if problem:
                failed += 1
                print("     " + problem.strip().replace("\n", "\n     "), flush=True)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
