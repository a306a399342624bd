"""Rows P and I: installing, uninstalling, and looking at what is installed."""

import hashlib
import json
import os
import time

import wheels
from common import (
    Skip, difference, environment_problems, expect, installed, pip_check, record_rows, shutil, site_packages, snapshot,
)
from rows.fixtures import PLATFORM_IS_LINUX_X86, equal, row
from rows.environments import S33


@row
def P1(box):
    """names, extras, specifiers, markers, URLs"""
    env = box.venv()
    luna = f"luna @ {box.index.origin}/files/luna-1.0-py3-none-any.whl"
    never = 'hedwig; python_version < "3"'
    box.install("remus[moon] >= 1", 'sirius<2; python_version > "3.0"', never, luna)
    equal(installed(site_packages(env)), {"remus": "1.0", "harry": "1.0", "sirius": "1.0", "luna": "1.0"})
    direct = json.loads((site_packages(env) / "luna-1.0.dist-info/direct_url.json").read_text())
    expect(direct["url"].startswith(box.index.origin), f"direct_url: {direct}")


@row
def P2(box):
    """a local wheel file, with direct_url.json"""
    env = box.venv()
    wheel = box.wheel("luna", "7.0")
    box.install(f"./wheels/{wheel.name}")
    direct = json.loads((site_packages(env) / "luna-7.0.dist-info/direct_url.json").read_text())
    equal(direct["url"], wheel.as_uri(), "url")
    hashes = direct["archive_info"].get("hashes", {})
    equal(hashes.get("sha256", hashlib.sha256(wheel.read_bytes()).hexdigest()),
          hashlib.sha256(wheel.read_bytes()).hexdigest(), "hash")


@row
def P4(box):
    """requirements files: nested, constraints, hashes, options, variables, stdin"""
    env = box.venv()
    luna = next(file for file in box.index.files if file.name.startswith("luna-1.0"))
    box.write("sub/b.txt", "# nested\n-r c.txt\n")
    box.write("sub/c.txt", "sirius \\\n  >=1  # a comment\n")
    box.write("sub/limits.txt", "harry<2\n")
    box.write("a.txt", "\ufeff--index-url ${IDX}\n-r sub/b.txt\n-c sub/limits.txt\nremus[moon]\n")
    empty = {"UV_DEFAULT_INDEX": "", "NAJA_DEFAULT_INDEX": ""}
    box.install("-r", "a.txt", IDX=box.index.url, **empty)
    equal(installed(site_packages(env)), {"sirius": "1.0", "harry": "1.0", "remus": "1.0"})
    box.install("-r", "-", stdin=f"luna==1.0 --hash=sha256:{luna.digest()}\n")
    equal(installed(site_packages(env)).get("luna"), "1.0", "from stdin")


@row
def P6(box):
    """constraints, overrides, excludes"""
    env = box.venv()
    box.write("over.txt", "harry==3\n")
    box.write("out.txt", "harry\n")
    box.install("sirius==1.0", "--overrides", "over.txt")
    equal(installed(site_packages(env)), {"sirius": "1.0", "harry": "3.0"})
    env = box.venv("second")
    box.install("-p", "second", "sirius==1.0", "--excludes", "out.txt")
    equal(installed(site_packages(env)), {"sirius": "1.0"}, "with --excludes")
    env = box.venv("third")
    box.write("limits.txt", "harry<2\n")
    box.install("-p", "third", "harry", "-c", "limits.txt")
    equal(installed(site_packages(env)), {"harry": "1.0"}, "with -c")


@row
def P7(box):
    """no dependencies"""
    env = box.venv()
    box.install("--no-deps", "sirius")
    equal(installed(site_packages(env)), {"sirius": "2.0"})


@row
def P8(box):
    """targets"""
    env = box.venv()
    before = snapshot(env)
    box.install("--target", "there", "hedwig")
    equal(installed(box.work / "there"), {"hedwig": "2.0"})
    equal(difference(before, snapshot(env)), "", "environment")
    box.pip("list", "--target", "there").ok().says("hedwig")
    box.install("--prefix", "prefix", "hedwig")
    equal(installed(site_packages(box.work / "prefix")), {"hedwig": "2.0"}, "--prefix")
    expect((box.work / "prefix/bin/hedwig").exists(), "--prefix made no bin/hedwig")


@row
def P10(box):
    """the system's Python, and changing it on purpose"""
    S33(box)


@row
def P11(box):
    """uninstall, from a file, never other files"""
    env = box.venv()
    before = snapshot(env)
    box.install("sirius==1.0", "hedwig")
    box.python_says(env, "import harry, sirius, hedwig")
    box.write("gone.txt", "sirius\nhedwig\n")
    box.pip("uninstall", "-y", "-r", "gone.txt").ok()
    box.pip("uninstall", "harry").ok()
    equal(difference(before, snapshot(env)), "", "environment after uninstalling")
    result = box.pip("uninstall", "nobody").ok()
    result.says("nobody")
    box.install("harry")
    mine = site_packages(env) / "harry/mine.txt"
    mine.write_text("x")
    box.pip("uninstall", "harry").ok()
    expect(mine.exists(), "a file that belongs to nobody was removed")


@row
def P13(box):
    """sync to a file exactly"""
    env = box.venv()
    box.install("sirius==2.0")
    box.write("want.txt", "harry==1.0\nremus==1.0\n")
    before = snapshot(env)
    box.pip("sync", "--dry-run", "want.txt").ok()
    equal(difference(before, snapshot(env)), "", "--dry-run")
    box.pip("sync", "want.txt").ok()
    equal(installed(site_packages(env)), {"harry": "1.0", "remus": "1.0"})
    box.write("empty.txt", "")
    box.pip("sync", "empty.txt")
    equal(installed(site_packages(env)), {"harry": "1.0", "remus": "1.0"}, "empty file")
    box.pip("sync", "--allow-empty-requirements", "empty.txt").ok()
    equal(installed(site_packages(env)), {}, "--allow-empty-requirements")


@row
def P14(box):
    """compile"""
    box.write("requirements.in", "sirius<2\nremus[moon]\n")
    words = ("requirements.in", "-p", box.python, "-o", "requirements.txt")
    box.pip("compile", *words).ok()
    text = (box.work / "requirements.txt").read_text()
    lines = [line for line in text.splitlines() if not line.lstrip().startswith("#")]
    equal(lines, ["harry==1.0", "remus==1.0", "sirius==1.0"], "pins")
    for note in ("# via", "#   remus", "#   sirius", "-r requirements.in"):
        expect(note in text, f"{note!r} is not in\n{text}")
    box.pip("compile", *words).ok()
    equal((box.work / "requirements.txt").read_text(), text, "second run")
    hashed = box.pip("compile", "requirements.in", "-p", box.python, "--generate-hashes").ok().stdout
    for file in box.index.files:
        if file.name.startswith(("harry-1.0", "remus", "sirius-1.0")):
            expect(file.digest() in hashed, f"no hash of {file.name} in\n{hashed}")


@row
def P14_keep(box):
    """compile keeps the versions of an existing output"""
    box.write("requirements.in", "harry\n")
    box.write("requirements.txt", "harry==1.0\n")
    words = ("requirements.in", "-p", box.python, "-o", "requirements.txt")
    box.pip("compile", *words).ok()
    expect("harry==1.0" in (box.work / "requirements.txt").read_text(), "the pin moved")
    box.pip("compile", "-U", *words).ok()
    expect("harry==3.0" in (box.work / "requirements.txt").read_text(), "-U did not move the pin")


@row
def P15(box):
    """hash checking"""
    env = box.venv()
    harry = next(file for file in box.index.files if file.name.startswith("harry-1.0"))
    wrong = ("0" if harry.digest()[0] != "0" else "1") + harry.digest()[1:]
    before = snapshot(env)
    for line in (
        f"harry==1.0 --hash=sha256:{wrong}",
        f"harry==1.0 --hash=md5:{hashlib.md5(harry.data).hexdigest()}",
        "harry==1.0",
        f"harry --hash=sha256:{harry.digest()}",
        f"harry==1.0 --hash=sha256:{harry.digest()}\nluna==1.0",
    ):
        box.write("r.txt", line + "\n")
        result = box.pip("install", "--require-hashes", "-r", "r.txt")
        expect(result.status in (1, 2), f"{line!r} was accepted\n{result}")
        equal(difference(before, snapshot(env)), "", line)
    box.write("r.txt", f"harry==1.0 --hash=sha256:{wrong}\n")
    expect(box.pip("install", "-r", "r.txt").status != 0, "a wrong hash was accepted without --require-hashes")
    box.write("r.txt", f"harry==1.0 --hash=sha256:{harry.digest()}\n")
    box.install("--require-hashes", "-r", "r.txt")


@row
def P16(box):
    """a source distribution where only wheels are allowed"""
    box.venv()
    box.pip("install", "--only-binary", ":all:", "wand").ends(1).says("wand")


@row
def P16_sdist(box):
    """a source distribution that would have to be built is named (or built)"""
    env = box.venv()
    before = snapshot(env)
    result = box.pip("install", "wand")
    if result.status != 0:
        result.says("wand")
        equal(difference(before, snapshot(env)), "", "environment")


@row
def P17(box):
    """upgrade"""
    env = box.venv()
    box.install("sirius==1.0", "hedwig==1.0")
    box.install("sirius")
    equal(installed(site_packages(env))["sirius"], "1.0", "without -U")
    box.install("-U", "sirius")
    equal(installed(site_packages(env)), {"sirius": "2.0", "harry": "3.0", "hedwig": "1.0"})
    box.install("harry==3", "sirius", "hedwig", "-P", "hedwig")
    equal(installed(site_packages(env))["hedwig"], "2.0", "-P hedwig")


@row
def P18(box):
    """reinstall"""
    env = box.venv()
    box.install("harry==1.0")
    module = site_packages(env) / "harry/__init__.py"
    record = site_packages(env) / "harry-1.0.dist-info/RECORD"
    module.unlink()
    module.write_text("# edited\n")
    inode = record.stat().st_ino
    box.install("--reinstall", "harry==1.0")
    expect("1.0" in module.read_text(), "the edited file is still there")
    expect(record.stat().st_ino != inode, "nothing was installed again")
    equal(installed(site_packages(env)), {"harry": "1.0"})


@row
def P19(box):
    """preview"""
    env = box.venv()
    box.install("sirius==1.0")
    before = snapshot(env)
    result = box.pip("install", "--dry-run", "-U", "sirius").ok()
    result.says("- harry==1.0", "+ harry==3.0", "- sirius==1.0", "+ sirius==2.0")
    equal(difference(before, snapshot(env)), "", "--dry-run")
    box.pip("install", "--check", "-U", "sirius").ends(1)
    equal(difference(before, snapshot(env)), "", "--check")
    box.pip("install", "--check", "sirius").ends(0)


@row
def P21(box):
    """byte-compile, recorded and uninstalled"""
    env = box.venv()
    before = snapshot(env)
    box.install("--compile-bytecode", "harry")
    compiled = list((site_packages(env) / "harry/__pycache__").glob("*.pyc"))
    equal(len(compiled), 1, "compiled files")
    listed = [path for path, *_ in record_rows(site_packages(env) / "harry-3.0.dist-info")]
    expect(any(path.endswith(compiled[0].name) for path in listed), f"not in RECORD: {listed}")
    stamp = compiled[0].stat().st_mtime_ns
    time.sleep(0.01)
    box.python_says(env, "import harry")
    equal(compiled[0].stat().st_mtime_ns, stamp, "Python wrote the file again")
    box.pip("uninstall", "harry").ok()
    equal(difference(before, snapshot(env)), "", "environment after uninstalling")


@row
def P22(box):
    """link modes"""
    for mode, links in (("hardlink", True), ("copy", False)):
        env = box.venv(mode)
        box.install("-p", mode, "--link-mode", mode, "harry")
        module = site_packages(env) / "harry/__init__.py"
        equal(module.stat().st_nlink > 1, links, f"{mode}: shared with the cache")
    box.venv("clone")
    box.install("-p", "clone", "--link-mode", "clone", "harry")
    if not os.access("/dev/shm", os.W_OK) or os.stat("/dev/shm").st_dev == os.stat(box.path).st_dev:
        raise Skip("no second file system at /dev/shm")
    box.venv("across")
    cache = f"/dev/shm/{box.path.name}"
    try:
        result = box.install("-p", "across", "--link-mode", "hardlink", "--cache-dir", cache, "sirius")
    finally:
        shutil.rmtree(cache, ignore_errors=True)
    warnings = [line for line in result.text.lower().splitlines() if line.startswith("warning")]
    equal(len(warnings), 1, f"warnings of\n{result}\n")


@row
def P31(box):
    """pip's harmless flags are accepted"""
    box.venv()
    box.install("--disable-pip-version-check", "--no-color", "--trusted-host", "localhost", "harry")
    box.pip("uninstall", "-y", "harry").ok()


@row
def P32(box):
    """two wheels that own one file: named, and the loser's file comes back"""
    env = box.venv()
    for name in ("cv-one", "cv-two"):
        files = {"cv/__init__.py": f"owner = '{name}'\n", f"{name.replace('-', '_')}.py": ""}
        box.wheel(name, "1.0", files=files)
    words = ("--no-index", "--find-links", "wheels")
    box.install(*words, "cv-one")
    box.install(*words, "cv-two").says("cv-one", "cv-two")
    equal(box.python_says(env, "import cv; print(cv.owner)"), "cv-two")
    box.pip("uninstall", "cv-two").ok()
    equal(box.python_says(env, "import cv; print(cv.owner)"), "cv-one", "after uninstalling")


@row
def P_schemes(box):
    """scripts, data and headers of a wheel arrive, and go again"""
    env = box.venv()
    before = snapshot(env)
    box.wheel("quidditch", "1.0", data={
        "scripts/snitch": "#!python\nimport sys; print(sys.prefix)\n",
        "scripts/snatch": "#!/bin/sh\necho snatch\n",
        "data/share/quidditch/rules.txt": "rules\n",
        "headers/broom.h": "/* broom */\n",
        "purelib/pure_part.py": "x = 1\n",
        "platlib/plat_part.py": "y = 2\n",
    }, scripts={"quaffle": "quidditch:main"})
    box.install("--no-index", "--find-links", "wheels", "quidditch")
    equal(box.shell(env / "bin/snitch").ok().stdout.strip(), str(env), "#!python script")
    equal(box.shell(env / "bin/snatch").ok().stdout.strip(), "snatch")
    equal(box.shell(env / "bin/quaffle").ok().stdout.strip(), "1.0")
    box.python_says(env, "import pure_part, plat_part")
    expect((env / "share/quidditch/rules.txt").exists(), "no data file")
    expect(list(env.glob("include/site/python*/quidditch/broom.h")), "no header")
    equal(environment_problems(env, before), [], "problems")
    box.pip("uninstall", "quidditch").ok()
    for directory in env.rglob("__pycache__"):
        expect(not list(directory.glob("p*_part*")), "compiled files stay")
    picture = {k: v for k, v in snapshot(env).items() if k not in ("share", "include")}
    equal(difference({k: v for k, v in before.items() if k not in ("share", "include")}, picture), "", "after")


@row
def P_pip_agrees(box):
    """pip lists, checks and uninstalls what was installed, and the other way round"""
    env = box.venv()
    box.install("sirius==1.0", "hedwig")
    check = pip_check(box.python, env)
    equal(check.status, 0, check.text)
    pip = (box.python, "-m", "pip", "--disable-pip-version-check", "--python", env)
    listed = json.loads(box.shell(*pip, "list", "--format", "json").ok().stdout)
    equal({d["name"]: d["version"] for d in listed}, {"sirius": "1.0", "harry": "1.0", "hedwig": "2.0"})
    box.shell(*pip, "uninstall", "-y", "hedwig").ok()
    equal(box.freeze(), ["harry==1.0", "sirius==1.0"])
    box.shell(*pip, "install", "-q", "--index-url", box.index.url, "harry==3.0").ok()
    box.install("harry==1.0")
    equal(installed(site_packages(env)), {"harry": "1.0", "sirius": "1.0"})
    equal(environment_problems(env, snapshot(box.venv("empty"))), [], "problems")
    site = site_packages(env)
    # What the program calls itself, whatever its file is called.
    name = box.run("--version").ok().stdout.split()[0]
    equal((site / "sirius-1.0.dist-info/INSTALLER").read_text().strip(), name)
    expect((site / "sirius-1.0.dist-info/REQUESTED").exists(), "a named package is not REQUESTED")


@row
def I1(box):
    """list in three formats, equal to importlib.metadata"""
    env = box.venv()
    box.install("sirius", "hedwig")
    listed = json.loads(box.pip("list", "--format", "json").ok().stdout)
    code = "import importlib.metadata as m, json; print(json.dumps(sorted((d.name, d.version) for d in m.distributions())))"
    found = [tuple(pair) for pair in json.loads(box.python_says(env, code))]
    equal(sorted((d["name"], d["version"]) for d in listed), found)
    equal(box.pip("list", "--format", "freeze").ok().stdout.split(), [f"{n}=={v}" for n, v in found])
    lines = box.pip("list").ok().stdout.splitlines()
    equal(lines[0].split(), ["Package", "Version"])
    expect(set(lines[1]) <= {"-", " "}, lines[1])
    equal([tuple(line.split()) for line in lines[2:]], found)


@row
def I2(box):
    """freeze, and reinstalling from it"""
    env = box.venv()
    box.install("sirius", "hedwig")
    frozen = box.pip("freeze").ok().stdout
    box.write("frozen.txt", frozen)
    box.venv("again")
    box.install("-p", "again", "-r", "frozen.txt")
    equal(installed(site_packages(box.work / "again")), installed(site_packages(env)))
    equal(box.freeze("--exclude", "harry"), ["hedwig==2.0", "sirius==2.0"])
    equal(box.freeze("--path", site_packages(env)), frozen.split())


@row
def I3(box):
    """show one package, with its files"""
    env = box.venv()
    box.install("sirius==1.0")
    result = box.pip("show", "-f", "harry").ok()
    for line in ("Name: harry", "Version: 1.0", f"Location: {site_packages(env)}",
                 "Requires:", "Required-by: sirius", "Files:", "harry/__init__.py"):
        result.says(line)
    box.pip("show", "nobody").ends(1)


@row
def I4(box):
    """dependency tree"""
    box.venv()
    box.install("sirius==1.0", "hedwig")
    lines = box.pip("tree").ok().stdout.splitlines()
    equal(len(lines), 3, f"lines of {lines}")
    expect(any("harry v1.0" in line and not line.startswith("harry") for line in lines), str(lines))
    equal(len(box.pip("tree", "--depth", "0").ok().stdout.splitlines()), 2, "--depth 0")
    pruned = box.pip("tree", "--prune", "harry").ok().stdout
    expect("harry" not in pruned, pruned)
    inverted = box.pip("tree", "--invert", "--package", "harry").ok().stdout.splitlines()
    expect(inverted[0].startswith("harry"), str(inverted))


def spoil(dist_info, old, new):
    """Changes METADATA of an installed package behind every tool's back."""
    metadata = dist_info / "METADATA"
    text = metadata.read_text().replace(old, new)
    metadata.unlink()
    metadata.write_text(text)


@row
def I6(box):
    """consistency check"""
    env = box.venv()
    box.install("sirius==1.0", "hedwig")
    box.pip("check").ok()
    site = site_packages(env)
    box.install("--no-deps", "harry==3.0")
    box.pip("check").ends(1).says("sirius", "harry<2")
    box.pip("uninstall", "harry").ok()
    box.pip("check").ends(1).says("sirius", "harry")
    box.install("harry==1.0")
    spoil(site / "hedwig-2.0.dist-info", "License: MIT", "Requires-Python: >=3.99")
    box.pip("check").ends(1).says("hedwig", "3.99")
    spoil(site / "hedwig-2.0.dist-info", "Requires-Python: >=3.99", "License: MIT")
    box.pip("check").ok()
    twin = site / "harry-3.0.dist-info"
    twin.mkdir()
    (twin / "METADATA").write_bytes(wheels.Wheel("harry", "3.0").metadata())
    (twin / "RECORD").write_text("")
    box.pip("check").ends(1).says("harry")


@row
def platform_wheel(box):
    """the wheel of this platform is chosen among those of others"""
    if not PLATFORM_IS_LINUX_X86:
        raise Skip("the fixture has a wheel for Linux on x86-64 only")
    box.venv()
    box.install("dobby")
    asked = {request.path.split("/")[-1] for request in box.index.asked(".whl")}
    expect(not any("win" in name or "macos" in name or "aarch64" in name for name in asked), str(asked))
