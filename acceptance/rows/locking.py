"""Rows L: the lock of a project, its exports, other tools' locks; ideas 8 and 24."""

import json
import re
import tomllib

import common
import index
import wheels
from common import difference, expect, snapshot
from rows.declaring import PLAIN, manifest, text, there
from rows.fixtures import equal, row

GIT = "git -c user.name=T -c user.email=t@e -c commit.gpgsign=false"


def locked(box, name="pylock.toml"):
    """Names and versions of the packages of a lock, without the project."""
    packages = tomllib.loads(text(box, name))["packages"]
    return {one["name"]: one.get("version") for one in packages if "directory" not in one}


@row
def L1(box):
    """two locks are the same to the byte, with and without a cache"""
    box.write("pyproject.toml", manifest(["sirius", "remus[moon]", "dobby", "luna; sys_platform == 'win32'"]))
    box.run("lock").ok()
    first = text(box, "pylock.toml")
    for flags in ([], ["--no-cache"], ["--refresh"]):
        (box.work / "pylock.toml").unlink()
        box.run("lock", *flags).ok()
        equal(text(box, "pylock.toml"), first, f"the lock with {flags}")


@row
def L2(box):
    """whether a lock fits is known without the network"""
    box.write("pyproject.toml", manifest(["harry"]))
    box.run("lock").ok()
    requests = len(box.index.log)
    box.run("lock", "--check", "--no-cache").ok()
    box.write("pyproject.toml", "# said otherwise\n" + manifest(["harry"]).replace('"harry"', "'Harry' ,"))
    box.run("lock", "--check").ok()
    box.write("pyproject.toml", manifest(["luna"]))
    box.run("lock", "--check").ends(1).says("naja lock")
    box.run("sync", "--locked").ends(1)
    equal(len(box.index.log), requests, "requests")


@row
def L3(box):
    """--frozen takes the lock as it is"""
    box.write("pyproject.toml", manifest(["harry"]))
    box.run("sync", "--frozen").ends(2)
    box.run("lock").ok()
    lock = text(box, "pylock.toml")
    box.write("pyproject.toml", manifest(["luna"]))
    box.run("sync", "--frozen").ok()
    equal(there(box), "harry==3.0")
    equal(text(box, "pylock.toml"), lock, "the lock")


@row
def L4(box):
    """a dry run tells what would be added, updated, removed"""
    box.write("pyproject.toml", manifest(["harry<2", "luna"]))
    box.run("lock").ok()
    box.write("pyproject.toml", manifest(["harry>=3", "hedwig"]))
    before = snapshot(box.work)
    box.run("lock", "--dry-run").ok().says("harry v1.0 -> v3.0", "hedwig", "luna")
    equal(difference(before, snapshot(box.work)), "", "after the dry run")


@row
def L5(box):
    """an export to requirements; pip installs it (with its own venv)"""
    box.write("pyproject.toml", manifest(["sirius"], '[dependency-groups]\ndev = ["luna"]\n'))
    box.run("export", "--no-dev", "-q", "-o", "requirements.txt").ok()
    expect("--hash=sha256:" in text(box, "requirements.txt") and "luna" not in text(box, "requirements.txt"), text(box, "requirements.txt"))
    box.run("export", "--no-hashes", "--no-annotate", "--no-header").ok()
    box.shell(box.python, "-m", "venv", "other").ok()
    pip = [box.work / "other/bin/python", "-m", "pip", "--disable-pip-version-check", "install", "-q", "--index-url", box.index.url]
    box.shell(*pip, "-r", "requirements.txt").ok()
    installed = common.installed(common.site_packages(box.work / "other"))
    equal({name: installed.get(name) for name in ("harry", "sirius")}, {"harry": "3.0", "sirius": "2.0"})


@row
def L6(box):
    """an export in the standard's form; nothing is a list, too"""
    box.write("pyproject.toml", manifest(["sirius"]))
    box.run("export", "-q", "-o", "pylock.other.toml").ok()
    table = tomllib.loads(text(box, "pylock.other.toml"))
    equal(table["lock-version"], "1.0")
    equal({one["name"]: one["version"] for one in table["packages"]}, {"harry": "3.0", "sirius": "2.0"})
    box.write("pyproject.toml", PLAIN)
    said = box.run("export", "--format", "pylock.toml").ok().stdout
    equal(tomllib.loads(said)["packages"], [])


@row
def L7(box):
    """a lock of others is installed; one of another version of the standard is refused"""
    box.venv()
    lock = ('lock-version = "1.0"\ncreated-by = "hand"\n\n[[packages]]\nname = "harry"\nversion = "1.0"\n\n[[packages.wheels]]\n'
            f'url = "{box.index.origin}/files/harry-1.0-py3-none-any.whl"\nhashes = {{ sha256 = "HASH" }}\n')
    file = next(file for file in box.index.files if file.name.startswith("harry-1.0"))
    box.write("pylock.toml", lock.replace("HASH", file.digest()))
    box.pip("sync", "pylock.toml").ok()
    equal(box.freeze(), ["harry==1.0"])
    box.write("pylock.toml", lock.replace("HASH", "0" * 64))
    box.pip("sync", "--reinstall", "--no-cache", "pylock.toml").ends(1, 2).says("0" * 64)
    equal(box.freeze(), ["harry==1.0"])
    box.write("pylock.toml", lock.replace('"1.0"', '"2.0"', 1))
    expect(box.pip("sync", "pylock.toml").status != 0, "lock-version 2.0 was taken")


@row
def L8(box):
    """a list of materials: each component with its hashes, the same text twice"""
    box.write("pyproject.toml", manifest(["sirius", "remus[moon]"]))
    said = box.run("export", "--format", "cyclonedx1.5", "-q").ok().stdout
    bom = json.loads(said)
    equal((bom["bomFormat"], bom["specVersion"]), ("CycloneDX", "1.5"))
    parts = {one["name"]: one for one in bom["components"]}
    equal(sorted(parts), ["harry", "remus", "sirius"])
    for name, part in parts.items():
        expect(re.fullmatch(r"pkg:pypi/[a-z]+@[0-9.]+(\?.*)?", part["purl"]), part["purl"])
        expect(any(place.get("hashes") for place in part["externalReferences"]), f"{name} has no hash")
    references = {one["ref"] for one in bom["dependencies"]}
    expect({part["bom-ref"] for part in parts.values()} <= references, "a component nobody says the needs of")
    equal(box.run("export", "--format", "cyclonedx1.5", "-q").ok().stdout, said, "the second time")


@row
def L9(box):
    """each filter of exports takes its lines and no others"""
    box.write("pyproject.toml", manifest(["sirius", "remus"], '[dependency-groups]\ndev = ["hedwig"]\n'))

    def names(*flags):
        said = box.run("export", "-q", "--no-hashes", "--no-header", "--no-annotate", *flags).ok().stdout
        return " ".join(sorted(line.split("=")[0] for line in said.splitlines()))

    equal(names(), "harry hedwig remus sirius")
    for flags, wanted in ((["--no-dev"], "harry remus sirius"), (["--prune", "sirius"], "hedwig remus"),
                          (["--no-emit-package", "sirius"], "harry hedwig remus"), (["--only-group", "dev"], "hedwig")):
        equal(names(*flags), wanted, str(flags))


@row
def L10(box):
    """the lock of a project is the standard's"""
    box.write("pyproject.toml", manifest(["sirius"]))
    box.run("lock").ok()
    equal(tomllib.loads(text(box, "pylock.toml"))["lock-version"], "1.0")
    env = box.venv("elsewhere")
    box.pip("sync", "-p", env, "pylock.toml").ok()
    equal(box.freeze("-p", env), ["harry==3.0", "sirius==2.0"])


@row
def L11(box):
    """a script with a lock"""
    box.write("s.py", '# /// script\n# requires-python = ">=3.8"\n# dependencies = ["harry<2"]\n# ///\nimport harry\nprint(harry.__version__)\n')
    box.run("lock", "--script", "s.py").ok()
    expect('version = "1.0"' in text(box, "s.py.lock"), text(box, "s.py.lock"))
    equal(box.run("run", "--locked", "s.py").ok().stdout.strip(), "1.0")
    box.write("s.py", text(box, "s.py").replace("harry<2", "harry>2"))
    box.run("run", "--locked", "s.py").ends(1)


@row
def L12(box):
    """a lock made through one mirror is used through another; also idea 8"""
    with index.Index(box.index.files) as mirror:
        box.write("pyproject.toml", manifest(["sirius"]))
        box.run("lock").ok()
        lock = text(box, "pylock.toml")
        requests = len(box.index.log)
        box.use_index(mirror.url)
        box.run("sync", "--frozen", "--no-cache").ok()
        equal(there(box), "harry==3.0 sirius==2.0")
        expect(mirror.asked("/files/"), "nothing was fetched from the configured index")
        equal(len(box.index.log), requests, "requests to the index that the lock was made with")
        box.run("lock", "--refresh").ok()
        equal(text(box, "pylock.toml"), lock, "the lock, made again through the mirror")


@row
def L13(box):
    """a lock in the middle of a merge; also idea 24: the driver, and differences by meaning"""
    box.write("pyproject.toml", manifest(["harry<2"]))
    box.write(".gitignore", ".venv\n")
    box.run("lock").ok()
    box.bash(f"git init -q -b main . && git add . && {GIT} commit -qm base && git switch -qc theirs")
    box.run("add", "--no-sync", "remus").ok()
    box.bash(f"{GIT} commit -qam remus && git switch -q main")
    box.run("add", "--no-sync", "hedwig==1.0").ok()
    box.bash(f"{GIT} commit -qam hedwig")
    said = box.run("lock", "diff", "HEAD~1").ok().stdout
    expect("hedwig" in said and "1.0" in said and "harry" not in said, said)
    box.shell("git", "-c", "user.name=T", "-c", "user.email=t@e", "merge", "-q", "theirs")
    both = PLAIN.replace("[]", '["harry<2", "hedwig==1.0", "remus>=1.0"]')
    box.write("pyproject.toml", both)
    box.run("lock").ok()
    equal(locked(box), {"harry": "1.0", "hedwig": "1.0", "remus": "1.0"})
    expect("<<<<" not in text(box, "pylock.toml"), "the marks are still there")


@row
def idea_24(box):
    """git merges two locks by the driver, and nothing is asked"""
    box.write("pyproject.toml", '[project]\nname = "castle"\nversion = "1"\nrequires-python = ">=3.8"\ndependencies = [\n    "harry<2",\n]\n\n'
              '[dependency-groups]\na = [\n    "dobby",\n]\n\n[tool.x]\ny = 1\n\n[project.optional-dependencies]\nb = [\n    "draco",\n]\n')
    box.run("lock").ok()
    box.bash("git init -q -b main .")
    box.run("lock", "merge", "--install").ok()
    box.bash(f"git add . && {GIT} commit -qm base && git switch -qc theirs")
    box.run("add", "--no-sync", "--group", "a", "luna").ok()
    box.bash(f"{GIT} commit -qam luna && git switch -q main")
    box.run("add", "--no-sync", "--optional", "b", "hedwig").ok()
    box.bash(f"{GIT} commit -qam hedwig")
    requests = len(box.index.log)
    path = f"{common.os.path.dirname(box.program)}:{box.variables['PATH']}"
    merged = box.shell("git", "-c", "user.name=T", "-c", "user.email=t@e", "merge", "-q", "-m", "both", "theirs", PATH=path)
    merged.ok()
    found = locked(box)
    expect({"harry", "hedwig", "luna", "dobby", "draco"} <= found.keys(), str(found))
    box.run("lock", "--check").ok()
    equal(len(box.index.log), requests, "requests")


@row
def L14(box):
    """the versions of uv.lock and poetry.lock are kept"""
    box.write("pyproject.toml", manifest(["harry", "hedwig"]))
    box.write("uv.lock", 'version = 1\nrevision = 2\nrequires-python = ">=3.8"\n\n[[package]]\nname = "castle"\nversion = "0.1.0"\n'
              'source = { virtual = "." }\ndependencies = [{ name = "harry" }, { name = "hedwig" }]\n\n'
              '[[package]]\nname = "harry"\nversion = "1.0"\nsource = { registry = "https://index.example/simple" }\n\n'
              '[[package]]\nname = "hedwig"\nversion = "1.0"\nsource = { registry = "https://index.example/simple" }\n')
    box.run("lock", "--from", "uv.lock").ok()
    equal(locked(box), {"harry": "1.0", "hedwig": "1.0"}, "uv.lock")
    (box.work / "pylock.toml").unlink()
    (box.work / "uv.lock").unlink()
    box.write("poetry.lock", '[[package]]\nname = "harry"\nversion = "1.0"\ndescription = ""\noptional = false\npython-versions = "*"\n'
              'files = []\n\n[metadata]\nlock-version = "2.1"\npython-versions = ">=3.8"\ncontent-hash = "0"\n')
    box.run("lock", "--from", "poetry.lock").ok()
    equal(locked(box), {"harry": "1.0", "hedwig": "2.0"}, "poetry.lock")


@row
def R2(box):
    """one lock for all platforms and Pythons"""
    box.write("pyproject.toml", manifest(["luna; sys_platform == 'win32'", "dobby", "hedwig; python_version < '3.6'"]))
    box.run("lock").ok()
    marker = next(one["marker"] for one in tomllib.loads(text(box, "pylock.toml"))["packages"] if one["name"] == "luna")
    expect("win32" in marker, marker)
    equal(sorted(locked(box)), ["dobby", "luna"])
    box.run("sync").ok()
    expect("luna" not in there(box), there(box))


@row
def R3(box):
    """versions by marker"""
    old = '"harry==1; python_version < \'3.11\'", "harry==3; python_version >= \'3.11\'"'
    box.write("pyproject.toml", PLAIN.replace("[]", f"[{old}]"))
    box.run("lock").ok()
    versions = [one["version"] for one in tomllib.loads(text(box, "pylock.toml"))["packages"] if one["name"] == "harry"]
    equal(sorted(versions), ["1.0", "3.0"])


@row
def R4(box):
    """a required platform that no file is for"""
    marker = "sys_platform == 'darwin' and platform_machine == 'x86_64'"
    box.write("pyproject.toml", manifest(["dobby"], f'\n[tool.naja]\nrequired-environments = ["{marker}"]\n'))
    box.run("lock").ends(1).says("dobby", "darwin")


@row
def R5(box):
    """extras that exclude each other"""
    parts = ('[project.optional-dependencies]\nold = ["harry==1"]\nnew = ["harry==3"]\n\n'
             '[tool.naja]\nconflicts = [[{ extra = "old" }, { extra = "new" }]]\n')
    box.write("pyproject.toml", manifest([], parts))
    box.run("lock").ok()
    for extra, wanted in (("old", "harry==1.0"), ("new", "harry==3.0")):
        box.run("sync", "--extra", extra).ok()
        equal(there(box), wanted, extra)
    result = box.run("sync", "--all-extras")
    expect(result.status in (1, 2), f"both extras were installed\n{result}")
    result.says("old", "new")


@row
def R12(box):
    """overrides, exclusions and constraints of a project are in its lock"""
    for key, value, wanted in (("override-dependencies", "harry==3.0", {"harry": "3.0", "sirius": "1.0"}),
                               ("exclude-dependencies", "harry", {"sirius": "1.0"}),
                               ("constraint-dependencies", "harry<1.5", {"harry": "1.0", "sirius": "1.0"})):
        box.write("pyproject.toml", manifest(["sirius==1.0"], f'\n[tool.naja]\n{key} = ["{value}"]\n'))
        box.run("lock").ok()
        equal(locked(box), wanted, key)
        box.run("lock", "--check").ok()


@row
def R13(box):
    """metadata by hand: a broken source distribution is locked without its build"""
    box.index.files.append(index.File(*wheels.sdist("bertha", "1.0")))
    box.write("pyproject.toml", manifest(["bertha"], '\n[[tool.naja.dependency-metadata]]\nname = "bertha"\nversion = "1.0"\n'
                                                     'requires-dist = ["harry<2"]\n'))
    box.run("lock").ok()
    equal(locked(box), {"bertha": "1.0", "harry": "1.0"})
