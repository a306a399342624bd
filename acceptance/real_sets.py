#!/usr/bin/env python3
"""Installs sets of real packages from the default index into fresh environments
of two Pythons, and verifies what is there.

    acceptance/real_sets.py [--pythons PYTHON PYTHON] [--compare UV [--universal]]
                            [--program PROGRAM] [--only SET]...

Of each environment is asked:
- pip's own `pip check` (the pip of the Python that runs this script);
- whether importlib.metadata names the packages that the program names;
- whether every line of every RECORD is true, and every file belongs to one;
- whether the modules of the set can be imported;
- with --compare, whether uv chooses the same versions for the same Python on
  the same day; every difference is printed, and makes the set fail.
"""

import json
import pathlib
import re
import tempfile

import common
from common import expect

# The packages of each set, and what has to be importable then.
SETS = {
    "fastapi": (["fastapi[standard]"], ["fastapi", "uvicorn", "pydantic_core", "uvloop", "httptools"]),
    "jupyter": (["jupyter"], ["notebook", "ipykernel", "nbconvert", "jupyterlab", "zmq"]),
    "science": (["pandas", "scikit-learn", "matplotlib"], ["pandas", "sklearn.linear_model", "matplotlib.pyplot"]),
    "web": (["django", "celery[redis]"], ["django", "celery", "redis", "kombu"]),
    "tools": (["black", "ruff", "mypy", "pytest"], ["black", "ruff", "mypy.main", "pytest"]),
}

# More of them, for one Python only. Some have packages that exist as source alone.
MORE_SETS = {
    "flask": (["flask[async]", "flask-sqlalchemy", "flask-login"], ["flask", "flask_sqlalchemy"]),
    "http": (["requests[socks]", "httpx[http2]", "aiohttp[speedups]"], ["requests", "httpx", "aiohttp"]),
    "clouds": (["boto3", "aiobotocore", "s3fs"], ["boto3", "s3fs"]),
    "google": (["google-cloud-storage", "google-cloud-bigquery"], ["google.cloud.storage"]),
    "azure": (["azure-storage-blob", "azure-identity"], ["azure.storage.blob", "azure.identity"]),
    "databases": (["sqlalchemy[asyncio]", "psycopg[binary]", "alembic", "pymongo"], ["sqlalchemy", "psycopg"]),
    "documents": (["sphinx", "sphinx-rtd-theme", "myst-parser"], ["sphinx", "myst_parser"]),
    "pages": (["mkdocs-material", "mkdocstrings[python]"], ["mkdocs", "mkdocstrings"]),
    "packaging": (["build", "twine", "hatch", "tox"], ["build", "twine", "tox"]),
    "poetry": (["poetry", "pre-commit"], ["poetry", "pre_commit"]),
    "terminals": (["rich", "textual", "typer", "prompt-toolkit"], ["rich", "textual", "typer"]),
    "language": (["spacy", "nltk"], ["spacy", "nltk"]),
    "plots": (["bokeh", "altair", "plotly", "seaborn"], ["bokeh", "altair", "seaborn"]),
    "arrays": (["xarray", "dask[array]", "zarr", "numba"], ["xarray", "dask.array", "numba"]),
    "tables": (["polars", "pyarrow", "duckdb", "fastparquet"], ["polars", "pyarrow", "duckdb"]),
    "scraping": (["scrapy", "beautifulsoup4", "lxml"], ["scrapy", "bs4", "lxml.etree"]),
    "grpc": (["grpcio", "grpcio-tools", "protobuf"], ["grpc", "google.protobuf"]),
    "cryptography": (["cryptography", "pyjwt[crypto]", "paramiko"], ["cryptography", "jwt", "paramiko"]),
    "images": (["pillow", "imageio", "scikit-image", "opencv-python-headless"], ["PIL", "skimage", "cv2"]),
    "formats": (["pyyaml", "toml", "openpyxl", "python-docx", "reportlab"], ["yaml", "openpyxl", "docx"]),
    "tests": (["pytest-xdist", "hypothesis", "pytest-cov", "factory-boy"], ["xdist", "hypothesis"]),
    "rest": (["django", "djangorestframework", "django-filter", "channels"], ["rest_framework", "channels"]),
    "sources": (["docopt", "wget", "pyperclip", "sgmllib3k", "jieba"], ["docopt", "wget", "jieba"]),
    "old": (["django<4", "celery<5.3", "urllib3<2", "requests"], ["django", "celery", "requests"]),
    "notebooks": (["jupyterlab<4.3", "ipywidgets", "nbclient<0.11"], ["jupyterlab", "ipywidgets"]),
}

VERSIONS = """
import importlib.metadata as m, json, re
print(json.dumps({re.sub("[-_.]+", "-", d.name).lower(): d.version for d in m.distributions()}))
"""


def chosen_pythons(options):
    """Two Pythons as (version, path): those asked for, or the newest two that
    the packages are known to have wheels for."""
    if options.pythons:
        return [(common.python_version(path), path) for path in options.pythons]
    found = common.find_pythons()
    wanted = [version for version in ("3.13", "3.12", "3.11", "3.14", "3.10") if version in found][:2]
    return [(version, found[version]) for version in sorted(wanted)]


def compared(box, options, python, packages, versions):
    """The differences between what is installed and what uv would choose."""
    if not options.compare:
        return None
    requirements = box.work / "requirements.in"
    requirements.write_text("\n".join(packages) + "\n")
    words = [options.compare, "pip", "compile", "-q", "--no-header", "--no-annotate", "-p", python, requirements]
    result = common.run(words, box.work, box.variables | {"UV_CACHE_DIR": str(box.path / "uv-cache")})
    result.ok()
    theirs = dict(line.split("==") for line in result.stdout.split() if "==" in line)
    names = sorted(versions.keys() | theirs.keys())
    if options.universal:
        universal(box, options, python, requirements)
    lines = [f"{name}: {versions.get(name, 'absent')}, uv: {theirs.get(name, 'absent')}"
             for name in names if versions.get(name) != theirs.get(name)]
    return lines


def universal(box, options, python, requirements):
    """Whether both resolve the set for all platforms with the same lines."""
    words = ["pip", "compile", "-q", "--no-header", "--no-annotate", "--universal", "-p", python, requirements]
    ours = box.run(*words, timeout=900).ok().stdout.splitlines()
    variables = box.variables | {"UV_CACHE_DIR": str(box.path / "uv-cache")}
    theirs = common.run([options.compare, *words], box.work, variables).ok().stdout.splitlines()
    wanted, found = places(theirs), places(ours)
    pins = sorted(pin for pin in wanted.keys() | found.keys() if wanted.get(pin) != found.get(pin))
    lines = [f"{sign} {line}" for sign, text in (("-", ours), ("+", theirs)) for line in text
             if line.partition(" ;")[0] in pins]
    expect(not lines, "for all platforms uv (+) has other lines\n" + "\n".join(lines))


def places(lines):
    """In which environments of a grid each pin holds: markers that say the same
    in other words are no difference."""
    from pip._vendor.packaging.markers import Marker

    systems = [("linux", "Linux", "posix", machine) for machine in ("x86_64", "aarch64", "ppc64le")]
    systems += [("darwin", "Darwin", "posix", machine) for machine in ("x86_64", "arm64")]
    systems += [("win32", "Windows", "nt", machine) for machine in ("AMD64", "ARM64", "x86")]
    systems += [("cygwin", "CYGWIN_NT-10.0", "posix", "x86_64"), ("emscripten", "Emscripten", "posix", "wasm32")]
    grid = []
    for system, title, name, machine in systems:
        for version in ("3.13.9", "3.14.2", "3.15.0"):
            for kind, implementation in (("CPython", "cpython"), ("PyPy", "pypy")):
                grid.append({
                    "sys_platform": system, "platform_system": title, "os_name": name,
                    "platform_machine": machine, "python_full_version": version,
                    "python_version": version.rpartition(".")[0], "implementation_version": version,
                    "platform_python_implementation": kind, "implementation_name": implementation,
                    "platform_release": "", "platform_version": "",
                })
    result = {}
    for line in lines:
        pin, _, marker = line.partition(" ;")
        holds = {place for place, values in enumerate(grid) if not marker or Marker(marker).evaluate(values)}
        result[pin] = result.get(pin, set()) | holds
    return result


def verify(box, environment, own, modules):
    """All checks of an environment; the versions in it."""
    check = common.pip_check(box.python, environment)
    expect(check.status == 0, f"pip check\n{check}")
    versions = json.loads(box.python_says(environment, VERSIONS))
    listed = json.loads(box.run("pip", "list", "-p", environment, "--format", "json").ok().stdout)
    named = {re.sub("[-_.]+", "-", entry["name"]).lower(): entry["version"] for entry in listed}
    expect(named == versions, f"pip list and importlib.metadata differ: {named.items() ^ versions.items()}")
    box.run("pip", "check", "-p", environment).ok()
    problems = common.environment_problems(environment, own)
    expect(not problems, f"{len(problems)} problems\n" + "\n".join(problems[:10]))
    box.python_says(environment, "import " + ", ".join(modules), MPLCONFIGDIR=box.path / "mpl")
    return versions


def play(name, version, python, options):
    """Installs one set into a fresh environment of one Python."""
    packages, modules = (SETS | MORE_SETS)[name]
    with common.Sandbox(options.program, options.python, options.dir, online=True) as box:
        for tool in ("NAJA", "UV"):
            box.variables[f"{tool}_CACHE_DIR"] = str(options.cache)
        environment = box.venv(python=python)
        own = common.snapshot(environment)
        install = box.run("pip", "install", "-p", environment, *packages, timeout=900).ok()
        versions = verify(box, environment, own, modules)
        again = box.run("pip", "install", "-p", environment, *packages).ok()
        expect(" + " not in again.text, f"the second time changed something\n{again}")
        differences = compared(box, options, python, packages, versions)
        expect(not differences, "other versions than uv\n" + "\n".join(differences or ()))
    files = f"{len(versions)} packages in {install.seconds:.1f} s"
    return files + (", the versions uv chooses" if options.compare else "")


def main():
    options = common.arguments(
        __doc__,
        pythons={"nargs": "+", "help": "the Pythons of the environments"},
        compare={"help": "the uv to compare with"},
        universal={"action": "store_true", "help": "compare resolutions for all platforms as well"},
    )
    report = common.Report(options.only)
    pythons = chosen_pythons(options)
    with tempfile.TemporaryDirectory(prefix="naja-real-", dir=options.dir) as cache:
        options.cache = pathlib.Path(cache)
        for name in SETS:
            for version, python in pythons:
                report.check(f"{name} {version}", play, name, version, python, options)
        version, python = pythons[0]
        for name in MORE_SETS:
            report.check(f"{name} {version}", play, name, version, python, options)
    return report.finish()


if __name__ == "__main__":
    raise SystemExit(main())
