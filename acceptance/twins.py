"""Two copies of one project, one for the program under test and one for uv, that
get the same commands; what came of them is compared."""

import pathlib
import re
import shlex
import shutil
import tomllib

import common
from common import expect

# A build backend without requirements, for fixtures that are packages.
BACKEND = r'''
import base64, hashlib, pathlib, tomllib, zipfile

def _project():
    project = tomllib.loads(pathlib.Path("pyproject.toml").read_text(encoding="utf-8-sig"))["project"]
    if "version" in project.get("dynamic", ()):
        project["version"] = pathlib.Path("VERSION").read_text().strip()
    if "dependencies" in project.get("dynamic", ()):
        project["dependencies"] = pathlib.Path("requirements.txt").read_text().split("\n")
    return project

def _metadata(project):
    lines = ["Metadata-Version: 2.3", f"Name: {project['name']}", f"Version: {project['version']}"]
    if "requires-python" in project:
        lines.append(f"Requires-Python: {project['requires-python']}")
    lines += [f"Requires-Dist: {text}" for text in project.get("dependencies", ()) if text.strip()]
    for extra, requirements in project.get("optional-dependencies", {}).items():
        lines.append(f"Provides-Extra: {extra}")
        for text in requirements:
            bare, _, marker = text.partition(";")
            marker = f"({marker.strip()}) and " if marker.strip() else ""
            lines.append(f"Requires-Dist: {bare.strip()} ; {marker}extra == '{extra}'")
    return "\n".join(lines) + "\n"

def _wheel(directory, files):
    project = _project()
    stem = f"{project['name'].replace('-', '_')}-{project['version']}"
    members = dict(files)
    members[f"{stem}.dist-info/METADATA"] = _metadata(project)
    members[f"{stem}.dist-info/WHEEL"] = "Wheel-Version: 1.0\nGenerator: x\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
    scripts = project.get("scripts", {})
    if scripts:
        lines = [f"{name} = {target}" for name, target in scripts.items()]
        members[f"{stem}.dist-info/entry_points.txt"] = "[console_scripts]\n" + "\n".join(lines) + "\n"
    record = []
    name = f"{stem}-py3-none-any.whl"
    with zipfile.ZipFile(pathlib.Path(directory) / name, "w") as archive:
        for path, text in members.items():
            archive.writestr(path, text)
            digest = base64.urlsafe_b64encode(hashlib.sha256(text.encode()).digest()).rstrip(b"=").decode()
            record.append(f"{path},sha256={digest},{len(text.encode())}")
        record.append(f"{stem}.dist-info/RECORD,,")
        archive.writestr(f"{stem}.dist-info/RECORD", "\n".join(record) + "\n")
    return name

def build_wheel(directory, config_settings=None, metadata_directory=None):
    package = _project()["name"].replace("-", "_")
    root = pathlib.Path("src") if pathlib.Path("src").is_dir() else pathlib.Path(".")
    files = {path.relative_to(root).as_posix(): path.read_text() for path in (root / package).rglob("*.py")}
    return _wheel(directory, files)

def build_editable(directory, config_settings=None, metadata_directory=None):
    root = "src" if pathlib.Path("src").is_dir() else "."
    name = _project()["name"].replace("-", "_")
    return _wheel(directory, {f"_{name}.pth": str(pathlib.Path(root).resolve()) + "\n"})

def build_sdist(directory, config_settings=None):
    raise RuntimeError("no source distributions here")
'''

BUILDS = '\n[build-system]\nrequires = []\nbuild-backend = "backend"\nbackend-path = ["."]\n'


def package(name, body="", version="0.1.0", prefix=""):
    """The files of a project that is a package, below `prefix`."""
    module = name.replace("-", "_")
    text = f'[project]\nname = "{name}"\nversion = "{version}"\nrequires-python = ">=3.11"\n'
    return {
        f"{prefix}pyproject.toml": text + body + BUILDS,
        f"{prefix}backend.py": BACKEND,
        f"{prefix}src/{module}/__init__.py": "",
    }


class Twin:
    """One of the two: a tool, its directory and its cache."""

    def __init__(self, tool, program, box, index):
        self.tool = tool
        self.program = program
        self.root = box.path / tool / "p"
        self.root.mkdir(parents=True)
        cache = str(box.path / tool / "cache")
        # uv writes an index of a variable into the manifest, and one of its user's file not.
        settings = box.home / ".config/uv/uv.toml"
        settings.parent.mkdir(parents=True, exist_ok=True)
        settings.write_text(f'[[index]]\nurl = "{index}"\ndefault = true\n')
        self.variables = box.variables | {"NAJA_CACHE_DIR": cache, "UV_CACHE_DIR": cache}
        if tool == "naja":
            self.variables["NAJA_DEFAULT_INDEX"] = index

    def write(self, files):
        for name, text in files.items():
            path = self.root / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(text if isinstance(text, bytes) else text.encode())

    def run(self, step, variables):
        """One step: a command of the tool, or one of `write`, `delete`, `git`."""
        directory = self.root
        environment = self.variables | {
            name: value.replace("{root}", str(self.root)) for name, value in variables.items()
        }
        step = step.replace("{root}", str(self.root))
        if step.startswith("sh "):
            common.run(["sh", "-c", step.removeprefix("sh ")], directory, environment).ok()
            return None
        words = shlex.split(step)
        if words[0] == "in":
            directory, words = self.root / words[1], words[2:]
        if words[0] == "delete":
            for name in words[1:]:
                shutil.rmtree(self.root / name) if (self.root / name).is_dir() else (self.root / name).unlink()
            return None
        words = [self.program, *words]
        result = common.run(words, directory, environment, timeout=180)
        expect(not result.crashed(), str(result))
        return result

    def manifests(self):
        """What all manifests say; how it is laid out, and in which tool's table, is no difference."""
        found = {}
        for path in sorted(self.root.rglob("pyproject.toml")):
            if ".venv" not in path.parts:
                found[path.relative_to(self.root).as_posix()] = self.meaning(path.read_bytes())
        return found

    def meaning(self, text):
        text = text.decode("utf-8-sig").replace(str(self.root.parent), "ROOT")
        try:
            table = tomllib.loads(text)
        except tomllib.TOMLDecodeError:
            return text
        tools = table.get("tool", {})
        tools["uv"] = tools.pop("naja", {}) | tools.get("uv", {})
        return {key: value for key, value in flat(table).items() if value not in ({}, None)}

    def installed(self, environment=".venv"):
        """What is in the environment, with `(editable)` behind what is."""
        found = {}
        for site in (self.root / environment).glob("lib/python*/site-packages"):
            for path in site.glob("*.dist-info"):
                name, _, version = path.name.removesuffix(".dist-info").partition("-")
                origin = path / "direct_url.json"
                editable = origin.is_file() and '"editable":true' in origin.read_text().replace(" ", "")
                found[name.replace("_", "-")] = version + (" (editable)" if editable else "")
        return found

    def locked(self):
        """The packages of the lock as (name, version), without the projects themselves."""
        if self.tool == "uv":
            return uv_locked(self.root / "uv.lock")
        path = self.root / "pylock.toml"
        if not path.is_file():
            return set()
        packages = tomllib.loads(path.read_text())["packages"]
        return {(one["name"], one.get("version")) for one in packages if "directory" not in one}


def flat(value, place=""):
    """The leaves of a table by their places; requirements in one spelling."""
    if isinstance(value, dict) and value:
        found = {}
        for key, inner in value.items():
            found |= flat(inner, f"{place}.{key}" if place else key)
        return found
    if isinstance(value, list) and "dependencies" in place or place.startswith("dependency-groups"):
        value = [spelled(item) for item in value]
    return {place: value}


def spelled(requirement):
    if not isinstance(requirement, str):
        return requirement
    name, rest = re.fullmatch(r"\s*([A-Za-z0-9._-]*)(.*)", requirement, re.DOTALL).groups()
    bounds, semicolon, marker = rest.partition(";")
    if "@" not in bounds:
        extras, bracket, bounds = bounds.rpartition("]")
        bounds = extras + bracket + ",".join(sorted(bounds.replace(" ", "").split(",")))
    name = re.sub("[-_.]+", "-", name).lower()
    return f"{name}{bounds.strip()}{semicolon}{marker.strip()}".replace('"', "'")


def uv_locked(path):
    if not path.is_file():
        return set()
    packages = tomllib.loads(path.read_text()).get("package", [])
    local = {"editable", "virtual", "directory"}
    return {(one["name"], one.get("version")) for one in packages if not local & one["source"].keys()}


def said(result):
    return "" if result is None else re.sub(r"\x1b\[[0-9;]*m", "", str(result))
