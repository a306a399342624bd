"""The packages that the acceptance checks of the features assume, and the
registry of those checks."""

import os
import pathlib
import sys

import common
import index
import wheels

ROWS = []

EARLY = "2024-01-01T00:00:00Z"
LATE = "2024-06-01T00:00:00Z"

LINUX = "py3-none-manylinux_2_17_x86_64.manylinux2014_x86_64"
OTHERS = ("py3-none-win_amd64", "py3-none-macosx_11_0_arm64", "py3-none-manylinux_2_17_aarch64")


def row(check):
    """Registers the check of a row; its docstring's first line is its title."""
    ROWS.append(check)
    return check


def packages():
    """All fixtures as files of an index."""
    make = index.File.of
    files = [
        make(wheels.Wheel("harry", "1.0"), upload_time=EARLY),
        make(wheels.Wheel("harry", "2.0"), upload_time=EARLY, yanked="bad"),
        make(wheels.Wheel("harry", "3.0"), upload_time=LATE),
        make(wheels.Wheel("harry", "4.0rc1"), upload_time=LATE),
        make(wheels.Wheel("sirius", "1.0", requires=("harry<2",))),
        make(wheels.Wheel("sirius", "2.0", requires=("harry>=3",)), upload_time=LATE),
        make(wheels.Wheel("remus", "1.0", requires=('harry; extra == "moon"',), extras=("moon",))),
        make(wheels.Wheel("draco", "1.0", requires=("harry==1",))),
        make(wheels.Wheel("ginny", "1.0", requires=("harry==3",))),
        make(wheels.Wheel("luna", "1.0")),
        make(wheels.Wheel("luna", "2.0", requires_python=">=3.99")),
    ]
    for version in ("1.0", "2.0"):
        scripts = {"hedwig": "hedwig:main"}
        files.append(make(wheels.Wheel("hedwig", version, scripts=scripts)))
    for tag in (LINUX, *OTHERS):
        files.append(make(wheels.Wheel("dobby", "1.0", tag=tag)))
    files.append(index.File(*wheels.sdist("wand", "1.0")))
    return files


class Box(common.Sandbox):
    """A sandbox whose default index serves the fixtures."""

    def __init__(self, options):
        super().__init__(options.program, options.python, options.dir)
        self.index = index.Index(packages())
        self.index.__enter__()
        self.use_index(self.index.url)

    def __exit__(self, *reason):
        self.index.__exit__(*reason)
        super().__exit__(*reason)

    def pip(self, command, *words, **keywords):
        """`pip COMMAND` of the program under test."""
        return self.run("pip", command, *words, **keywords)

    def install(self, *words, **keywords):
        return self.pip("install", *words, **keywords).ok()

    def freeze(self, *words, **keywords):
        """`pip freeze` as a list of lines."""
        return self.pip("freeze", *words, **keywords).ok().stdout.split()

    def wheel(self, name, version, **keywords):
        """Writes a wheel into the working directory's `wheels`."""
        return wheels.Wheel(name, version, **keywords).write(self.work / "wheels")

    def write(self, name, text):
        """Writes a file in the working directory."""
        path = self.work / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        return path

    def bash(self, script, shell="bash", **variables):
        """Runs a shell script that must succeed; what it prints."""
        return self.shell(*shell_command(shell), script, **variables).ok().stdout


def shell_command(shell):
    """How `shell` is started for a script given as an argument."""
    path = common.shutil.which(shell)
    if path is None:
        raise common.Skip(f"{shell} is not installed")
    quiet = {"bash": ["--norc", "-c"], "zsh": ["-f", "-c"], "fish": ["-N", "-c"], "csh": ["-f", "-c"]}
    return [path, *quiet.get(shell, ["-c"])]


def equal(found, wanted, what="value"):
    """Fails the check unless both are equal."""
    common.expect(found == wanted, f"{what}: {found!r}, expected {wanted!r}")


def copied_base(box):
    """A private copy of the base Python (its standard library by symbolic links),
    so that its site-packages can be written to; its executable."""
    prefix = pathlib.Path(box.shell(box.python, "-c", "import sys; print(sys.base_prefix)").ok().stdout.strip())
    version = common.python_version(box.python)
    copy = box.path / "base"
    library = copy / f"lib/python{version}"
    library.mkdir(parents=True)
    (copy / "bin").mkdir()
    for entry in (prefix / f"lib/python{version}").iterdir():
        if entry.name not in ("site-packages", "EXTERNALLY-MANAGED"):
            (library / entry.name).symlink_to(entry)
    (library / "site-packages").mkdir()
    for shared in (prefix / "lib").glob("libpython*"):
        (copy / "lib" / shared.name).symlink_to(shared)
    (copy / "include").symlink_to(prefix / "include")
    executable = copy / f"bin/python{version}"
    common.shutil.copy2(os.path.realpath(box.python), executable)
    (copy / "bin/python3").symlink_to(executable.name)
    found = box.shell(executable, "-c", "import sys, json; print(sys.prefix)")
    if found.status != 0 or found.stdout.strip() != str(copy):
        raise common.Skip(f"a copy of {box.python} does not know its own prefix")
    return executable


PLATFORM_IS_LINUX_X86 = sys.platform == "linux" and os.uname().machine == "x86_64"
