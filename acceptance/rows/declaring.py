"""Rows S, D of projects: making them, what they declare, and what that puts into environments."""

import json
import os
import tomllib

import common
import index
import twins
import wheels
from common import difference, expect, snapshot
from rows.fixtures import LATE, equal, row

PLAIN = '[project]\nname = "castle"\nversion = "0.1.0"\nrequires-python = ">=3.8"\ndependencies = []\n'
VERSION_CODE = "import harry; print(harry.__version__)"


def stand_in():
    """A build backend with the name of the one that new projects ask for, and its habits."""
    return index.File.of(wheels.Wheel("hatchling", "1.0", files={"hatchling/__init__.py": "", "hatchling/build.py": twins.BACKEND}))


def manifest(dependencies, rest=""):
    return PLAIN.replace("[]", json.dumps(list(dependencies))) + rest


def text(box, name="pyproject.toml"):
    return (box.work / name).read_text()


def declared(box, name="pyproject.toml"):
    return tomllib.loads(text(box, name))


def there(box, environment=".venv"):
    """What is in the environment of the project, as one text."""
    dists = common.installed(common.site_packages(box.work / environment))
    return " ".join(f"{name}=={version}" for name, version in sorted(dists.items()))


def files(box):
    """The manifest, the lock and what is installed, to compare."""
    found = {name: (box.work / name).read_text() for name in ("pyproject.toml", "pylock.toml") if (box.work / name).is_file()}
    return found | {"installed": there(box) if (box.work / ".venv").is_dir() else ""}


# --- the seed page --------------------------------------------------------------------------


@row
def S1(box):
    """a project directory is made, and started in"""
    box.run("init", "awesome-project").ok()
    expect((box.work / "awesome-project/pyproject.toml").is_file(), "no pyproject.toml")
    box.index.files.append(stand_in())
    box.run("add", "harry", cwd=box.work / "awesome-project").ok()


@row
def S18(box):
    """dependencies are declared in pyproject.toml"""
    box.write("pyproject.toml", PLAIN)
    box.run("add", "harry").ok()
    expect("harry" in text(box), text(box))


@row
def S38(box):
    """nothing is upgraded by itself"""
    box.write("pyproject.toml", manifest(["harry"]))
    box.index.files = [file for file in box.index.files if not file.name.startswith("harry-3")]
    box.run("lock", "--refresh").ok()
    box.index.files.append(index.File.of(wheels.Wheel("harry", "3.0"), upload_time=LATE))
    before = text(box, "pylock.toml")
    box.run("lock", "--refresh").ok()
    equal(text(box, "pylock.toml"), before, "the lock after a newer version appeared")
    box.run("lock", "--refresh", "--upgrade-package", "harry").ok()
    expect('version = "3.0"' in text(box, "pylock.toml"), text(box, "pylock.toml"))


@row
def S40(box):
    """an environment that is gone is made again"""
    box.write("pyproject.toml", manifest(["harry"]))
    box.run("run", "python", "-c", "1").ok()
    common.shutil.rmtree(box.work / ".venv")
    equal(box.run("run", "python", "-c", VERSION_CODE).ok().stdout.strip(), "3.0")


@row
def S41(box):
    """what is added can be imported"""
    box.write("pyproject.toml", PLAIN)
    box.run("add", "harry").ok()
    equal(box.python_says(box.work / ".venv", VERSION_CODE), "3.0")


@row
def S42(box):
    """what is added and removed again leaves no trace, to the byte"""
    before = "# Castle\n" + manifest(["sirius"], '\n[tool.other]  # kept\nx = [1,2 ,3]\n').replace('["sirius"]', '[ "sirius", # a friend\n]')
    box.write("pyproject.toml", before)
    box.run("add", "harry<2").ok()
    expect("harry<2" in text(box), text(box))
    box.run("remove", "harry").ok()
    equal(text(box), before, "pyproject.toml")


@row
def S43(box):
    """two machines, one lock"""
    box.write("pyproject.toml", manifest(["sirius", "remus[moon]"]))
    box.run("sync").ok()
    listed = box.freeze()
    with common.Sandbox(box.program, box.python, box.path) as other:
        other.use_index(box.index.url)
        for name in ("pyproject.toml", "pylock.toml"):
            common.shutil.copy(box.work / name, other.work / name)
        other.run("sync", "--locked").ok()
        equal(other.run("pip", "freeze").ok().stdout.split(), listed, "what the other machine has")
        (other.work / "pyproject.toml").write_text(manifest(["sirius", "luna"]))
        other.run("sync", "--locked").ends(1)


# --- D: projects and dependencies -----------------------------------------------------------


@row
def D1(box):
    """each kind of new project works straight away"""
    box.index.files.append(stand_in())
    for name, flags, command in (
        ("app", ["--app"], ["app"]),
        ("packaged", ["--package"], ["packaged"]),
        ("plain", ["--no-package"], ["main.py"]),
        ("library", ["--lib"], ["python", "-c", "import library; print('Hello from library!')"]),
        ("bare", ["--bare"], ["python", "-c", "print('Hello from bare!')"]),
    ):
        box.run("init", *flags, name).ok()
        said = box.run("run", *command, cwd=box.work / name).ok().stdout
        expect(f"Hello from {name}!" in said, f"{name}: {said!r}")
    box.run("init", "--script", "s.py").ok()
    expect("Hello" in box.run("run", "s.py").ok().stdout, "the script says nothing")


@row
def D2(box):
    """what is said about a new project stands in its files"""
    words = ["--name", "hogwarts", "--description", "A school", "--build-backend", "flit", "--vcs", "git",
             "--author-from", "none", "--no-readme", "--no-pin-python"]
    box.run("init", *words, "here").ok()
    project = declared(box, "here/pyproject.toml")
    equal(project["project"]["name"], "hogwarts")
    equal(project["project"]["description"], "A school")
    expect("flit" in project["build-system"]["build-backend"], str(project["build-system"]))
    expect("authors" not in project["project"], "an author nobody named")
    names = set(os.listdir(box.work / "here"))
    expect(".git" in names and not names & {"README.md", ".python-version"}, str(names))
    box.run("init", "--bare", "--vcs", "none", "-p", box.python, "there").ok()
    equal(os.listdir(box.work / "there"), ["pyproject.toml"])


@row
def D4(box):
    """plain, dev, group, extra, marker; comments and order are kept"""
    box.write("pyproject.toml", '[project]\n# who\nname = "castle"\nversion = "1"\nrequires-python = ">=3.8"\n'
                                'dependencies = [\n    "draco", # mean\n]\n\n[tool.x]\ny = 1 # why\n')
    box.run("add", "luna").ok()
    box.run("add", "--dev", "hedwig").ok()
    box.run("add", "--group", "docs", "dobby").ok()
    box.run("add", "--optional", "moon", "remus").ok()
    box.run("add", "--marker", "sys_platform == 'win32'", "sirius==1").ok()
    found = declared(box)
    names = [entry.split(">")[0] for entry in found["project"]["dependencies"]]
    equal(names, ["draco", "luna", 'sirius==1; sys_platform == "win32"'], "dependencies")
    equal([list(found["dependency-groups"]), list(found["project"]["optional-dependencies"])], [["dev", "docs"], ["moon"]])
    for kept in ("# who", "# mean", "# why"):
        expect(kept in text(box), f"{kept!r} is gone\n{text(box)}")


@row
def D5(box):
    """bounds, raw, from files"""
    box.write("requirements.txt", "luna\nsirius==1.0  # old\n")
    for bounds, wanted in (("lower", "harry>=3.0"), ("major", "harry>=3.0,<4.0"), ("minor", "harry>=3.0,<3.1"), ("exact", "harry==3.0")):
        box.write("pyproject.toml", PLAIN)
        box.run("add", "--bounds", bounds, "harry").ok()
        equal(declared(box)["project"]["dependencies"], [wanted], bounds)
    box.write("pyproject.toml", PLAIN)
    box.run("add", "--raw", "harry").ok()
    equal(declared(box)["project"]["dependencies"], ["harry"], "raw")
    box.run("remove", "harry").ok()
    box.run("add", "-r", "requirements.txt").ok()
    equal(sorted(entry.split(">")[0] for entry in declared(box)["project"]["dependencies"]), ["luna", "sirius==1.0"])


@row
def D6(box):
    """git, address, path, index, editable"""
    box.write("pyproject.toml", PLAIN.replace("3.8", "3.11"))
    for name, content in twins.package("albus", prefix="repo/").items():
        box.write(name, content)
    script = ("cd repo && git init -q -b main && git add . && git -c user.name=T -c user.email=t@e commit -qm x"
              " && git tag v1 && git rev-parse HEAD")
    commit = box.bash(script).strip()
    repository = f"git+file://{box.work}/repo"
    box.run("add", f"albus @ {repository}", "--tag", "v1").ok()
    equal(declared(box)["tool"]["naja"]["sources"]["albus"]["tag"], "v1")
    expect(commit in text(box, "pylock.toml"), "the lock does not name the commit")
    box.run("remove", "albus").ok()
    box.run("add", "--editable", "--no-workspace", "./repo").ok()
    equal(declared(box)["tool"]["naja"]["sources"]["albus"], {"path": "repo", "editable": True})
    box.run("add", f"{box.index.origin}/files/luna-1.0-py3-none-any.whl").ok()
    expect("url" in declared(box)["tool"]["naja"]["sources"]["luna"], text(box))
    box.run("add", "--index", f"mine={box.index.url}", "harry").ok()
    equal(declared(box)["tool"]["naja"]["sources"]["harry"], {"index": "mine"})
    expect("albus==0.1.0" in there(box) and "luna==1.0" in there(box), there(box))


@row
def D7(box):
    """remove; what is not there is told with where it is"""
    box.write("pyproject.toml", manifest(["harry", "luna"], '[dependency-groups]\ndocs = ["hedwig"]\n'))
    box.run("sync").ok()
    box.run("remove", "luna").ok()
    equal(there(box), "harry==3.0")
    before = text(box)
    box.run("remove", "hedwig").ends(2).says("docs")
    equal(text(box), before, "pyproject.toml")


@row
def D8(box):
    """what cannot be added changes nothing"""
    box.write("pyproject.toml", manifest(["sirius==1.0"]))
    box.run("sync").ok()
    before = snapshot(box.work)
    box.run("add", "nosuch").ends(1)
    box.run("add", "harry>=3").ends(1).says("sirius")
    equal(difference(before, snapshot(box.work)), "", "after additions that failed")


@row
def D9(box):
    """groups, groups in groups, defaults, a circle"""
    groups = '[dependency-groups]\ndev = ["luna", { include-group = "test" }]\ntest = ["hedwig"]\ndocs = ["dobby"]\n'
    box.write("pyproject.toml", manifest(["harry"], groups))
    for flags, wanted in (([], "harry hedwig luna"), (["--no-dev"], "harry"), (["--group", "test", "--no-dev"], "harry hedwig"),
                          (["--only-group", "docs"], "dobby")):
        box.run("sync", *flags).ok()
        equal(" ".join(entry.split("=")[0] for entry in there(box).split()), wanted, str(flags))
    box.write("pyproject.toml", manifest([], groups + '\n[tool.naja]\ndefault-groups = ["docs"]\n'))
    box.run("sync").ok()
    equal(there(box), "dobby==1.0", "default-groups")
    box.write("pyproject.toml", manifest([], '[dependency-groups]\na = [{ include-group = "b" }]\nb = [{ include-group = "a" }]\n'))
    box.run("lock").ends(2).says("a", "b", "include")


@row
def D10(box):
    """sync: exact or not, and what is chosen"""
    box.write("pyproject.toml", manifest(["harry"], '[project.optional-dependencies]\nmoon = ["remus[moon]"]\n'))
    box.run("sync").ok()
    box.run("pip", "install", "luna==1.0").ok()
    box.run("sync", "--inexact").ok()
    equal(there(box), "harry==3.0 luna==1.0", "--inexact")
    box.run("sync", "--extra", "moon").ok()
    equal(there(box), "harry==3.0 remus==1.0", "--extra")
    box.run("sync", "--all-extras", "--no-install-package", "remus").ok()
    equal(there(box), "harry==3.0", "--no-install-package")
    box.run("sync", "--extra", "sun").ends(2).says("sun", "moon")


@row
def D11(box):
    """sync --check sees a package and a file that are gone"""
    box.write("pyproject.toml", manifest(["harry", "luna"]))
    box.run("sync").ok()
    box.run("sync", "--check").ok()
    (common.site_packages(box.work / ".venv") / "harry/__init__.py").unlink()
    box.run("sync", "--check").ends(1).says("harry")
    box.run("repair").ok()
    box.run("sync", "--check").ok()
    box.run("pip", "uninstall", "luna").ok()
    box.run("sync", "--check").ends(1)


@row
def D12(box):
    """an upgrade within bounds moves what is named"""
    box.write("pyproject.toml", manifest(["luna", "harry<2"], '[dependency-groups]\ndev = ["hedwig<2"]\n'))
    box.run("lock").ok()
    box.write("pyproject.toml", manifest(["luna", "harry"], '[dependency-groups]\ndev = ["hedwig"]\n'))
    box.run("lock").ok()
    versions = lambda: {one["name"]: one.get("version") for one in tomllib.loads(text(box, "pylock.toml"))["packages"]}
    equal((versions()["hedwig"], versions()["harry"]), ("1.0", "1.0"), "without a flag")
    box.run("lock", "--upgrade-group", "dev").ok()
    equal((versions()["hedwig"], versions()["harry"]), ("2.0", "1.0"), "--upgrade-group")
    box.run("lock", "-P", "harry").ok()
    equal(versions()["harry"], "3.0", "-P")


@row
def D13(box):
    """an upgrade of the bounds; also idea 5: outdated, and a diff that is shown first"""
    box.write("pyproject.toml", manifest(["luna"]).replace('["luna"]', '[\n    "luna",\n    "harry<2", # careful\n]'))
    box.run("sync").ok()
    rows = {one["name"]: one for one in json.loads(box.run("outdated", "--json").ok().stdout)["packages"]}
    equal([rows["harry"][key] for key in ("current", "allowed", "latest")], ["1.0", "1.0", "3.0"])
    box.run("outdated").ok().says("harry", "1.0", "3.0")
    before = files(box)
    box.run("upgrade", "harry", "--dry-run").ok().says("---", "+++", "-    \"harry<2\", # careful", "+    \"harry<4\", # careful")
    equal(files(box), before, "after --dry-run")
    box.run("upgrade", "harry").ok()
    expect("# careful" in text(box), text(box))
    expect("harry==3.0" in there(box), there(box))


@row
def D14(box):
    """the version: shown, and raised"""
    box.write("pyproject.toml", PLAIN)
    box.run("lock").ok()
    equal(box.run("version", "--short").ok().stdout.strip(), "0.1.0")
    box.run("version", "--bump", "minor", "--dry-run").ok().says("0.1.0 => 0.2.0")
    equal(declared(box)["project"]["version"], "0.1.0", "after --dry-run")
    box.run("version", "--bump", "minor").ok().says("0.1.0 => 0.2.0")
    box.run("lock", "--check").ok()
    box.run("version", "--bump", "patch", "--bump", "rc").ok().says("0.2.1rc1")
    box.run("version", "1.0").ok()
    equal(declared(box)["project"]["version"], "1.0")


@row
def D15(box):
    """tasks, idea 4: an order, arguments, a status, a list"""
    box.write("say.py", "import sys; print(*sys.argv[1:])")
    box.write("pyproject.toml", manifest([], '\n[tool.naja.tasks]\nlint = "python say.py lint"\n'
              'test = { cmd = "python say.py test", depends = ["lint"], help = "Run the tests" }\n'
              'stop = ["python say.py one", "python -c \'raise SystemExit(7)\'", "python say.py two"]\n'))
    said = box.run("run", "test", "-x", "more").ok().stdout
    equal([line for line in said.splitlines() if not line.strip().startswith("$")], ["lint", "test -x more"])
    said = box.run("run", "stop").ends(7).stdout
    expect("one" in said and "two" not in said, said)
    names = json.loads(box.run("run", "--list", "--json").ok().stdout)
    expect({"lint", "test", "stop"} <= {task["name"] for task in names["tasks"]}, str(names)[:500])
    box.run("run", "--list").ok().says("Run the tests")


@row
def D16(box):
    """a hook behind sync, once; none of third parties"""
    box.write("pyproject.toml", manifest(["harry"], '\n[tool.naja.tasks]\npost-sync = "python -c \'open(\\"log\\", \\"a\\").write(\\"x\\")\'"\n'))
    box.run("sync").ok()
    equal(text(box, "log"), "x", "what the hook wrote")


@row
def D17(box):
    """variables of the project's file, without a flag"""
    box.write("pyproject.toml", manifest([], '\n[tool.naja]\nenv-file = ".env"\n'))
    box.write(".env", "HOUSE=ravenclaw\n")
    equal(box.run("run", "python", "-c", "import os; print(os.environ['HOUSE'])").ok().stdout.strip(), "ravenclaw")


@row
def D18(box):
    """a matrix: one summary, the worst status"""
    box.write("pyproject.toml", PLAIN)
    code = "import os; raise SystemExit(int(os.environ['CODE']))"
    box.run("run", "--matrix", "CODE=0,3", "python", "-c", code).ends(3).says("CODE", "result")
    found = common.find_pythons()
    if len(found) < 2:
        return "only one Python here: the matrix was one of a variable"
    pythons = sorted(found, key=lambda text: tuple(map(int, text.split("."))))[-2:]
    path = os.pathsep.join(os.path.dirname(found[version]) for version in pythons)
    code = "import sys; print('%d.%d' % sys.version_info[:2])"
    said = box.run("run", "--matrix", f"py={','.join(pythons)}", "python", "-c", code,
                   PATH=f"{path}:{box.variables['PATH']}").ok().stdout
    expect(all(version in said.splitlines() for version in pythons), said)


@row
def D20(box):
    """import from Poetry, a Pipfile, requirements; locked versions stay"""
    box.write("po/pyproject.toml", '[tool.poetry]\nname = "po"\nversion = "1.0"\ndescription = ""\nauthors = []\npackage-mode = false\n\n'
              '[tool.poetry.dependencies]\npython = "^3.8"\nharry = ">=1"\n\n[tool.poetry.group.dev.dependencies]\nluna = "*"\n')
    box.write("po/poetry.lock", '[[package]]\nname = "harry"\nversion = "1.0"\ndescription = ""\noptional = false\n'
              'python-versions = "*"\nfiles = []\n\n[metadata]\nlock-version = "2.0"\npython-versions = "^3.8"\ncontent-hash = "0"\n')
    box.write("pi/Pipfile", '[packages]\nharry = "<2"\n\n[dev-packages]\nluna = "*"\n')
    box.write("re/requirements.txt", "harry==1.0\nremus[moon]\n")
    for directory in ("po", "pi", "re"):
        where = box.work / directory
        box.run("import", cwd=where).ok()
        project = tomllib.loads((where / "pyproject.toml").read_text())["project"]
        expect(any(entry.startswith("harry") for entry in project["dependencies"]), f"{directory}: {project}")
        box.run("sync", cwd=where).ok()
        expect("harry==1.0" in there(box, f"{directory}/.venv"), f"{directory}: {there(box, directory + '/.venv')}")


@row
def D21(box):
    """a mistake in the manifest is told with its line and column"""
    box.write("pyproject.toml", PLAIN.replace("[]", '[\n    "harry",\n    "luna >> 3",\n]'))
    # Validating is what `doctor` does: its answer is no. A command that needs the file could not be tried, as with uv.
    box.run("doctor", "--json").ends(1).says("pyproject.toml: line 7, column 5", "luna >> 3")
    box.run("lock").ends(2).says("pyproject.toml: line 7, column 5", "luna >> 3")
    box.write("pyproject.toml", PLAIN + "x = \n")
    box.run("doctor", "--json").ends(1).says("pyproject.toml: line 6")
    box.run("lock").ends(2).says("pyproject.toml", "line 6")


@row
def D22(box):
    """one dependency that nothing imports, and one import that nothing declares"""
    box.write("pyproject.toml", manifest(["sirius==1.0", "luna"]))
    box.write("app.py", "import os\nimport sirius\n\nimport harry\n")
    box.run("sync").ok()
    box.run("deps", "check").ends(1).says("app.py:4: `harry`", "by way of sirius: naja add harry", "naja remove luna", "2 findings")
    found = json.loads(box.run("deps", "check", "--output-format", "json").ends(1).stdout)["findings"]
    equal([(one["kind"], one["package"]) for one in found], [("undeclared", "harry"), ("unused", "luna")])
    box.run("add", "harry").ok()
    box.run("remove", "luna").ok()
    box.run("deps", "check").ok()


# --- ideas ------------------------------------------------------------------------------------


@row
def idea_5(box):
    """what an upgrade would break stands in the list"""
    box.write("pyproject.toml", manifest(["sirius==1.0", "harry"]))
    box.run("sync").ok()
    box.run("outdated", "--exit-code").ends(1).says("sirius")
    rows = {one["name"]: one for one in json.loads(box.run("outdated", "--json").ok().stdout)["packages"]}
    equal([rows["harry"][key] for key in ("current", "allowed", "latest")], ["1.0", "1.0", "3.0"])
    expect("sirius" in json.dumps(rows["harry"]), str(rows["harry"]))


@row
def D3(box):
    """a project starts from a template, which is filled in whole or not at all"""
    box.write("house/pyproject.toml", PLAIN.replace("castle", "{{ name }}"))
    box.write("house/src/{{ module }}/__init__.py", 'NAME = "{{ name }}"\nREF = "${{ \'{{\' }} ref }}"\n')
    box.run("init", "--template", "house", "dark-castle", "--vcs", "none").ok()
    equal(text(box, "dark-castle/pyproject.toml"), PLAIN.replace("castle", "dark-castle"))
    equal(text(box, "dark-castle/src/dark_castle/__init__.py"), 'NAME = "dark-castle"\nREF = "${{ ref }}"\n')
    box.run("sync", cwd=box.work / "dark-castle").ok()
    box.write("house/z.txt", "one\n{{ nothing }}\n")
    before = snapshot(box.work)
    told = box.run("init", "--template", "house", "hut").ends(2).stderr
    expect("z.txt" in told and "line 2" in told and "module" in told, told)
    equal(difference(before, snapshot(box.work)), difference(before, before))
