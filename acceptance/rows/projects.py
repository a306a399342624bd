"""Projects and commands that naja and uv are given side by side by
`project_semantics.py`."""

import dataclasses

import index
import twins
import wheels

CASES = []


@dataclasses.dataclass
class Case:
    """One project, and what is done with it."""

    row: str
    name: str
    files: dict
    steps: list
    # What differs from uv on purpose (`status`, `manifests`, `installed`, `locked`), and why.
    differs: dict
    variables: dict
    environment: str


def case(row, name, files, *steps, differs=None, variables=None, environment=".venv"):
    """Registers a case. `files` may be the text of the manifest alone."""
    if isinstance(files, str):
        files = {"pyproject.toml": files}
    CASES.append(Case(row, name, files, list(steps), differs or {}, variables or {}, environment))


def packages():
    """What the cases need besides the fixtures of the features."""
    make = index.File.of
    files = [
        make(wheels.Wheel("tonks", "1.2.3")),
        make(wheels.Wheel("tonks", "0.3.1")),
        make(wheels.Wheel("tonks", "2.5.0")),
        make(wheels.Wheel("moody", "0.4.2")),
        make(wheels.Wheel("dora", "0.0.7")),
        make(wheels.Wheel("local", "1.0+cpu")),
        make(wheels.Wheel("lupin", "1.0", requires=("remus[moon]", 'tonks; sys_platform == "win32"'))),
        make(wheels.Wheel("molly", "1.0", extras=("one", "two"),
                          requires=('tonks; extra == "one"', 'moody; extra == "two"'))),
        make(wheels.Wheel("early", "1.0")),
        make(wheels.Wheel("early", "2.0", requires_python=">=3.12")),
        make(wheels.Wheel("early", "3.0", requires_python=">=3.13")),
        make(wheels.Wheel("beta", "1.0b2")),
        make(wheels.Wheel("Mixed.Case_Name", "1.0")),
        make(wheels.Wheel("arthur", "1.0", requires=("molly[one]", "dora>=0.0.1"))),
        make(wheels.Wheel("broken", "1.0", requires=("missing-package>=9",))),
    ]
    return files


HEAD = '[project]\nname = "p"\nversion = "0.1.0"\nrequires-python = ">=3.11"\n'
PLAIN = HEAD + "dependencies = []\n"


def project(body):
    return HEAD + body


# --- D4, D5: add -----------------------------------------------------------------------------

case("D4", "plain, dev, group, extra", PLAIN, "add harry", "add --dev tonks", "add --group docs moody",
     "add --optional gui luna", "sync --all-extras --all-groups", "remove harry", "remove --dev tonks",
     "remove --group docs moody", "remove --optional gui luna")
case("D4", "no list yet", HEAD, "add harry")
case("D4", "two at once, not sorted", PLAIN, "add tonks harry")
case("D4", "kept in order", project('dependencies = [\n    "harry",\n    "tonks",\n]\n'), "add moody luna sirius")
case("D4", "order of an unsorted list", project('dependencies = [\n    "tonks",\n    "harry",\n]\n'), "add moody")
case("D4", "one line", project('dependencies = ["harry", "tonks"]\n'), "add moody")
case("D4", "one line with spaces", project('dependencies = [ "harry", "tonks" ]\n'), "add moody")
case("D4", "comments", project('dependencies = [\n    # first\n    "harry", # about harry\n    # second\n    "tonks",\n    # end\n]\n'),
     "add moody", "remove harry", "remove tonks")
case("D4", "marker", PLAIN, "add -m \"sys_platform == 'win32'\" tonks", "add tonks", "remove tonks")
case("D4", "marker on top of one without", project('dependencies = ["tonks>=1"]\n'),
     "add -m \"sys_platform == 'win32'\" tonks")
case("D4", "marker inside the requirement", PLAIN, "add \"tonks>=1; python_version >= '3.11'\"", differs={"manifests": "markers are written as they are given"})
case("D4", "two entries by marker", project(
    'dependencies = ["tonks>=2; sys_platform == \'win32\'", "tonks<2; sys_platform != \'win32\'"]\n'),
    "add \"tonks>=1; sys_platform == 'win32'\"", "remove tonks")
case("D4", "extras", PLAIN, "add molly[one]", "add molly[two]", "add molly")
case("D4", "extras by flag", PLAIN, "add molly --extra one --extra two")
case("D4", "bounds replaced", project('dependencies = ["tonks>=0.1"]\n'), "add tonks>=1.0", "add tonks", "add tonks==1.2.3", "add tonks")
case("D4", "bare where it is declared", project('dependencies = ["tonks"]\n'), "add tonks")
case("D4", "into a group that has it in main", project('dependencies = ["tonks>=1"]\n'), "add --dev tonks", "remove tonks")
case("D4", "name is normalised", PLAIN, "add Mixed.Case_Name", "remove mixed-case-name")
case("D4", "spelled otherwise in the file", project('dependencies = ["Mixed_Case.Name>=0.5"]\n'),
     "add mixed-case-name", "add \"mixed-case-name>=1\"")
case("D4", "the project itself", PLAIN, "add p")
case("D4", "the project itself in dev", PLAIN, "add --dev p")
case("D5", "lower", PLAIN, "add --bounds lower tonks moody dora")
case("D5", "major", PLAIN, "add --bounds major tonks moody dora")
case("D5", "minor", PLAIN, "add --bounds minor tonks moody dora")
case("D5", "exact", PLAIN, "add --bounds exact tonks moody dora")
case("D5", "bounds of one that has some", PLAIN, "add --bounds major \"tonks>=1\"")
case("D5", "bounds of one that is there", project('dependencies = ["tonks>=0.1"]\n'), "add --bounds major tonks")
case("D5", "configured bounds", PLAIN + '[tool.uv]\nadd-bounds = "major"\n', "add tonks")
case("D5", "local version", PLAIN, "add local")
case("D5", "pre-release alone", PLAIN, "add beta")
case("D5", "raw", PLAIN, "add --raw tonks", "add --raw \"harry<2\"")
case("D5", "requirements file", {"pyproject.toml": PLAIN, "requirements.txt": "harry<2\n# c\ntonks==1.2.3 ; sys_platform != 'win32'\nmolly[one]\n"},
     "add -r requirements.txt")
case("D5", "requirements and constraints", {"pyproject.toml": PLAIN, "requirements.txt": "tonks\nharry\n", "constraints.txt": "tonks<2\n"},
     "add -r requirements.txt -c constraints.txt")
case("D5", "constraints of compiled file", {"pyproject.toml": PLAIN, "r.in": "sirius\n", "r.txt": "sirius==1.0\nharry==1.0\n"},
     "add -r r.in -c r.txt")
case("D5", "constraints for names", {"pyproject.toml": PLAIN, "constraints.txt": "tonks<2\n"}, "add tonks -c constraints.txt")
case("D5", "at a version", PLAIN, "add tonks@1.2.3")
case("D5", "empty requirements file", {"pyproject.toml": PLAIN, "requirements.txt": "# nothing\n"}, "add -r requirements.txt")
case("D5", "index named in a requirements file", {"pyproject.toml": PLAIN, "requirements.txt": "-i {index}\ntonks\n"},
     "add -r requirements.txt")

# --- D6: add with sources -----------------------------------------------------------------------

LIBRARY = twins.package("albus", 'dependencies = ["tonks>=1"]\n\n[project.optional-dependencies]\nx = ["moody"]\n', prefix="albus/")
case("D6", "path", {"pyproject.toml": PLAIN} | LIBRARY, "add ./albus --no-workspace", "remove albus")
case("D6", "path that becomes a member", {"pyproject.toml": PLAIN} | LIBRARY, "add ./albus")
case("D6", "path editable", {"pyproject.toml": PLAIN} | LIBRARY, "add --editable ./albus --no-workspace", "sync --no-editable", "sync")
case("D6", "path with extra", {"pyproject.toml": PLAIN} | LIBRARY, "add './albus[x]' --no-workspace")
case("D6", "path outside of the project", {"app/pyproject.toml": PLAIN} | LIBRARY, "in app add ../albus", environment="app/.venv",
     differs={"locked": "it is in app/"})
case("D6", "wheel", {"pyproject.toml": PLAIN, "dist/wormtail-1.0-py3-none-any.whl": wheels.Wheel("wormtail", "1.0").pack()},
     "add ./dist/wormtail-1.0-py3-none-any.whl", "remove wormtail")
case("D6", "address", PLAIN, "add {index}../files/tonks-1.2.3-py3-none-any.whl")
case("D6", "name at address", PLAIN, "add 'tonks @ {index}../files/tonks-1.2.3-py3-none-any.whl'", "add tonks")
case("D6", "raw address", PLAIN, "add --raw 'tonks @ {index}../files/tonks-1.2.3-py3-none-any.whl'")
GIT = ("sh cd repo && git init -q -b main && git add . && git -c user.name=T -c user.email=t@e commit -qm x --date 2024-01-01T00:00:00Z"
       " && git tag v1 && git branch stable")
REPO = {"pyproject.toml": PLAIN} | twins.package("albus", prefix="repo/")
NO_DATE = {"GIT_COMMITTER_DATE": "2024-01-01T00:00:00Z"}
case("D6", "git", REPO, GIT, "add 'git+file://{root}/repo'", "remove albus", variables=NO_DATE)
case("D6", "git tag", REPO, GIT, "add 'albus @ git+file://{root}/repo' --tag v1", variables=NO_DATE)
case("D6", "git branch", REPO, GIT, "add 'git+file://{root}/repo' --branch stable", variables=NO_DATE)
case("D6", "git revision in the address", REPO, GIT, "add 'git+file://{root}/repo@v1'", variables=NO_DATE)
case("D6", "git, then the index", REPO, GIT, "add 'git+file://{root}/repo@v1'", "remove albus", "add tonks", variables=NO_DATE)
case("D6", "git raw", REPO, GIT, "add --raw 'albus @ git+file://{root}/repo@v1'", variables=NO_DATE)
case("D6", "tag of what is no git", PLAIN, "add tonks --tag v1")
case("D6", "index", PLAIN, "add tonks --index mine={index}")
case("D6", "index without a name", PLAIN, "add tonks --index {index}extra/../")
case("D6", "index that is there", PLAIN + '\n[[tool.uv.index]]\nname = "mine"\nurl = "{index}"\n', "add tonks --index mine={index}")
case("D6", "default index", PLAIN, "add tonks --default-index {index}")
case("D6", "source by marker", PLAIN + "\n[tool.uv.sources]\ntonks = [\n    { url = \"{index}../files/tonks-1.2.3-py3-none-any.whl\", marker = \"sys_platform == 'win32'\" },\n]\n",
     "add tonks", "remove tonks", differs={"installed": "uv takes the version of the other system; naja the newest where the source does not count", "locked": "the same"})
case("D6", "sources in a table of their own", PLAIN + '\n[tool.uv.sources.albus]\npath = "albus"\n', "add tonks",
     differs={})
case("D6", "no sources", {"pyproject.toml": PLAIN + '\n[tool.uv.sources]\ntonks = { path = "nowhere" }\n'}, "add tonks --no-sources")

# --- D7, D8: remove, failures --------------------------------------------------------------------

case("D7", "what is not there", project('dependencies = ["harry"]\n[dependency-groups]\ndev = ["tonks"]\n'), "remove tonks")
case("D7", "what nobody knows", PLAIN, "remove nothing")
case("D7", "from the group that names it", project('dependencies = ["harry"]\n[dependency-groups]\ndev = ["tonks"]\n'), "remove tonks --dev", "remove harry")
case("D7", "dev of an old uv", PLAIN + '[tool.uv]\ndev-dependencies = ["tonks", "moody"]\n', "sync", "remove --dev tonks", "add --dev luna",
     "remove --dev moody")
case("D7", "all of several entries", project('dependencies = ["tonks>=2; sys_platform == \'win32\'", "harry", "tonks<2; sys_platform != \'win32\'"]\n'), "remove tonks")
case("D7", "of several, one is unknown", project('dependencies = ["tonks", "harry"]\n'), "remove tonks nothing")
case("D7", "the last of a group", project('[dependency-groups]\ndocs = [\n    "tonks", # why\n]\n'), "remove --group docs tonks")
case("D7", "the last of an extra", project('[project.optional-dependencies]\ndocs = ["tonks"]\n'), "remove --optional docs tonks")
case("D8", "nobody has it", PLAIN, "add nosuch")
case("D8", "no answer", project('dependencies = ["harry<2"]\n'), "add \"sirius>=2\"")
case("D8", "broken dependency", PLAIN, "add broken")
case("D8", "frozen", PLAIN, "add --frozen tonks", "remove --frozen tonks")
case("D8", "no sync", PLAIN, "add --no-sync tonks", "sync")
case("D8", "locked", PLAIN, "lock", "add --locked tonks")

# --- D9, D10: groups, sync ----------------------------------------------------------------------

GROUPS = project('''dependencies = ["harry"]

[project.optional-dependencies]
gui = ["luna"]
cli = ["hedwig"]
all = ["p[gui,cli]"]

[dependency-groups]
dev = ["tonks", { include-group = "test" }]
test = ["moody"]
docs = ["dora"]
''')
for words in ("", "--no-dev", "--only-dev", "--only-group docs", "--group docs", "--all-groups", "--all-groups --no-group test",
              "--no-default-groups", "--extra gui", "--extra all", "--all-extras", "--all-extras --no-extra cli", "--extra nothing",
              "--group nothing", "--no-group nothing", "--no-group test", "--no-group dev --group test", "--only-group docs --extra gui",
              "--only-group docs --only-group test", "--no-dev --group dev", "--dev", "--only-group nothing", "--no-extra nothing",
              "--only-group docs --no-group docs", "--no-default-groups --group dev", "--no-dev --dev", "--only-dev --group docs"):
    kept = {"locked": "what fails writes nothing"} if "nothing" in words else None
    case("D10", f"sync {words}".strip(), GROUPS, f"sync {words}", differs=kept)
case("D9", "default groups", GROUPS + '[tool.uv]\ndefault-groups = ["docs"]\n', "sync", "sync --no-default-groups", "sync --no-group docs", "sync --no-dev")
case("D9", "default groups: all", GROUPS + '[tool.uv]\ndefault-groups = "all"\n', "sync", "sync --no-group test", "sync --no-default-groups", "sync --only-group docs")
case("D9", "default groups: none", GROUPS + '[tool.uv]\ndefault-groups = []\n', "sync", "sync --dev")
case("D9", "default group that is not there", GROUPS + '[tool.uv]\ndefault-groups = ["nothing"]\n', "sync")
case("D9", "circle", project('[dependency-groups]\na = [{ include-group = "b" }]\nb = [{ include-group = "a" }]\n'), "lock", "sync")
case("D9", "include of nothing", project('[dependency-groups]\na = [{ include-group = "b" }]\n'), "lock")
case("D9", "name written otherwise", project('[dependency-groups]\nMy_Group = ["tonks"]\n'), "sync --group my-group", "add --group my.group moody", "remove --group my-group tonks")
case("D9", "pythons of a group", project('[dependency-groups]\ndev = ["tonks"]\nnew = ["early"]\n\n[tool.uv.dependency-groups]\nnew = { requires-python = ">=3.12" }\n'),
     "lock")
case("D9", "pythons of the group dev", project('[dependency-groups]\ndev = ["early"]\n\n[tool.uv.dependency-groups]\ndev = { requires-python = ">=3.99" }\n'),
     "sync", "sync --no-dev")
case("D9", "group for a package", project('dependencies = []\n[dependency-groups]\ndev = [{ include-group = "a" }, { include-group = "a" }]\na = ["tonks<2", "tonks>=1"]\n'), "sync")
case("D9", "extra names its own", project('[project.optional-dependencies]\na = ["tonks"]\nb = ["p[a]", "moody"]\nc = ["p[b]"]\n'), "sync --extra c", "sync --extra b")
case("D9", "extra in a group", project('[project.optional-dependencies]\na = ["tonks"]\n[dependency-groups]\ndev = ["p[a]"]\n'), "sync", "sync --no-dev")
case("D10", "inexact", PLAIN, "add tonks moody", "pip install luna", "sync --inexact", "sync")
case("D10", "remove keeps what it did not bring", PLAIN, "add tonks", "pip install luna", "remove tonks", "sync")
case("D10", "add keeps what it did not bring", PLAIN, "sync", "pip install luna", "add tonks")
PACKAGE = twins.package("p", 'dependencies = ["harry"]\n\n[project.optional-dependencies]\ngui = ["luna"]\n\n[dependency-groups]\ndev = ["tonks"]\n')
for words in ("", "--no-install-project", "--no-editable", "--only-group dev", "--no-dev", "--no-install-package harry", "--no-install-workspace",
              "--no-install-local", "--no-install-project --no-dev", "--reinstall-package harry", "--extra gui --no-install-project"):
    case("D10", f"sync of a package {words}".strip(), PACKAGE, f"sync {words}", "sync")
case("D7", "add and remove in a package", PACKAGE, "sync", "add moody", "sync --check", "remove harry", "sync --check", "lock --check",
     "version --bump minor", "sync --check")
case("D7", "add and remove with a dynamic version", twins.package("p") | {"VERSION": "3.1\n", "pyproject.toml":
     '[project]\nname = "p"\ndynamic = ["version"]\nrequires-python = ">=3.11"\ndependencies = ["tonks"]\n' + twins.BUILDS},
     "sync", "add moody", "sync --check", "remove tonks", "sync --check", "lock --check")
case("D10", "another platform", project('dependencies = ["dobby", "tonks; sys_platform == \'win32\'"]\n'), "sync --python-platform windows",
     "run --python-platform windows python -c 1", "sync --reinstall", "sync --python-platform toaster")
case("D10", "only parts", {"pyproject.toml": PLAIN} | LIBRARY, "add ./albus", "add moody", "sync --only-install-local", "sync --only-install-workspace",
     "sync --only-install-package moody", "sync --only-install-project", "sync --no-exact", "sync")
case("D10", "one project built", {"pyproject.toml": PLAIN} | LIBRARY, "add --editable ./albus --no-workspace", "sync --no-editable-package albus", "sync")
case("D10", "contraries", GROUPS, "sync --frozen --no-frozen", "sync --locked --no-locked --exact", "lock --check --no-locked")
case("D10", "dry run", GROUPS, "sync --dry-run", "lock", "sync --dry-run")
case("D11", "check", GROUPS, "sync --check", "lock", "sync --check", "sync", "sync --check", "pip uninstall harry", "sync --check")
case("D10", "frozen", GROUPS, "sync --frozen", "lock", "sync --frozen", differs={"status": "a lock that is not there is a usage error, 2"})
case("D10", "locked", GROUPS, "sync --locked", "lock", "sync --locked", "sh sed -i 's/harry/harry<2/' pyproject.toml", "sync --locked", "sync --frozen", "sync")
case("D10", "environment of a variable", GROUPS, "sync", variables={"UV_PROJECT_ENVIRONMENT": "other"}, environment="other")
case("D10", "environment of a variable, absolute", GROUPS, "sync", "add luna", variables={"UV_PROJECT_ENVIRONMENT": "{root}/else/env"}, environment="else/env")
case("D10", "a foreign environment is active", GROUPS, "venv other", "sync", variables={"VIRTUAL_ENV": "{root}/other"})
case("D10", "the active one, asked for", GROUPS, "venv other", "sync --active", variables={"VIRTUAL_ENV": "{root}/other"}, environment="other")
case("D10", "python version file", {"pyproject.toml": GROUPS, ".python-version": "3.11\n"}, "sync")
case("D10", "python version file that does not fit", {"pyproject.toml": GROUPS, ".python-version": "3.10\n"}, "sync")
case("D10", "environment is in the way", {"pyproject.toml": GROUPS, ".venv/precious.txt": "mine\n"}, "sync")
case("D10", "empty directory as environment", {"pyproject.toml": GROUPS}, "sh mkdir .venv", "sync")
case("D10", "environment that lost its python", GROUPS, "sync", "delete .venv/bin", "sync")

# --- what a project may say -----------------------------------------------------------------------

case("D1", "no project table", '[tool.uv]\n', "sync", "lock", "add tonks")
case("D1", "no name", '[project]\nversion = "1"\n', "lock")
case("D1", "no version", '[project]\nname = "p"\n', "lock")
case("D1", "no manifest", {"x.txt": ""}, "sync", "lock", "add tonks", "remove tonks")
case("D1", "groups without a project", '[dependency-groups]\ndev = ["tonks"]\n', "sync", "lock")
case("D1", "workspace root without a project", {"pyproject.toml": '[tool.uv.workspace]\nmembers = ["albus"]\n[dependency-groups]\ndev = ["moody"]\n'} | LIBRARY,
     "lock", "sync", "sync --package albus", "sync --no-dev", "sync --all-packages")
case("D1", "no requires-python", '[project]\nname = "p"\nversion = "1"\ndependencies = ["tonks"]\n', "lock", "sync")
case("D1", "exact requires-python", '[project]\nname = "p"\nversion = "1"\nrequires-python = "==3.11.*"\ndependencies = ["early"]\n', "lock")
case("D1", "upper requires-python", '[project]\nname = "p"\nversion = "1"\nrequires-python = ">=3.9,<3.13"\ndependencies = ["early"]\n', "lock")
case("D1", "open below", '[project]\nname = "p"\nversion = "1"\nrequires-python = "<4"\ndependencies = ["tonks"]\n', "lock")
case("D1", "compatible requires-python", '[project]\nname = "p"\nversion = "1"\nrequires-python = "~=3.11"\ndependencies = ["early"]\n', "lock")
case("D1", "impossible requires-python", '[project]\nname = "p"\nversion = "1"\nrequires-python = ">=3.12,<3.11"\ndependencies = []\n', "lock")
case("D1", "hole in requires-python", '[project]\nname = "p"\nversion = "1"\nrequires-python = ">=3.10,!=3.12.*"\ndependencies = ["early"]\n', "lock", differs={"locked": "no version for Pythons that are left out"})
case("D1", "not managed", PLAIN + "[tool.uv]\nmanaged = false\n", "lock", "sync", "add tonks")
case("D1", "not a package although it builds", twins.package("p", 'dependencies = ["tonks"]\n\n[tool.uv]\npackage = false\n'), "sync")
case("D1", "a package although it does not say how", PLAIN + "[tool.uv]\npackage = true\n", "lock")
case("D1", "dynamic version", twins.package("p", 'dynamic = ["version"]\n') | {"VERSION": "3.1\n", "pyproject.toml":
     '[project]\nname = "p"\ndynamic = ["version"]\nrequires-python = ">=3.11"\ndependencies = ["tonks"]\n' + twins.BUILDS},
     "sync", "add moody", "sync --locked")
case("D1", "dynamic dependencies", twins.package("p") | {"requirements.txt": "tonks<2\nmoody\n", "pyproject.toml":
     '[project]\nname = "p"\nversion = "1"\ndynamic = ["dependencies"]\nrequires-python = ">=3.11"\n' + twins.BUILDS},
     "sync", "sync --locked")
case("D1", "bad requirement", project('dependencies = ["tonks >> 3"]\n'), "lock", differs={"status": "a mistake in the manifest is a usage error, 2"})
case("D1", "bad toml", HEAD + "dependencies = [\n", "lock", "add tonks")
case("D1", "same extra twice", project('[project.optional-dependencies]\na_b = ["tonks"]\na-b = ["moody"]\n'), "lock")

# --- settings of the resolution ---------------------------------------------------------------

case("L1", "constraints", project('dependencies = ["tonks"]\n[tool.uv]\nconstraint-dependencies = ["tonks<2", "moody<0.1"]\n'), "sync", "sync --locked")
case("L1", "overrides", project('dependencies = ["sirius>=2", "draco"]\n[tool.uv]\noverride-dependencies = ["harry==1.0"]\n'), "sync", "sync --locked")
case("L1", "override that moves away", project('dependencies = ["sirius>=2"]\n[tool.uv]\noverride-dependencies = ["harry ; sys_platform == \'win32\'"]\n'), "sync")
case("L1", "exclusions", project('dependencies = ["sirius>=2"]\n[tool.uv]\nexclude-dependencies = ["harry"]\n'), "sync")
case("L1", "environments", project('dependencies = ["tonks; sys_platform == \'linux\'", "moody; sys_platform == \'win32\'"]\n[tool.uv]\nenvironments = ["sys_platform == \'linux\'"]\n'), "sync")
case("L1", "environments that leave this one out", project('dependencies = ["tonks"]\n[tool.uv]\nenvironments = ["sys_platform == \'win32\'"]\n'), "lock", "sync")
case("L1", "required environments", project('dependencies = ["dobby"]\n[tool.uv]\nrequired-environments = ["sys_platform == \'linux\' and platform_machine == \'x86_64\'"]\n'), "lock")
case("L1", "required environment without a wheel", project('dependencies = ["dobby"]\n[tool.uv]\nrequired-environments = ["sys_platform == \'darwin\' and platform_machine == \'x86_64\'"]\n'), "lock")
case("L1", "conflicting extras", project('''[project.optional-dependencies]
cpu = ["harry<2"]
gpu = ["harry>=3"]

[tool.uv]
conflicts = [[{ extra = "cpu" }, { extra = "gpu" }]]
'''), "lock", "sync --extra cpu", "sync --extra gpu", "sync", "sync --extra cpu --extra gpu", "sync --all-extras")
case("L1", "conflicting groups", project('''[dependency-groups]
old = ["harry<2"]
new = ["harry>=3"]

[tool.uv]
conflicts = [[{ group = "old" }, { group = "new" }]]
'''), "lock", "sync --group old", "sync --group new", "sync --all-groups")
case("L1", "conflict of extra and group", project('''dependencies = ["tonks"]
[project.optional-dependencies]
cpu = ["harry<2"]
[dependency-groups]
dev = ["harry>=3"]

[tool.uv]
conflicts = [[{ extra = "cpu" }, { group = "dev" }]]
'''), "lock", "sync", "sync --extra cpu", "sync --extra cpu --no-dev")
case("L1", "conflict nobody declared", project('[project.optional-dependencies]\ncpu = ["harry<2"]\ngpu = ["harry>=3"]\n'), "lock")
case("L1", "metadata by hand", project('dependencies = ["broken"]\n[[tool.uv.dependency-metadata]]\nname = "broken"\nversion = "1.0"\nrequires-dist = ["tonks<2"]\n'), "sync", "sync --locked")
case("L1", "forks by Python", '[project]\nname = "p"\nversion = "1"\nrequires-python = ">=3.10"\ndependencies = ["early"]\n', "lock", "sync")
case("L1", "fewest versions", '[project]\nname = "p"\nversion = "1"\nrequires-python = ">=3.10"\ndependencies = ["early"]\n[tool.uv]\nfork-strategy = "fewest"\n', "lock")
case("L1", "lowest", project('dependencies = ["sirius", "tonks"]\n'), "lock --resolution lowest", "lock --resolution lowest-direct", "lock")
case("L1", "pre-releases", project('dependencies = ["harry"]\n'), "lock", "lock --prerelease allow -U", "lock -U", "lock --prerelease disallow")
case("L1", "exclude newer", project('dependencies = ["harry", "sirius"]\n'), "lock --exclude-newer 2024-03-01", "lock", "lock --exclude-newer 2024-03-01", "sync")
case("L1", "exclude newer in the file", project('dependencies = ["harry", "sirius"]\n[tool.uv]\nexclude-newer = "2024-03-01T00:00:00Z"\n'), "lock", "sync --locked", "lock --check")
case("L2", "check", project('dependencies = ["harry"]\n'), "lock --check", "lock", "lock --check", "sh sed -i s/harry/tonks/ pyproject.toml", "lock --check", "lock --locked")
case("L2", "check with other words", project('dependencies = ["harry>=1,<4"]\n'), "lock", "sh sed -i 's/>=1,<4/<4, >=1/' pyproject.toml", "lock --check")
case("L2", "check after the version changed", project('dependencies = ["harry"]\n'), "lock", "sh sed -i s/0.1.0/0.2.0/ pyproject.toml", "lock --check")
case("L3", "exists", project('dependencies = ["harry"]\n'), "lock --check-exists", "lock", "lock --check-exists", "sh sed -i s/harry/tonks/ pyproject.toml", "lock --check-exists", differs={"status": "a lock that is not there is a usage error, 2"})
case("L4", "dry run", project('dependencies = ["harry<2"]\n'), "lock --dry-run", "lock", "sh sed -i 's/harry<2/harry/' pyproject.toml", "lock --dry-run", "lock", "lock --dry-run -U")
case("L1", "kept where it fits", project('dependencies = ["tonks<2"]\n'), "lock", "sh sed -i 's/tonks<2/tonks/' pyproject.toml", "lock", "add moody", "lock -P tonks",)
case("L1", "upgrade of one that is named with a bound", project('dependencies = ["tonks<2", "harry<2"]\n'), "lock", "sh sed -i 's/<2//g' pyproject.toml", "lock -P 'tonks<2.1'", "lock -P harry==1.0", "lock -P harry")
case("L1", "constraint taken away", project('dependencies = ["tonks"]\n[tool.uv]\nconstraint-dependencies = ["tonks<2"]\n'), "lock", "sh sed -i '/constraint/d' pyproject.toml", "lock")
case("L1", "widened Pythons", '[project]\nname = "p"\nversion = "1"\nrequires-python = ">=3.12"\ndependencies = ["early"]\n', "lock", "sh sed -i s/3.12/3.10/ pyproject.toml", "lock")
case("L1", "index that is explicit", PLAIN + '[[tool.uv.index]]\nname = "x"\nurl = "{index}"\nexplicit = true\n[tool.uv.sources]\ntonks = { index = "x" }\n', "add tonks", "sync --locked")
case("L1", "index nobody named", PLAIN + '[tool.uv.sources]\ntonks = { index = "x" }\n', "add tonks", differs={"status": "a mistake in the manifest is a usage error, 2"})
case("L1", "recursive extras of others", project('dependencies = ["lupin", "arthur"]\n'), "sync")
case("L1", "link of a source for an extra", project('''[project.optional-dependencies]
a = ["tonks"]
b = ["tonks"]
[tool.uv]
conflicts = [[{ extra = "a" }, { extra = "b" }]]
[tool.uv.sources]
tonks = [{ url = "{index}../files/tonks-1.2.3-py3-none-any.whl", extra = "a" }]
'''), "lock", "sync --extra a", "sync --extra b")

# --- W: workspaces ---------------------------------------------------------------------------------

WORKSPACE = {
    "pyproject.toml": project('dependencies = ["harry"]\n[tool.uv.workspace]\nmembers = ["packages/*"]\nexclude = ["packages/out"]\n'),
    **twins.package("mine", 'dependencies = ["tonks", "ours"]\n[tool.uv.sources]\nours = { workspace = true }\n', prefix="packages/mine/"),
    **twins.package("ours", 'dependencies = ["moody"]\n[dependency-groups]\ndev = ["luna"]\n', prefix="packages/ours/"),
    **twins.package("out", 'dependencies = ["dora"]\n', prefix="packages/out/"),
}
case("W1", "lock and sync", WORKSPACE, "lock", "sync", "sync --all-packages", "sync --package ours", "sync --package mine --no-dev", "sync --package nothing")
case("W1", "from a member", WORKSPACE, "in packages/mine lock", "in packages/mine sync", "in packages/ours sync", "in packages/ours add dora", "in packages/ours remove moody")
case("W1", "an excluded directory", WORKSPACE, "in packages/out sync", environment="packages/out/.venv", differs={"locked": "it has a lock of its own"})
case("W1", "added by name", WORKSPACE, "add mine", "sync --no-editable", "sync --no-install-workspace", "sync --no-install-project", "remove mine")
case("W1", "add for a member", WORKSPACE, "add --package ours dora", "remove --package ours dora", "add --package nothing dora", differs={"installed": "the default groups of the project that is named, as with sync"})
case("W1", "member without an entry in the sources", {**WORKSPACE, "packages/mine/pyproject.toml": WORKSPACE["packages/mine/pyproject.toml"].replace("ours = { workspace = true }\n", "")}, "lock", differs={"status": "a member is taken by its name", "locked": "the same"})
case("W1", "source that is no member", project('dependencies = ["albus"]\n[tool.uv.sources]\nalbus = { workspace = true }\n'), "lock", differs={"status": "a mistake in the manifest is a usage error, 2"})
case("W1", "member gone", WORKSPACE, "lock", "delete packages/mine", "lock --check", "lock", "sync --all-packages")
case("W1", "directory without a manifest", WORKSPACE | {"packages/empty/x.txt": ""}, "lock", differs={"status": "it is passed over", "locked": "the same"})
case("W1", "two of one name", WORKSPACE | twins.package("ours", prefix="packages/twice/"), "lock")
case("W1", "member not editable", {**WORKSPACE, "packages/mine/pyproject.toml": WORKSPACE["packages/mine/pyproject.toml"].replace("workspace = true }", "workspace = true, editable = false }")},
     "sync --package mine")
case("W1", "sources of the root count for members", {**WORKSPACE, "pyproject.toml": WORKSPACE["pyproject.toml"] + '[tool.uv.sources]\ntonks = { url = "{index}../files/tonks-1.2.3-py3-none-any.whl" }\n'},
     "sync --package mine")
case("W1", "extras and groups of a member", {**WORKSPACE, "packages/ours/pyproject.toml": twins.package("ours", '[project.optional-dependencies]\nx = ["dora"]\n[dependency-groups]\ndev = ["luna"]\n')["pyproject.toml"]},
     "sync --package ours --extra x", "sync --all-packages --extra x", "sync --extra x", "sync --all-packages --no-dev", "sync --package ours --only-group dev")
case("W1", "virtual member", WORKSPACE | {"packages/virt/pyproject.toml": '[project]\nname = "virt"\nversion = "1"\nrequires-python = ">=3.11"\ndependencies = ["dora"]\n'},
     "sync --all-packages", "add virt", "sync", differs={"status": "a member without a build system is not built", "manifests": "the same", "installed": "the same", "locked": "the same"})
case("W1", "virtual dependency by path", {"pyproject.toml": project('dependencies = ["virt"]\n[tool.uv.sources]\nvirt = { path = "virt" }\n'),
     "virt/pyproject.toml": '[project]\nname = "virt"\nversion = "1"\nrequires-python = ">=3.11"\ndependencies = ["dora"]\n'}, "lock", "sync")
case("W1", "different Pythons of members", {**WORKSPACE, "packages/ours/pyproject.toml": WORKSPACE["packages/ours/pyproject.toml"].replace(">=3.11", ">=3.11.3")}, "lock")
