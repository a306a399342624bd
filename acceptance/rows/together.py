"""Rows W and F: workspaces, and settings."""

import json
import tomllib

import twins
from common import expect
from rows.declaring import PLAIN, manifest, text, there
from rows.fixtures import equal, row

MEMBER = "[tool.naja.sources]\npollux = { workspace = true }\n"


def workspace(box):
    """A root that needs harry, and two members, one of which needs the other."""
    box.write("pyproject.toml", manifest(["harry"], '\n[tool.naja.workspace]\nmembers = ["libs/*"]\nexclude = ["libs/out"]\n').replace("3.8", "3.11"))
    members = twins.package("castor", 'dependencies = ["pollux", "luna"]\n' + MEMBER, prefix="libs/castor/")
    members |= twins.package("pollux", 'dependencies = ["hedwig"]\n', version="7.0", prefix="libs/pollux/")
    for name, content in (members | twins.package("out", 'dependencies = ["nosuch"]\n', prefix="libs/out/")).items():
        box.write(name, content)
    return box.work / "libs/castor"


def names(box):
    return " ".join(entry.split("=")[0] for entry in there(box).split())


@row
def W1(box):
    """members by pattern, one lock, written from any of them"""
    castor = workspace(box)
    box.run("lock", cwd=castor).ok()
    expect(not (castor / "pylock.toml").exists(), "the member has a lock of its own")
    found = {one["name"] for one in tomllib.loads(text(box, "pylock.toml"))["packages"]}
    expect({"castor", "pollux", "harry", "luna", "hedwig"} <= found and "out" not in found, str(found))
    box.run("lock", "--check").ok()


@row
def W2(box):
    """members are chosen"""
    castor = workspace(box)
    for words, cwd, wanted in ((["sync"], None, "harry"), (["sync", "--package", "pollux"], None, "hedwig pollux"),
                               (["sync"], castor, "castor hedwig luna pollux"),
                               (["sync", "--all-packages"], None, "castor harry hedwig luna pollux")):
        box.run(*words, cwd=cwd).ok()
        equal(names(box), wanted, " ".join(words))
    box.run("sync", "--package", "nosuch").ends(2).says("castor")


@row
def W3(box):
    """a member as a dependency: editable, with its own version"""
    workspace(box)
    box.run("sync", "--package", "castor").ok()
    expect("pollux==7.0" in there(box), there(box))
    box.write("libs/pollux/src/pollux/__init__.py", "SAID = 'fresh'\n")
    equal(box.python_says(box.work / ".venv", "import pollux; print(pollux.SAID)"), "fresh")
    box.write("libs/castor/pyproject.toml", text(box, "libs/castor/pyproject.toml").replace('"pollux"', '"pollux>=8"'))
    box.run("lock").ends(1).says("pollux", "7.0")


@row
def W4(box):
    """a workspace describes itself"""
    castor = workspace(box)
    equal(box.run("workspace", "list").ok().stdout.split(), ["castle", "castor", "pollux"])
    equal(box.run("workspace", "dir", cwd=castor).ok().stdout.strip(), str(box.work))
    equal(box.run("workspace", "dir", "--package", "castor").ok().stdout.strip(), str(castor))
    found = json.loads(box.run("workspace", "metadata", cwd=castor).ok().stdout)
    equal([one["name"] for one in found["members"]], ["castle", "castor", "pollux"])
    equal(found["current"], "castor")


@row
def W5(box):
    """an import that a member does not declare fails in its isolated run"""
    workspace(box)
    box.run("sync", "--all-packages").ok()
    box.run("run", "--package", "pollux", "python", "-c", "import luna").ok()
    box.run("run", "--isolated", "--package", "pollux", "python", "-c", "import hedwig").ok()
    box.run("run", "--isolated", "--package", "pollux", "python", "-c", "import luna", check_crash=False).ends(1)


@row
def W6(box):
    """one command for each member"""
    workspace(box)
    box.run("run", "--each-package", "python", "-c", "import os; print(os.path.basename(os.getcwd()))").ok() \
        .says("castor", "pollux", "result")


@row
def F1(box):
    """command line over variable over project over user over system"""
    layers = {"system": "copy", "user": "hardlink", "project": "symlink"}
    box.write("system/naja/naja.toml", f'link-mode = "{layers["system"]}"\n')
    box.variables["XDG_CONFIG_DIRS"] = str(box.work / "system")
    box.variables["XDG_CONFIG_HOME"] = str(box.work / "user")

    def value(*flags, **variables):
        return box.run("config", "get", "link-mode", *flags, **variables).ok().stdout.strip()

    equal(value(), layers["system"], "system")
    box.write("user/naja/naja.toml", f'link-mode = "{layers["user"]}"\n')
    equal(value(), layers["user"], "user")
    box.write("uv.toml", 'link-mode = "clone"\n')
    equal(value(), "clone", "uv's file of the project")
    box.write("naja.toml", f'link-mode = "{layers["project"]}"\n')
    equal(value(), layers["project"], "project")
    equal(value(NAJA_LINK_MODE="copy"), "copy", "variable")
    box.write("pyproject.toml", manifest(["harry"]))
    box.run("sync", "-v", "--link-mode", "copy", NAJA_LINK_MODE="hardlink").ok()
    env = box.work / ".venv"
    links = box.python_says(env, "import harry, os; print(os.stat(harry.__file__).st_nlink, os.path.islink(harry.__file__))")
    equal(links, "1 False", "command line over variable")


@row
def F2(box):
    """settings are set, read and shown with where they come from"""
    box.variables["XDG_CONFIG_HOME"] = str(box.work / "user")
    box.run("config", "set", "link-mode", "copy").ok()
    equal(box.run("config", "get", "link-mode").ok().stdout.strip(), "copy")
    box.run("config", "show", "--origin").ok().says(str(box.work / "user/naja/naja.toml"))
    box.run("config", "unset", "link-mode").ok()
    expect("copy" not in text(box, "user/naja/naja.toml"), text(box, "user/naja/naja.toml"))
    box.run("config", "set", "link-mode", "toaster").ends(1, 2).says("toaster")
    box.run("config", "set", "no-such-key", "1").ends(1, 2)


@row
def F3(box):
    """--no-config reads no file"""
    box.write("pyproject.toml", PLAIN)
    box.write("naja.toml", 'resolution = "lowest"\n')
    box.run("add", "--no-sync", "--raw", "harry").ok()
    expect('version = "1.0"' in text(box, "pylock.toml"), "the setting does not count")
    (box.work / "pylock.toml").unlink()
    box.run("lock", "--no-config").ok()
    expect('version = "3.0"' in text(box, "pylock.toml"), "the setting counts")
