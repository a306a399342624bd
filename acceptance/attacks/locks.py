"""Hostile locks of projects, of other tools, and manifests that are imported."""

from attacks.base import ESCAPE, attack

PROJECT = '[project]\nname = "castle"\nversion = "1"\nrequires-python = ">=3.8"\ndependencies = ["harry"]\n'
HEAD = 'lock-version = "1.0"\ncreated-by = "naja"\n'
TAIL = """
[tool.naja]
version = 1

[[tool.naja.members]]
name = "castle"
path = "."
version = "1"
dependencies = ["harry"]
"""
HASH = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"


def package(name="harry", version="1.0", more="", place=None):
    """An entry of a lock."""
    place = place or f'url = "http://127.0.0.1:9/{name}-{version}-py3-none-any.whl"'
    return (f'[[packages]]\nname = "{name}"\nversion = "{version}"\n{more}'
            f'wheels = [{{ {place}, hashes = {{ sha256 = "{HASH}" }} }}]\n')


def sync(box, text):
    """A lock that must be refused."""
    box.write("pyproject.toml", PROJECT)
    box.write("pylock.toml", text)
    box.refused("sync", "--frozen", "--offline")


for title, text in (
    ("a major version of the future", 'lock-version = "9.0"\n' + package() + TAIL),
    ("a hundred thousand packages and one", HEAD + "packages = [" + '{name="a"},' * 100_001 + "]\n"),
    ("one package a thousand times", HEAD + package() * 1000 + TAIL),
    ("a circle of a thousand packages", HEAD + package() + "".join(
        package(f"p{n}", more=f'tool.naja.requires = ["p{(n + 1) % 1000}"]\n') for n in range(1000)) + TAIL),
    ("a marker of 100,000 brackets", HEAD + package(more='marker = "' + "(" * 100_000 + '"\n') + TAIL),
    ("tables 100,000 deep", HEAD + "x = " + "[" * 100_000),
    ("a file outside", HEAD + package(place='path = "../../../../etc/passwd"') + TAIL),
    ("a file by its address", HEAD + package(place='url = "file:///etc/passwd"') + TAIL),
    ("a device", HEAD + package(place='name = "harry-1.0-py3-none-any.whl", path = "/dev/zero"') + TAIL),
    ("a directory outside", HEAD + '[[packages]]\nname = "harry"\ndirectory = { path = "../../../../etc" }\n' + TAIL),
    ("a wheel of another package", HEAD + package(place='url = "https://x.example/ron-1.0-py3-none-any.whl"') + TAIL),
    ("an option for git", HEAD + '[[packages]]\nname = "harry"\nvcs = { type = "git", '
     'url = "https://x.example/h", commit-id = "--upload-pack=touch ran" }\n' + TAIL),
    ("escapes", HEAD + f'[[packages]]\nname = "{ESCAPE}[2J"\n' + TAIL),
    ("a binary", "\0\1\2" * 1000),
):
    attack(f"locks: {title}")(lambda box, text=text: sync(box, text))


def inherit(box, name, text):
    """A lock of another tool that must be refused."""
    box.write("pyproject.toml", PROJECT)
    box.write(name, text)
    box.refused("lock", "--from", name, "--offline")


for name, title, text in (
    ("uv.lock", "depth", "version = 1\nx = " + "[" * 100_000),
    ("uv.lock", "a version of the future", "version = 99\n"),
    ("poetry.lock", "no table", "package = 1\n"),
    ("pdm.lock", "a version of the future", '[metadata]\nlock_version = "99"\n'),
    ("Pipfile.lock", "depth", '{"_meta":' * 100_000),
    ("Pipfile.lock", "no object", "[]"),
    ("r.txt", "a file that includes itself", "-r r.txt\nharry==\n"),
):
    attack(f"locks of others: {name}: {title}")(
        lambda box, name=name, text=text: inherit(box, name, text))


def imported(box, name, text):
    """A project of another tool that must be refused, or does no harm."""
    box.write(name, text)
    box.harmless("import", name, "--dry-run", "--offline")


for name, title, text in (
    ("pyproject.toml", "depth", "[tool.poetry]\nx = " + "[" * 100_000),
    ("pyproject.toml", "alternatives", '[tool.poetry]\nname = "x"\n[tool.poetry.dependencies]\na = "'
     + "^1 || " * 10_000 + '^2"\n'),
    ("pyproject.toml", "escapes", f'[tool.poetry]\nname = "x"\ndescription = "\\u001b[2J"\n[tool.poetry.dependencies]\n"{ESCAPE[1:]}a" = "^"\n'),
    ("setup.py", "code", "import os\nopen('ran', 'w')\nfrom setuptools import setup\nsetup(name=os.getcwd())\n"),
    ("setup.py", "brackets", "setup(a=" + "[" * 100_000),
    ("setup.py", "a circle of names", "A = B\nB = A\nsetup(name=A, install_requires=[A, B])\n"),
    ("environment.yml", "anchors", "a: &a [*a,*a]\ndependencies: *a\n"),
    ("requirements.txt", "a file of the machine", "-r /etc/passwd\n"),
):
    attack(f"imports: {name}: {title}")(lambda box, name=name, text=text: imported(box, name, text))
