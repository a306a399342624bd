"""A build backend for tests: pure projects with their module in `src` or beside the manifest."""

import base64
import hashlib
import os
import re
import zipfile

try:
    import tomllib
except ImportError:
    tomllib = None


def _project():
    with open("pyproject.toml", "rb") as file:
        text = file.read()
    if tomllib:
        return tomllib.loads(text.decode())["project"]
    found = dict(re.findall(r'^(name|version) = "(.*)"$', text.decode(), re.M))
    return {"name": found["name"], "version": found["version"]}


def _wheel(directory, editable):
    project = _project()
    name = re.sub(r"[-_.]+", "_", project["name"]).lower()
    version = project["version"]
    info = f"{name}-{version}.dist-info"
    metadata = f"Metadata-Version: 2.4\nName: {project['name']}\nVersion: {version}\n"
    for one in project.get("dependencies", []):
        metadata += f"Requires-Dist: {one}\n"
    for extra, requirements in project.get("optional-dependencies", {}).items():
        metadata += f"Provides-Extra: {extra}\n"
        for one in requirements:
            requirement, _, marker = one.partition(";")
            marker = f"({marker.strip()}) and " if marker else ""
            metadata += f"Requires-Dist: {requirement.strip()} ; {marker}extra == '{extra}'\n"
    scripts = "".join(f"{key} = {value}\n" for key, value in project.get("scripts", {}).items())
    files = {f"{info}/METADATA": metadata,
             f"{info}/WHEEL": "Wheel-Version: 1.0\nGenerator: tests\nRoot-Is-Purelib: true\nTag: py3-none-any\n"}
    if scripts:
        files[f"{info}/entry_points.txt"] = "[console_scripts]\n" + scripts
    root = "src" if os.path.isdir("src") else "."
    if editable:
        files[f"_{name}.pth"] = os.path.abspath(root) + "\n"
    else:
        for folder, _, names in os.walk(os.path.join(root, name)):
            for one in names:
                path = os.path.join(folder, one)
                if path.endswith(".py"):
                    with open(path, encoding="utf-8") as file:
                        files[os.path.relpath(path, root)] = file.read()
    record = ""
    for path, text in files.items():
        digest = base64.urlsafe_b64encode(hashlib.sha256(text.encode()).digest()).rstrip(b"=").decode()
        record += f"{path},sha256={digest},{len(text.encode())}\n"
    files[f"{info}/RECORD"] = record + f"{info}/RECORD,,\n"
    file_name = f"{name}-{version}-py3-none-any.whl"
    with zipfile.ZipFile(os.path.join(directory, file_name), "w") as archive:
        for path, text in files.items():
            archive.writestr(path, text)
    return file_name


def build_wheel(wheel_directory, config_settings=None, metadata_directory=None):
    return _wheel(wheel_directory, False)


def build_editable(wheel_directory, config_settings=None, metadata_directory=None):
    return _wheel(wheel_directory, True)
