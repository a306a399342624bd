"""Makes wheels and source distributions on the spot, honest ones and (by taking
a wheel's members and changing them) dishonest ones."""

import base64
import csv
import dataclasses
import hashlib
import io
import pathlib
import re
import tarfile
import zipfile

REGULAR = 0o100644
EXECUTABLE = 0o100755
DATE = (2024, 1, 1, 0, 0, 0)


@dataclasses.dataclass
class Member:
    """One member of an archive."""

    path: str
    data: bytes
    mode: int = REGULAR


@dataclasses.dataclass
class Wheel:
    """What a wheel says about itself and holds."""

    name: str
    version: str
    requires: tuple = ()
    extras: tuple = ()
    files: dict = None
    scripts: dict = None
    data: dict = None
    tag: str = "py3-none-any"
    requires_python: str = None
    summary: str = "A fixture."

    @property
    def stem(self):
        return f"{re.sub('[-_.]+', '_', self.name)}-{self.version}"

    @property
    def file_name(self):
        return f"{self.stem}-{self.tag}.whl"

    @property
    def dist_info(self):
        return f"{self.stem}.dist-info"

    def module(self):
        """The files of the distribution: by default a package that knows its version."""
        if self.files is not None:
            return self.files
        code = f'__version__ = "{self.version}"\n\n\ndef main():\n    print(__version__)\n'
        return {f"{re.sub('[-_.]+', '_', self.name)}/__init__.py": code}

    def metadata(self):
        lines = ["Metadata-Version: 2.1", f"Name: {self.name}", f"Version: {self.version}"]
        lines += [f"Summary: {self.summary}", "License: MIT"]
        if self.requires_python:
            lines.append(f"Requires-Python: {self.requires_python}")
        lines += [f"Requires-Dist: {requirement}" for requirement in self.requires]
        lines += [f"Provides-Extra: {extra}" for extra in self.extras]
        return ("\n".join(lines) + "\n").encode()

    def wheel_file(self):
        python, abi, platforms = self.tag.split("-")
        lines = ["Wheel-Version: 1.0", "Generator: naja-acceptance", "Root-Is-Purelib: true"]
        lines += [f"Tag: {python}-{abi}-{platform}" for platform in platforms.split(".")]
        return ("\n".join(lines) + "\n").encode()

    def members(self):
        """All members but RECORD."""
        found = [Member(path, as_bytes(text)) for path, text in self.module().items()]
        for path, text in (self.data or {}).items():
            found.append(Member(f"{self.stem}.data/{path}", as_bytes(text)))
        found.append(Member(f"{self.dist_info}/METADATA", self.metadata()))
        found.append(Member(f"{self.dist_info}/WHEEL", self.wheel_file()))
        if self.scripts:
            lines = ["[console_scripts]", *(f"{k} = {v}" for k, v in self.scripts.items())]
            text = "\n".join(lines) + "\n"
            found.append(Member(f"{self.dist_info}/entry_points.txt", text.encode()))
        return found

    def record(self, members):
        """The RECORD of `members`, as a member."""
        text = io.StringIO()
        writer = csv.writer(text, lineterminator="\n")
        for member in members:
            writer.writerow([member.path, digest(member.data), len(member.data)])
        writer.writerow([f"{self.dist_info}/RECORD", "", ""])
        return Member(f"{self.dist_info}/RECORD", text.getvalue().encode())

    def pack(self):
        """The bytes of the wheel."""
        members = self.members()
        return pack([*members, self.record(members)])

    def write(self, directory):
        """Writes the wheel below `directory` and answers its path."""
        return write(directory, self.file_name, self.pack())


def as_bytes(text):
    return text if isinstance(text, bytes) else text.encode()


def digest(data):
    """A hash as RECORD has it."""
    raw = hashlib.sha256(data).digest()
    return "sha256=" + base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def pack(members, method=zipfile.ZIP_DEFLATED):
    """A zip archive of `members`."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", method) as archive:
        for member in members:
            info = zipfile.ZipInfo(member.path, DATE)
            info.filename = member.path  # the class would clean the name
            info.external_attr = member.mode << 16
            info.compress_type = method
            archive.writestr(info, member.data)
    return buffer.getvalue()


def write(directory, name, data):
    """Writes a file and answers its path."""
    directory = pathlib.Path(directory)
    directory.mkdir(parents=True, exist_ok=True)
    path = directory / name
    path.write_bytes(data)
    return path


def sdist(name, version):
    """A source distribution that setuptools could build: file name and bytes."""
    stem = f"{name}-{version}"
    files = {
        "PKG-INFO": f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n",
        "pyproject.toml": '[build-system]\nrequires = ["setuptools"]\n'
        'build-backend = "setuptools.build_meta"\n',
        "setup.py": f"from setuptools import setup\nsetup(name='{name}', version='{version}')\n",
        f"{name}.py": f"__version__ = '{version}'\n",
    }
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz") as archive:
        for path, text in files.items():
            info = tarfile.TarInfo(f"{stem}/{path}")
            info.size = len(text)
            archive.addfile(info, io.BytesIO(text.encode()))
    return f"{stem}.tar.gz", buffer.getvalue()


def big_wheel(name, version, files, size=400, **keywords):
    """A wheel of `files` small modules in several directories."""
    package = name.replace("-", "_")
    body = {f"{package}/__init__.py": f'__version__ = "{version}"\n'}
    for number in range(files):
        text = f"# {name} {version} {number}\n" + "x = 1\n" * (size // 6)
        body[f"{package}/part{number % 17}/module{number}.py"] = text
    return Wheel(name, version, files=body, **keywords)
