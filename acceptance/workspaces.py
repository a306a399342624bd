#!/usr/bin/env python3
"""Gives naja and uv the same workspaces and the same commands, side by side, and compares after each what a user
would see: the exit status, every manifest, what is installed, what is locked, and what `tree`, `export` and
`workspace` say.

    acceptance/workspaces.py [--uv UV] [--program PROGRAM] [--only CASE]...

The packages come from an index on loopback. What differs on purpose is said with the case.
"""

import pathlib
import re
import shutil

import common
import index
import project_semantics as semantics
import twins
import wheels
from common import Failure
from rows import fixtures, projects, workspaces

# Verbs whose answer is compared.
TELLING = ("tree", "export", "workspace", "version")


def packages():
    """The fixtures of the other scripts, with one more that a few cases need."""
    more = [index.File.of(wheels.Wheel("molly", "2.0"))]
    return fixtures.packages() + projects.packages() + more


def verb(step):
    words = step.split()
    return words[2] if words[0] == "in" else words[0]


def answer(twin, result):
    """The lines of an answer without what is only drawn, and without what names the tool."""
    text = result.stdout.replace(str(twin.root), "ROOT")
    lines = (re.sub(r"^[\s│├└─]+", "", line).rstrip() for line in text.splitlines())
    # What was shown already says nothing new.
    return sorted(line for line in lines if line and not line.startswith(("#", "(*)")) and not line.endswith("(*)"))


def differences(case, step, pair, results):
    found = {}
    ours, theirs = pair
    if all(results) and results[0].status != results[1].status:
        found["status"] = [f"status {results[0].status}, uv {results[1].status}"]
    for what in ("manifests", "installed", "locked"):
        argument = (case.environment,) if what == "installed" else ()
        mine, wanted = (getattr(twin, what)(*argument) for twin in pair)
        if mine != wanted:
            found[what] = [f"{what}:", *semantics.parts(mine, wanted)]
    if all(results) and verb(step) in TELLING and results[1].status == 0:
        mine, wanted = answer(ours, results[0]), answer(theirs, results[1])
        if mine != wanted:
            only = [f"  naja: {line}" for line in mine if line not in wanted]
            other = [f"  uv:   {line}" for line in wanted if line not in mine]
            found["answer"] = ["answer:", *only, *other]
    return found


def expected(case, step):
    """What may differ after a step, with the reason; a key is the step or its verb."""
    return case.differs.get(step) or case.differs.get(verb(step))


def play(case, options):
    counted, named = 0, []
    with common.Sandbox(options.program, options.python, options.dir) as box:
        with index.Index(packages()) as served:
            first = str(pathlib.Path(box.python).parent)
            box.variables["PATH"] = f"{first}:{box.variables['PATH']}"
            pair = (twins.Twin("naja", options.program, box, served.url), twins.Twin("uv", options.uv, box, served.url))
            for twin in pair:
                twin.write({name: semantics.filled(text, served) for name, text in case.files.items()})
            wrong = []
            for step in case.steps:
                results = [twin.run(step, {}) for twin in pair]
                counted += 1
                found = differences(case, step, pair, results)
                reason = expected(case, step)
                if reason and reason[0] in found:
                    del found[reason[0]]
                    named.append(f"`{step}`: {reason[0]} differs, {reason[1]}")
                if found:
                    told = "\n".join(twins.said(result) for result in results)
                    lines = [line for lines in found.values() for line in lines]
                    wrong.append(f"after `{step}`\n" + "\n".join(lines) + (f"\n{told}" if options.verbose else ""))
            if wrong:
                raise Failure("\n".join(wrong))
    return "\n".join([f"{counted} commands", *named])


def main():
    options = common.arguments(
        __doc__,
        uv={"default": "uv", "help": "the uv to compare with"},
        verbose={"action": "store_true", "help": "show what both said where they differ"},
    )
    found = shutil.which(options.uv)
    if found is None:
        raise SystemExit("no uv to compare with: name one with --uv")
    options.uv = str(pathlib.Path(found).resolve())
    report = common.Report(options.only)
    for case in workspaces.CASES:
        report.check(case.name, play, case, options)
    return report.finish()


if __name__ == "__main__":
    raise SystemExit(main())
