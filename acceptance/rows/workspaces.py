"""Workspaces and commands that naja and uv are given side by side by `workspaces.py`."""

import dataclasses

import twins

CASES = []


@dataclasses.dataclass
class Case:
    """One workspace, and what is done in it."""

    name: str
    files: dict
    steps: list
    # What differs from uv on purpose, by the words of the step, and why.
    differs: dict
    environment: str = ".venv"


def case(name, files, *steps, differs=None, environment=".venv"):
    CASES.append(Case(name, files, list(steps), differs or {}, environment))


def plain(name, body, prefix="", version="0.1.0"):
    """A project that is no package."""
    text = f'[project]\nname = "{name}"\nversion = "{version}"\nrequires-python = ">=3.11"\n{body}'
    return {f"{prefix}pyproject.toml": text}


ROOT = '[tool.uv.workspace]\nmembers = ["packages/*", "apps/one"]\nexclude = ["packages/out"]\n'

# `app` needs `core`, which needs `base`; `base` has an extra and groups; `out` is left out.
MEMBERS = {
    **twins.package("core", 'dependencies = ["moody", "base[more]"]\n[tool.uv.sources]\nbase = { workspace = true }\n',
                    prefix="packages/core/"),
    **twins.package("base", 'dependencies = ["luna"]\n[project.optional-dependencies]\nmore = ["dora"]\n'
                    '[dependency-groups]\ndev = ["sirius"]\nlint = ["ginny"]\n', prefix="packages/base/"),
    **twins.package("out", 'dependencies = ["harry"]\n', prefix="packages/out/"),
    **plain("one", 'dependencies = ["tonks"]\n', prefix="apps/one/"),
}
VIRTUAL = {"pyproject.toml": ROOT, **MEMBERS}
GROUPED = {"pyproject.toml": ROOT + '[dependency-groups]\ndev = ["hedwig"]\nlint = ["remus"]\n', **MEMBERS}
PROJECT = {
    **plain("root", 'dependencies = ["core", "harry"]\n[dependency-groups]\ndev = ["hedwig"]\n'
            + ROOT + "[tool.uv.sources]\ncore = { workspace = true }\n"),
    **MEMBERS,
}
STATUS = "a mistake in what was written is a mistake of usage, 2"
GROUPS = ("installed", "what is added comes with the parts that sync installs, the default groups too")
DRAWN = ("answer", "a project that others need stands where they need it, with the extras they ask for")

case("a root with a project", PROJECT,
     "lock", "lock --check", "sync", "sync --all-packages", "sync --package base", "sync --package base --extra more",
     "sync --package core --no-dev", "sync --all-packages --all-groups --all-extras", "sync --no-install-workspace",
     "sync --no-install-project", "sync --no-install-package moody", "sync --no-editable", "sync --inexact --package one",
     "sync --only-group dev", "sync --package base --only-group lint", "sync --package nothing", "sync --frozen",
     "tree", "tree --package core", "tree --package base --no-dev", "tree --invert --package luna", "tree --depth 1",
     "export --no-hashes", "export --no-hashes --package base --all-extras", "export --no-hashes --all-packages",
     "export --no-hashes --no-emit-workspace", "export --no-hashes --no-emit-project", "workspace list", "workspace dir",
     "workspace dir --package base",
     differs={"tree --package base --no-dev": DRAWN, "tree --invert --package luna": DRAWN, "tree --depth 1": DRAWN})
case("a root without one", VIRTUAL,
     "sync", "sync --package core", "sync --all-packages --no-dev", "sync --only-group lint", "lock --check",
     "tree", "tree --package one", "export --no-hashes", "export --no-hashes --package core", "workspace list",
     "run --package base python -c 0", "run --all-packages python -c 0", "run --exact --package one python -c 0")
case("a root with groups only", GROUPED,
     "sync", "sync --group lint", "sync --only-group lint", "sync --no-dev", "sync --package base --group lint",
     "sync --all-packages --all-groups", "export --no-hashes", "export --no-hashes --only-group lint", "lock --check",
     "workspace list", "add --dev draco", "remove --dev draco", "add --group docs molly", "add tonks",
     "remove --group docs molly", "sync --group nothing", "run --only-group dev hedwig")
case("from the directory of a member", PROJECT,
     "in packages/base sync", "in packages/base sync --all-packages", "in packages/base sync --package core",
     "in packages/base tree", "in packages/base export --no-hashes", "in packages/base add tonks",
     "in packages/base add --group lint molly", "in packages/base remove tonks", "in packages/base lock --check",
     "in packages/base run python -c 0", "in packages/base version", "in packages/base workspace list",
     "in packages/base workspace dir", "in packages/base/src sync", "in apps/one sync", "in apps sync",
     "in packages/base sync --group dev", "in packages/base sync --no-dev --extra more",
     differs={"in packages/base add tonks": GROUPS})
case("edits of other members", PROJECT,
     "add --package core tonks", "remove --package core tonks", "add --package base --dev molly",
     "add --package base --optional more tonks", "add --package nothing tonks", "remove --package one harry",
     "remove --package core base", "add --package one base", "sync --package one")
case("a new member", {**PROJECT, **twins.package("fresh", 'dependencies = ["molly"]\n', prefix="libs/fresh/")},
     "add ./libs/fresh", "sync", "workspace list", "remove fresh", "lock --check", "sync --all-packages",
     differs={"add ./libs/fresh": GROUPS})
case("a path that is no member", {**PROJECT, **twins.package("fresh", 'dependencies = ["molly"]\n', prefix="libs/fresh/")},
     "add --no-workspace ./libs/fresh", "sync", "workspace list", "remove fresh",
     differs={"add --no-workspace ./libs/fresh": GROUPS})
case("an excluded directory", PROJECT, "in packages/out sync", "in packages/out lock --check", "in packages/out tree",
     "in packages/out add tonks", "sync", environment="packages/out/.venv")
case("init in a workspace", PROJECT, "init --no-package --no-readme --no-pin-python --vcs none packages/new",
     "workspace list", "in packages/new add molly", "lock --check",
     "init --no-package --no-readme --no-pin-python --vcs none tools/far", "workspace list",
     "init --no-package --no-readme --no-pin-python --vcs none --no-workspace tools/alone", "workspace list",
     differs={"init": ("manifests", "what a new manifest says is naja's own")})
DEEP = {
    **plain("deep", 'dependencies = ["luna"]\n', prefix="libs/a/b/deep/"),
    **plain("old", 'dependencies = ["nosuch"]\n', prefix="libs/a/b/old/"),
    **plain("flat", 'dependencies = ["harry"]\n', prefix="libs/flat/")}
case("members by deep patterns", {
    **plain("root", '[tool.uv.workspace]\nmembers = ["libs/*/b/*", "libs/flat"]\nexclude = ["libs/a/**/old"]\n'), **DEEP},
     "workspace list", "sync --all-packages", "in libs/a/b/deep sync", "in libs/a/b/old lock")
case("directories without manifests among the members", {
    **plain("root", '[tool.uv.workspace]\nmembers = ["libs/**"]\nexclude = ["libs/a/**/old"]\n'), **DEEP},
     "workspace list", differs={"workspace list": ("status", "they are passed over")})
case("a workspace in a workspace", {**PROJECT, **plain("inner", '[tool.uv.workspace]\nmembers = ["x"]\n', prefix="packages/inner/"),
                                    **plain("x", "", prefix="packages/inner/x/")},
     "lock")
case("a member with another Python", {**PROJECT, "apps/one/pyproject.toml":
                                      MEMBERS["apps/one/pyproject.toml"].replace(">=3.11", ">=3.11,<3.20")},
     "lock", "sync --package one", "sync")
case("members that exclude each other", {
    "pyproject.toml": '[tool.uv.workspace]\nmembers = ["a", "b"]\n',
    **plain("a", 'dependencies = ["harry==1.0"]\n', prefix="a/"),
    **plain("b", 'dependencies = ["harry==3.0"]\n', prefix="b/")}, "lock")
case("members that are said to exclude each other", {
    "pyproject.toml": '[tool.uv]\nconflicts = [[{ package = "a" }, { package = "b" }]]\n[tool.uv.workspace]\nmembers = ["a", "b"]\n',
    **plain("a", 'dependencies = ["harry==1.0"]\n', prefix="a/"),
    **plain("b", 'dependencies = ["harry==3.0"]\n', prefix="b/")},
     "lock", "sync --package a", "sync --package b", "sync --all-packages", "in a sync", "export --no-hashes --package b")
case("groups that exclude each other", {
    **plain("root", '[dependency-groups]\nnew = ["harry==3.0"]\n[tool.uv]\nconflicts = [[{ group = "new" }, '
            '{ package = "a", group = "old" }]]\n[tool.uv.workspace]\nmembers = ["a"]\n'),
    **plain("a", '[dependency-groups]\nold = ["harry==1.0"]\n', prefix="a/")},
     "lock", "sync --group new", "sync --package a --group old", "sync --all-packages --all-groups")
case("a source that is no member", {**plain("root", 'dependencies = ["luna"]\n[tool.uv.sources]\nluna = { workspace = true }\n'
                                            '[tool.uv.workspace]\nmembers = ["a"]\n'), **plain("a", "", prefix="a/")},
     "lock", differs={"lock": ("status", STATUS)})
case("a member as built", {**PROJECT, "pyproject.toml": PROJECT["pyproject.toml"].replace(
    "core = { workspace = true }", "core = { workspace = true, editable = false }")}, "sync", "sync --package core")
case("an index of a member", {**PROJECT, "packages/base/pyproject.toml": MEMBERS["packages/base/pyproject.toml"]
                              + '[tool.uv.sources]\nluna = { index = "mine" }\n[[tool.uv.index]]\nname = "mine"\nurl = "{index}"\nexplicit = true\n'},
     "lock", "sync --package base", "export --no-hashes --package base")
