"""Hostile environments."""

import os
import time

import common
import wheels
from attacks.base import ESCAPE, attack
from common import expect
from rows.fixtures import equal


def planted(box, record, metadata=None):
    """An installed distribution `evil` with a RECORD of these lines."""
    info = box.site / "evil-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_bytes(metadata or wheels.Wheel("evil", "1.0").metadata())
    (info / "WHEEL").write_text("Wheel-Version: 1.0\n")
    (info / "INSTALLER").write_text("pip\n")
    names = ("METADATA", "WHEEL", "INSTALLER", "RECORD")
    (info / "RECORD").write_text("".join(f"{line},,\n" for line in [*record, *(f"{info.name}/{n}" for n in names)]))
    return info


def precious(box):
    expect((box.victim / "precious.txt").exists(), "the file outside is gone")


for title, line in (("climbs out of the environment", "../../../../../victim/precious.txt"),
                    ("names an absolute path", "{victim}/precious.txt"),
                    ("climbs out through a directory", "evil/../../../../../../victim/precious.txt")):
    def outside(box, line=line):
        planted(box, [line.format(victim=box.victim)])
        for words in (["uninstall", "-y", "evil"], ["install", "--no-deps", "harry", "evil==2"], ["list"], ["check"]):
            box.run("pip", *words)
            precious(box)
    attack(f"environment: a RECORD that {title}")(outside)


@attack("environment: a RECORD that goes through a symbolic link")
def linked_directory(box):
    (box.site / "evil").symlink_to(box.victim)
    planted(box, ["evil/precious.txt"])
    box.pip("uninstall", "-y", "evil")
    precious(box)


@attack("environment: a RECORD that names the environment's own Python and pyvenv.cfg")
def own_files(box):
    depth = os.path.relpath(box.env, box.site)
    planted(box, [f"{depth}/pyvenv.cfg", f"{depth}/bin/python", f"{depth}/bin/activate"])
    box.pip("uninstall", "-y", "evil")
    for name in ("pyvenv.cfg", "bin/python", "bin/activate"):
        expect((box.env / name).exists(), f"{name} is gone")


@attack("environment: a RECORD that names another package's files")
def foreign_files(box):
    box.install("harry")
    planted(box, ["harry/__init__.py", "harry-3.0.dist-info/METADATA"])
    box.pip("uninstall", "-y", "evil")
    expect((box.site / "harry-3.0.dist-info/METADATA").exists(), "harry's METADATA is gone")
    expect((box.site / "harry/__init__.py").exists(), "harry's module is gone")


@attack("environment: a distribution without RECORD is not uninstalled by guessing")
def no_record(box):
    info = planted(box, [])
    (info / "RECORD").unlink()
    box.refused("pip", "uninstall", "-y", "evil")


@attack("environment: a RECORD that is a directory, binary, or huge")
def broken_record(box):
    info = planted(box, [])
    (info / "RECORD").write_bytes(b"\0\xff\"" * 100_000)
    box.refused("pip", "uninstall", "-y", "evil")
    (info / "RECORD").unlink()
    (info / "RECORD").mkdir()
    box.refused("pip", "uninstall", "-y", "evil")


@attack("environment: a package directory that is a link to outside is not written through")
def write_through(box):
    (box.site / "harry").symlink_to(box.victim)
    box.pip("install", "harry")
    equal(sorted(path.name for path in box.victim.iterdir()), ["precious.txt"], "outside")


@attack("environment: a bin directory that is a link to outside is not written through")
def bin_through(box):
    moved = box.env / "moved"
    (box.env / "bin").rename(moved)
    for path in moved.iterdir():
        os.symlink(os.path.realpath(path), box.victim / path.name)
    (box.env / "bin").symlink_to(box.victim)
    before = common.snapshot(box.victim)
    box.pip("install", "-p", box.env, "hedwig")
    equal(common.difference(before, common.snapshot(box.victim)), "", "outside")


@attack("environment: dist-info directories that are files, links, or have broken names")
def broken_infos(box):
    box.install("harry")
    (box.site / "file-1.0.dist-info").write_text("x")
    (box.site / "loop-1.0.dist-info").symlink_to("loop-1.0.dist-info")
    (box.site / "-.dist-info").mkdir()
    (box.site / "no version.dist-info").mkdir()
    (box.site / "odd-1.0.0.0.x.dist-info").mkdir()
    (box.site / f"red-{ESCAPE}[31m.dist-info").mkdir()
    for words in (["list"], ["freeze"], ["check"], ["tree"], ["show", "harry"], ["list", "--format", "json"]):
        box.harmless("pip", *words).says(*(["harry"] if words != ["check"] else []))


@attack("environment: METADATA with escapes")
def escapes(box):
    text = f"Metadata-Version: 2.1\nName: evil\nVersion: 1.0\nSummary: {ESCAPE}[2Jgone\nAuthor: {ESCAPE}]0;x\a\n"
    text += f"Requires-Dist: nobody{ESCAPE}[31m\nHome-page: {ESCAPE}[1m\n"
    planted(box, [f"evil/{ESCAPE}[31m.py"], text.encode())
    for words in (["list"], ["freeze"], ["check"], ["tree"], ["show", "-f", "evil"]):
        box.harmless("pip", *words)


@attack("environment: METADATA that is missing or binary")
def binary_metadata(box):
    box.install("harry")
    info = planted(box, [], bytes(range(256)) * 100)
    for words in (["list"], ["freeze"], ["check"], ["tree"]):
        box.harmless("pip", *words)
    (info / "METADATA").unlink()
    for words in (["list"], ["freeze"], ["check"], ["tree"]):
        box.harmless("pip", *words)


@attack("environment: packages that need each other in a circle")
def circle(box):
    for name, other in (("one", "two"), ("two", "one")):
        box.wheel(name, "1.0", requires=(other,))
    box.install("--no-index", "--find-links", "wheels", "one")
    result = box.harmless("pip", "tree")
    expect(len(result.stdout) < 2000, f"an endless tree\n{result}")
    box.harmless("pip", "check").ok()


@attack("environment: reading it runs no code of it")
def code(box):
    box.install("harry")
    ran = box.path / "victim/ran"
    (box.site / "evil.pth").write_text(f"import pathlib; pathlib.Path({str(ran)!r}).touch()\n")
    (box.site / "sitecustomize.py").write_text(f"open({str(ran)!r}, 'w').close()\n")
    (box.site / "_manylinux.py").write_text(f"open({str(ran)!r}, 'w').close()\n")
    for words in (["list"], ["freeze"], ["check"], ["tree"], ["show", "harry"], ["install", "hedwig"]):
        box.pip(*words, "--cache-dir", box.path / "cache").ok()
        expect(not ran.exists(), f"pip {words[0]} ran code of the environment")


for title, text in (("empty", ""), ("binary", "\0\1\2"), ("without home", "version = 3\n"),
                    ("with a home that is gone", "home = /nonexistent/bin\nversion = 3.11.7\n"),
                    ("of a megabyte", "x = y\n" * 200_000)):
    def config(box, text=text):
        (box.env / "pyvenv.cfg").write_text(text)
        before = common.snapshot(box.home)
        result = box.pip("install", "harry")
        expect(result.status in (0, 1, 2) and result.text.strip(), str(result))
        equal(common.difference(before, common.snapshot(box.home)), "", "home")
        if result.status == 0:
            expect((box.site / "harry").exists(), f"installed elsewhere\n{result}")
    attack(f"environment: a pyvenv.cfg {title}")(config)


@attack("environment: a Python that never answers")
def hanging(box):
    python = box.write("hang/python3", "#!/bin/sh\nsleep 1000 &\nwait\n")
    python.chmod(0o755)
    started = time.monotonic()
    box.refused("venv", "-p", python, "new", timeout=90)
    expect(time.monotonic() - started < 60, f"waited {time.monotonic() - started:.0f} s")
    # What it started has to be gone as well.
    left = common.run(["sh", "-c", f"ps -eo args= | grep -F '{python}' | grep -v grep"], "/")
    equal(left.stdout, "", "left running")


@attack("environment: a Python that talks without end, or lies")
def talking(box):
    for number, text in enumerate(("yes '{\"a\": 1}'", "head -c 100000000 /dev/zero", "echo '{}'", "echo null; exit 3")):
        python = box.write(f"talk{number}/python3", f"#!/bin/sh\n{text}\n")
        python.chmod(0o755)
        box.refused("venv", "-p", python, "new", timeout=90)


@attack("environment: text of a prompt or path is never run")
def injection(box):
    ran = box.victim / "ran"
    words = f"$(touch {ran})", f"`touch {ran}`", f"'; touch {ran}; '", f'"; touch {ran}; "', "%s%n\\e[31m", "a\nb"
    for number, prompt in enumerate(words):
        result = box.run("venv", "-q", "-p", box.python, "--prompt", prompt, f"p{number}")
        if result.status != 0:
            continue
        for shell, script in (("bash", "activate"), ("zsh", "activate"), ("sh", "activate"), ("fish", "activate.fish"),
                              ("csh", "activate.csh")):
            if common.shutil.which(shell):
                text = f"source p{number}/bin/{script}" if shell in ("fish", "csh") else f". p{number}/bin/{script}"
                show = {"fish": "fish_prompt", "csh": "echo $prompt:q"}.get(shell, 'eval "echo \\"$PS1\\"" >/dev/null')
                box.shell(*{"fish": ["fish", "-N"], "csh": ["csh", "-f"]}.get(shell, [shell]), "-c",
                          f"{text}\n{show if shell in ('fish', 'csh') else ':'}")
                expect(not ran.exists(), f"{prompt!r} was run by {shell}")
        config = (box.work / f"p{number}/pyvenv.cfg").read_text()
        expect(config.count("home =") == 1 and "\nb\n" not in config, f"a forged pyvenv.cfg:\n{config}")
