"""A build backend for tests: builds pure wheels with the standard library alone."""

import base64
import hashlib
import os
import zipfile

NAME = "@NAME@"
VERSION = "@VERSION@"
MODULE = "@MODULE@"
REQUIRES = @REQUIRES@
PYTHON = "@PYTHON@"
INFO = f"{MODULE}-{VERSION}.dist-info"
WHEEL = f"{MODULE}-{VERSION}-py3-none-any.whl"


def _metadata():
    lines = ["Metadata-Version: 2.1", f"Name: {NAME}", f"Version: {VERSION}"]
    if PYTHON:
        lines.append(f"Requires-Python: {PYTHON}")
    lines += [f"Requires-Dist: {each}" for each in REQUIRES]
    return "\n".join(lines) + "\n"


def _write(directory, files):
    files[f"{INFO}/METADATA"] = _metadata().encode()
    files[f"{INFO}/WHEEL"] = (
        b"Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
    )
    record = ""
    for path, data in files.items():
        digest = base64.urlsafe_b64encode(hashlib.sha256(data).digest()).rstrip(b"=").decode()
        record += f"{path},sha256={digest},{len(data)}\n"
    files[f"{INFO}/RECORD"] = (record + f"{INFO}/RECORD,,\n").encode()
    with zipfile.ZipFile(os.path.join(directory, WHEEL), "w") as archive:
        for path, data in files.items():
            archive.writestr(path, data)
    return WHEEL


def get_requires_for_build_wheel(config_settings=None):
    return []


def get_requires_for_build_editable(config_settings=None):
    return []


def prepare_metadata_for_build_wheel(metadata_directory, config_settings=None):
    os.makedirs(os.path.join(metadata_directory, INFO))
    with open(os.path.join(metadata_directory, INFO, "METADATA"), "w") as file:
        file.write(_metadata())
    return INFO


prepare_metadata_for_build_editable = prepare_metadata_for_build_wheel


def build_wheel(wheel_directory, config_settings=None, metadata_directory=None):
    files = {}
    for root, _, names in os.walk(MODULE):
        for name in sorted(names):
            if name.endswith(".pyc"):
                continue
            path = os.path.join(root, name)
            with open(path, "rb") as file:
                files[path.replace(os.sep, "/")] = file.read()
    return _write(wheel_directory, files)


def build_editable(wheel_directory, config_settings=None, metadata_directory=None):
    return _write(wheel_directory, {f"{MODULE}.pth": os.getcwd().encode() + b"\n"})
