#!/usr/bin/env python3
"""Installs real packages from git repositories and looks at what came of it.

    acceptance/git_packages.py [--naja PROGRAM] [--python PYTHON] [--uv UV] [NAME ...]

The source archive of each package comes from the index and is committed into a bare repository of
this machine, which is then named as `git+file://...` by a tag, a branch, a commit or not at all. The
package is imported, `pip check` has to agree, and `direct_url.json` has to name the commit; with
`--uv` it has to be what uv writes for the same address. Needs the network and git; everything is in
a temporary directory.
"""

import argparse
import json
import os
import pathlib
import shutil
import subprocess
import sys
import tarfile
import tempfile

# requirement, module, how it is named, what is special about the repository
PACKAGES = [
    ("six==1.16.0", "six", "tag", ""),
    ("docopt==0.6.2", "docopt", "", ""),
    ("idna==3.7", "idna", "branch", ""),
    ("packaging==24.1", "packaging.version", "tag", ""),
    ("click==8.1.7", "click", "commit", ""),
    ("attrs==24.2.0", "attr", "tag", ""),
    ("tomlkit==0.13.2", "tomlkit", "tag", "subdirectory"),
    ("pluggy==1.5.0", "pluggy", "tag", ""),
    ("markupsafe==2.1.5", "markupsafe", "tag", "submodule"),
    ("iniconfig==2.0.0", "iniconfig", "short", "large files that nobody fetches"),
]


class Failed(Exception):
    """What went wrong."""


def run(command, variables=None, cwd=None):
    done = subprocess.run(
        command, env=variables, cwd=cwd, capture_output=True, text=True, timeout=600
    )
    if done.returncode:
        raise Failed(f"{' '.join(map(str, command))}: {done.stdout}{done.stderr}")
    return done.stdout


def git(directory, *words):
    plain = ["-c", "protocol.file.allow=always", "-c", "user.name=T", "-c", "user.email=t@example"]
    return run(["git", *plain, *words], cwd=directory).strip()


def repository(sdist, place, version, special):
    """Makes a bare repository of an archive; its address and its commit."""
    work, bare = place / "work", place / "bare.git"
    with tarfile.open(sdist) as archive:
        archive.extractall(place / "unpacked", filter="data")
    (tree,) = (place / "unpacked").iterdir()
    top = work / "python" if special == "subdirectory" else work
    shutil.copytree(tree, top)
    # What an sdist has and a repository has not.
    (top / "PKG-INFO").unlink(missing_ok=True)
    for info in [*top.glob("*.egg-info"), *top.glob("src/*.egg-info")]:
        shutil.rmtree(info)
    if special.startswith("large"):
        (work / ".gitattributes").write_text("*.bin filter=lfs diff=lfs merge=lfs -text\n")
        pointer = "version https://git-lfs.github.com/spec/v1\noid sha256:" + "0" * 64
        (work / "x.bin").write_text(pointer + "\nsize 3\n")
    git(place, "init", "--quiet", "--initial-branch=main", str(work))
    if special == "submodule":
        inner = place / "inner"
        git(place, "init", "--quiet", "--initial-branch=main", str(inner))
        (inner / "README").write_text("inside\n")
        git(inner, "add", "--all")
        git(inner, "commit", "--quiet", "-m", "inner")
        git(work, "submodule", "--quiet", "add", inner.as_uri(), "vendor")
    # What is ignored is made by builds.
    git(work, "add", "--all")
    git(work, "commit", "--quiet", "-m", "all")
    commit = git(work, "rev-parse", "HEAD")
    git(work, "tag", version)
    git(work, "branch", "maintenance")
    if not special.startswith("large"):
        # What is named is not the newest.
        (work / "later").write_text("later\n")
        git(work, "add", "--all")
        git(work, "commit", "--quiet", "-m", "later")
    git(place, "clone", "--quiet", "--bare", str(work), str(bare))
    return bare.as_uri(), commit, git(work, "rev-parse", "HEAD")


def address(url, how, version, commit, special):
    revision = {"tag": version, "branch": "maintenance", "commit": commit, "short": commit[:10]}
    text = "git+" + url + ("@" + revision[how] if how else "")
    return text + ("#subdirectory=python" if special == "subdirectory" else "")


def direct_url(root, name):
    (found,) = root.glob(f"lib/python*/site-packages/{name}-*.dist-info/direct_url.json")
    return json.loads(found.read_text())


def check(asked, package, directory):
    """Installs one package; raises what went wrong."""
    requirement, module, how, special = package
    name, version = requirement.split("==")
    place = directory / name
    place.mkdir()
    root = place / "env"
    naja = asked.naja
    variables = dict(os.environ, NAJA_CACHE_DIR=str(directory / "cache"), VIRTUAL_ENV=str(root))
    fetch = [naja, "pip", "download", "--no-deps", "--no-binary", name, "-d", str(place), requirement]
    run(fetch + ["--python", asked.python], variables)
    (sdist,) = place.glob("*.tar.gz")
    url, commit, newest = repository(sdist, place, version, special)
    if not how:
        commit = newest
    source = address(url, how, version, commit, special)
    run([naja, "venv", "-q", "--python", asked.python, str(root)], variables)
    run([naja, "pip", "install", source], variables)
    run([str(root / "bin/python"), "-I", "-c", f"import {module}"], variables)
    run([naja, "pip", "check"], variables)
    found = direct_url(root, name)
    if found["vcs_info"]["commit_id"] != commit or found["url"] != url:
        raise Failed(f"direct_url.json says {found}, the commit is {commit}")
    frozen = run([naja, "pip", "freeze"], variables)
    if f"@{commit}" not in frozen:
        raise Failed("freeze does not name the commit: " + frozen)
    # Again by what was frozen: nothing to do.
    (place / "frozen.txt").write_text(frozen)
    again = run([naja, "pip", "install", "-r", str(place / "frozen.txt"), "--dry-run"], variables)
    if "Would install" in again:
        raise Failed("what was frozen is not satisfied: " + again)
    left = list((directory / "cache/v1/tmp").glob("*"))
    if left:
        raise Failed(f"left behind: {left}")
    if asked.uv:
        compare(asked, (source, name), place, found)


def compare(asked, source_and_name, place, found):
    source, name = source_and_name
    root = place / "uv-env"
    variables = dict(os.environ, UV_CACHE_DIR=str(place / "uv-cache"), VIRTUAL_ENV=str(root))
    # Without these it takes no submodule from a directory.
    allowed = {"COUNT": "1", "KEY_0": "protocol.file.allow", "VALUE_0": "always"}
    variables.update({f"GIT_CONFIG_{key}": value for key, value in allowed.items()})
    run([asked.uv, "venv", "-q", "--python", asked.python, str(root)], variables)
    run([asked.uv, "pip", "install", "--no-deps", source], variables)
    theirs = direct_url(root, name)
    if theirs != found:
        raise Failed(f"direct_url.json says {found}, uv's {theirs}")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--naja", default="target/release/naja")
    parser.add_argument("--python", default=sys.executable)
    parser.add_argument("--uv", help="the uv to compare with")
    parser.add_argument("names", nargs="*")
    asked = parser.parse_args()
    asked.naja = str(pathlib.Path(asked.naja).resolve())
    failed = 0
    with tempfile.TemporaryDirectory(prefix="naja-git-") as directory:
        for package in PACKAGES:
            name = package[0].split("==")[0]
            if asked.names and name not in asked.names:
                continue
            what = ", ".join(word for word in package[2:] if word) or "default branch"
            try:
                check(asked, package, pathlib.Path(directory))
                print(f"ok   {package[0]} ({what})", flush=True)
            except Failed as problem:
                failed += 1
                print(f"FAIL {package[0]} ({what})", flush=True)
                print("     " + str(problem).strip().replace("\n", "\n     "), flush=True)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
