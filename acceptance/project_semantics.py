#!/usr/bin/env python3
"""Gives naja and uv the same projects and the same commands, side by side, and
compares after each command what a user would see: the exit status, the text of
every `pyproject.toml`, what is installed (and whether it is editable), and the
packages of the lock.

    acceptance/project_semantics.py [--uv UV] [--program PROGRAM] [--only CASE]...

The packages come from an index on loopback. What differs on purpose is said with
the case; a difference nobody expected is a failure.
"""

import functools
import pathlib
import shutil

import common
import index
import twins
from common import Failure, Skip
from rows import fixtures, projects

@functools.cache
def newest_python():
    found = common.find_pythons()
    return found[max(found, key=lambda version: tuple(map(int, version.split("."))))]


def compared(case, what):
    """Whether something has to be the same in a case."""
    return what not in case.differs


def differences(case, ours, theirs, results):
    """Everything in which the two differ, as lines."""
    lines = []
    if compared(case, "status") and all(results):
        statuses = [result.status for result in results]
        if statuses[0] != statuses[1]:
            lines.append(f"status {statuses[0]}, uv {statuses[1]}")
    for what in ("manifests", "installed", "locked"):
        if not compared(case, what):
            continue
        argument = (case.environment,) if what == "installed" else ()
        found, wanted = (getattr(twin, what)(*argument) for twin in (ours, theirs))
        if found != wanted:
            lines += [f"{what}:", *parts(found, wanted)]
    return lines


def parts(ours, theirs, place=""):
    """Where two pictures differ, one line each."""
    if isinstance(ours, dict) and isinstance(theirs, dict):
        for key in sorted(ours.keys() | theirs.keys()):
            if ours.get(key) != theirs.get(key):
                yield from parts(ours.get(key), theirs.get(key), f"{place} {key}")
    elif isinstance(ours, set):
        yield f"  naja only: {sorted(ours - theirs)}, uv only: {sorted(theirs - ours)}"
    else:
        yield f" {place}: naja {ours!r}, uv {theirs!r}"


def play(case, options):
    with common.Sandbox(options.program, options.python, options.dir) as box:
        with index.Index(fixtures.packages() + projects.packages()) as served:
            # One Python is nearest, and none is asked for.
            box.variables["PATH"] = search_path(box)
            ours = twins.Twin("naja", options.program, box, served.url)
            theirs = twins.Twin("uv", options.uv, box, served.url)
            for twin in (ours, theirs):
                twin.write({name: filled(text, served) for name, text in case.files.items()})
            for step in case.steps:
                step = filled(step, served)
                results = [twin.run(step, case.variables) for twin in (ours, theirs)]
                lines = differences(case, ours, theirs, results)
                if lines:
                    told = "\n".join(twins.said(result) for result in results)
                    raise Failure(f"after `{step}`\n" + "\n".join(lines) + f"\n{told}")
    return "; ".join(f"{what} differs: {why}" for what, why in case.differs.items())


def search_path(box):
    """PATH with this Python in front and the newest one at the end, without programs that
    only pretend to be Pythons: uv stops at one that does not start, naja goes on."""
    places = [part for part in box.variables["PATH"].split(":") if not part.endswith("/shims")]
    return ":".join([str(pathlib.Path(box.python).parent), *places, str(pathlib.Path(newest_python()).parent)])


def filled(text, served):
    return text.replace("{index}", served.url) if isinstance(text, str) else text


def main():
    options = common.arguments(__doc__, uv={"default": "uv", "help": "the uv to compare with"})
    options.uv = shutil.which(options.uv)
    if options.uv is None:
        raise SystemExit("no uv to compare with: name one with --uv")
    options.uv = str(pathlib.Path(options.uv).resolve())
    report = common.Report(options.only)
    for case in projects.CASES:
        report.check(f"{case.row} {case.name}", play, case, options)
    return report.finish()


if __name__ == "__main__":
    raise SystemExit(main())
