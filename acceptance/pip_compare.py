#!/usr/bin/env python3
"""Compares naja's pip commands with pip's own, output by output.

An environment with real pip gets a few wheels made on the spot; then each question
is put to pip and to naja, and the answers are compared. What is known to differ is
listed below, with the reason. No network is used, unless `--newest` asks for the
newest pip.
"""

import argparse
import difflib
import json
import pathlib
import sys

import common
import wheels

# What differs on purpose: each a function that makes both answers comparable.
# - Names: naja writes them normalised everywhere (PEP 503), pip as the distribution does.
# - `check`: naja's own sentences, of which only the number is compared; the one about harmony
#   is on standard error (results only on stdout).
# - `inspect`, `--report`: `pip_version` is naja's, `installer` may differ.
# - `debug`: only the tags are compared.

OWN = ("pip_version", "installer")
KNOWN = [
    ("Sirius_Black", "sirius-black"),
    # New versions of pip name the field that the licence came from, and the flag for pre-releases.
    ("License-Expression: ", "License: "),
    (" (pre-release; install with `pip install --pre`)", ""),
]


def columns(text):
    """A table without the width of its columns and the line below its head."""
    lines = [line.split() for line in text.splitlines()]
    return [line for line in lines if line and not set("".join(line)) <= {"-"}]


def document(text):
    found = json.loads(text)

    def strip(value):
        if isinstance(value, dict):
            return {k: strip(v) for k, v in value.items() if k not in OWN}
        if isinstance(value, list):
            return [strip(one) for one in value]
        return value

    return strip(found)


def inventory(text):
    """`pip inspect`, by name: the order of the distributions is the file system's in pip."""
    found = document(text)
    found["installed"].sort(key=lambda dist: dist["metadata"]["name"].lower())
    return found


def report(text):
    found = document(text)
    found["install"].sort(key=lambda dist: dist["metadata"]["name"].lower())
    return found


def lines(text):
    return [line.rstrip() for line in text.splitlines()]


def sections(text):
    """`pip show`: the files of a distribution in any order, requirements sorted."""
    answer = []
    for block in text.split("---\n"):
        head, _, files = block.partition("Files:\n")
        answer.append((lines(head), sorted(lines(files))))
    return answer


def tags(text):
    return [line.strip() for line in text.splitlines() if line.startswith("  ") and line.count("-") >= 2]


def nothing(_text):
    return None


def make_wheels(directory):
    """The wheels of the comparison: two versions, extras, scripts, a package in conflict."""
    made = [
        wheels.Wheel("harry", "1.0"),
        wheels.Wheel("harry", "2.0", scripts={"harry": "harry:main"}),
        wheels.Wheel("harry", "3.0rc1"),
        wheels.Wheel("Sirius_Black", "1.0", requires=("harry>=1",)),
        wheels.Wheel("Sirius_Black", "2.0", requires=("harry>=1", "remus ; extra == 'moon'"), extras=("moon",)),
        wheels.Wheel("remus", "1.0", requires=("harry<2",)),
        wheels.Wheel("hedwig", "0.1", requires=("absent>=1", "harry==9")),
        wheels.Wheel("hedwig", "0.2"),
    ]
    return [wheel.write(directory) for wheel in made]


class Pair:
    """pip and naja in one environment."""

    def __init__(self, box, env):
        self.box = box
        self.pip = [str(env / "bin/python"), "-m", "pip", "--disable-pip-version-check", "--no-color"]
        self.naja = [box.program, "pip"]
        self.failed = 0

    def ask(self, words, form, same_status=True):
        """Puts one question to both; prints where the answers differ."""
        answers = []
        for program in (self.pip, self.naja):
            answers.append(common.run([*program, *words], self.box.work, self.box.variables))
        theirs, ours = answers
        for answer in answers:
            for written, meant in KNOWN:
                answer.stdout = answer.stdout.replace(written, meant)
        problem = None
        if same_status and theirs.status != ours.status:
            problem = f"status {ours.status}, pip has {theirs.status}\n{ours.stderr}{theirs.stderr}"
        else:
            try:
                left, right = form(theirs.stdout), form(ours.stdout)
            except (ValueError, KeyError) as error:
                left, right = None, str(error)
                problem = f"unreadable: {error}\n{theirs}\n{ours}"
            if problem is None and left != right:
                shown = [pretty(left), pretty(right)]
                problem = "\n".join(difflib.unified_diff(*shown, "pip", "naja", lineterm="", n=2))
        name = "pip " + " ".join(str(word) for word in words)
        if problem:
            self.failed += 1
            print(f"FAILED   {name}\n{problem}\n")
        else:
            print(f"ok       {name}")


def pretty(value):
    if isinstance(value, list) and all(isinstance(one, str) for one in value):
        return value
    return json.dumps(value, indent=1, sort_keys=True, default=str).splitlines()


def compare(box, newest):
    env = box.work / ".venv"
    common.run([box.python, "-m", "venv", env], box.work, box.variables).ok()
    python = env / "bin/python"
    if newest:
        common.run([python, "-m", "pip", "install", "-q", "-U", "pip"], box.work, None).ok()
    print(common.run([python, "-m", "pip", "--version"]).stdout.strip())
    box.variables["VIRTUAL_ENV"] = str(env)
    links = box.work / "wheels"
    files = make_wheels(links)
    box.variables["PIP_NO_INDEX"] = "1"
    box.variables["PIP_FIND_LINKS"] = str(links)
    install = [python, "-m", "pip", "install", "-q", "Sirius_Black==1.0", "harry==1.0"]
    common.run(install, box.work, box.variables).ok()
    common.run([*install[:5], "--no-deps", "hedwig==0.1"], box.work, box.variables).ok()
    common.run([*install[:5], str(files[5])], box.work, box.variables).ok()
    pair = Pair(box, env)
    for extra in ([], ["--format", "freeze"], ["--format", "json"]):
        form = document if "json" in extra else columns
        pair.ask(["list", *extra], form)
        pair.ask(["list", "--not-required", *extra], form)
        pair.ask(["list", "--exclude", "harry", *extra], form)
        pair.ask(["list", "--uptodate", *extra], form)
        if "freeze" not in extra:
            pair.ask(["list", "--outdated", *extra], form)
            pair.ask(["list", "--outdated", "--pre", *extra], form)
    pair.ask(["list", "-v"], columns)
    pair.ask(["list", "-v", "--format", "json"], document)
    pair.ask(["freeze"], lines)
    pair.ask(["freeze", "--all"], lines)
    pair.ask(["freeze", "--exclude", "harry"], lines)
    for names in (["harry"], ["sirius-black"], ["harry", "hedwig"], ["pip"]):
        pair.ask(["show", *names], sections)
        pair.ask(["show", "-f", *names], sections)
    pair.ask(["show", "absent"], nothing)
    pair.ask(["show", "harry", "absent"], sections)
    pair.ask(["inspect"], inventory)
    pair.ask(["inspect", "--local"], inventory)
    pair.ask(["check"], lambda text: len(lines(text)))
    for algorithm in ("sha256", "sha384", "sha512"):
        pair.ask(["hash", "-a", algorithm, str(files[0]), str(files[1])], lines)
    pair.ask(["debug", "--verbose"], tags)
    for words in (["harry"], ["-U", "harry"], ["sirius-black[moon]==2.0"], [str(files[7])], ["--pre", "-U", "harry"]):
        pair.ask(["install", "--dry-run", "--quiet", "--report", "-", *words], report)
    pair.ask(["install", "--dry-run", "--quiet", "--report", "-", "--ignore-installed", "harry", "sirius-black"], report)
    pair.ask(["install", "absent"], nothing)
    pair.ask(["index", "versions", "harry"], lines)
    pair.ask(["index", "versions", "--pre", "harry"], lines)
    pair.ask(["index", "versions", "absent"], nothing)
    pair.ask(["index", "versions", "harry", "--json"], document)
    pair.ask(["uninstall", "-y", "absent"], nothing)
    pair.ask(["uninstall", "-y", "hedwig"], nothing)
    pair.ask(["check"], nothing)
    return pair.failed


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--naja", default=common.REPOSITORY / "target/debug/naja", type=pathlib.Path)
    parser.add_argument("--python", default=sys.executable)
    parser.add_argument("--newest", action="store_true", help="compare with the newest pip (needs the network)")
    arguments = parser.parse_args()
    box = common.Sandbox(arguments.naja.resolve(), arguments.python)
    failed = compare(box, arguments.newest)
    print(f"{failed} differ" if failed else "all the same")
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()
