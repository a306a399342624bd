#!/usr/bin/env python3
"""Makes the pictures of the README: runs the real program and draws what it prints.

    docs/pictures/make.py [--check] [PROGRAM]      (default: target/debug/naja)

With `--check` nothing is written; the status is 1 if a picture is not what the program prints now.

The project, its packages and their versions are made up here, so that the pictures stay the same. Nothing
is fetched. Only the standard library is used.
"""

import hashlib
import base64
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import zipfile
from xml.sax.saxutils import escape

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parent.parent
COLUMNS = 84

# name, version, size of the module in bytes, licence, summary, requirements
PACKAGES = [
    ("fastapi", "0.113.0", 320_000, "MIT", "A framework for building APIs",
     ["starlette<0.39,>=0.37.2", "pydantic>=1.7.4", "typing-extensions>=4.8",
      "uvicorn[standard]>=0.12; extra == 'standard'", "httpx>=0.23; extra == 'standard'",
      "jinja2>=2.11; extra == 'standard'"], ["standard"]),
    ("starlette", "0.38.6", 230_000, "BSD-3-Clause", "A light toolkit for web services", ["anyio<5,>=3.4.0"], []),
    ("pydantic", "2.8.0", 1_500_000, "MIT", "Data validation with type hints",
     ["annotated-types>=0.4", "pydantic-core==2.20.0", "typing-extensions>=4.6.1"], []),
    ("pydantic-core", "2.20.0", 4_900_000, "MIT", "The core of pydantic", ["typing-extensions>=4.6,!=4.7"], []),
    ("annotated-types", "0.7.0", 40_000, "MIT", "Types for annotations", [], []),
    ("typing-extensions", "4.12.2", 130_000, "PSF-2.0", "Newer type hints for older Pythons", [], []),
    ("uvicorn", "0.30.6", 290_000, "BSD-3-Clause", "A server for web applications",
     ["click>=7", "h11>=0.8", "watchfiles>=0.13; extra == 'standard'"], ["standard"]),
    ("watchfiles", "0.24.0", 1_200_000, "MIT", "Watches files", ["anyio>=3.0.0"], []),
    ("httpx", "0.27.2", 300_000, "BSD-3-Clause", "An HTTP client", ["anyio", "h11<0.15,>=0.13", "idna"], []),
    ("jinja2", "3.1.4", 490_000, "BSD-3-Clause", "Templates", ["markupsafe>=2.0"], []),
    ("markupsafe", "2.1.5", 66_000, "BSD-3-Clause", "Safe strings for markup", [], []),
    ("anyio", "4.4.0", 540_000, "MIT", "Concurrency on several event loops", ["idna>=2.8", "sniffio>=1.1"], []),
    ("sniffio", "1.3.1", 20_000, "MIT OR Apache-2.0", "Which event loop runs", [], []),
    ("idna", "3.8", 330_000, "BSD-3-Clause", "Names of hosts in all languages", [], []),
    ("click", "8.1.7", 440_000, "BSD-3-Clause", "Command lines", [], []),
    ("h11", "0.14.0", 100_000, "MIT", "HTTP/1.1", [], []),
]


def wheel(directory, name, version, size, licence, summary, requires, extras):
    module = name.replace("-", "_")
    info = f"{module}-{version}.dist-info"
    metadata = ["Metadata-Version: 2.4", f"Name: {name}", f"Version: {version}", f"Summary: {summary}",
                f"License-Expression: {licence}"]
    metadata += [f"Provides-Extra: {extra}" for extra in extras]
    metadata += [f"Requires-Dist: {one}" for one in requires]
    body = f'__version__ = "{version}"\n'
    body += "# " + "." * max(0, size - len(body) - 3) + "\n"
    files = {
        f"{module}/__init__.py": body,
        f"{info}/METADATA": "\n".join(metadata) + "\n",
        f"{info}/WHEEL": "Wheel-Version: 1.0\nGenerator: make.py\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
    }
    record = ""
    for path, text in files.items():
        digest = base64.urlsafe_b64encode(hashlib.sha256(text.encode()).digest()).rstrip(b"=").decode()
        record += f"{path},sha256={digest},{len(text)}\n"
    files[f"{info}/RECORD"] = record + f"{info}/RECORD,,\n"
    with zipfile.ZipFile(directory / f"{module}-{version}-py3-none-any.whl", "w", zipfile.ZIP_DEFLATED) as archive:
        for path, text in files.items():
            archive.writestr(path, text)


class Scene:
    """A scratch home with a project in it."""

    def __init__(self, program, scratch):
        self.program = program
        self.scratch = scratch
        self.home = scratch / "home" / "ada"
        self.project = self.home / "code" / "awesome-project"
        self.project.mkdir(parents=True)
        wheels = scratch / "wheels"
        wheels.mkdir()
        for package in PACKAGES:
            wheel(wheels, *package)
        self.wheels = wheels
        # The Python of this machine under the name that most machines have for theirs.
        self.bin = scratch / "usr" / "bin"
        self.bin.mkdir(parents=True)
        python = shutil.which(os.environ.get("NAJA_PICTURES_PYTHON", "python3"))
        found = subprocess.run([python, "-c", "import sys; print(sys.executable, sys.version.split()[0])"],
                               capture_output=True, text=True, check=True).stdout.split()
        self.python, self.version = found
        for name in ["python3", f"python{'.'.join(self.version.split('.')[:2])}"]:
            (self.bin / name).symlink_to(os.path.realpath(self.python))

    def run(self, *words, path=(), check=True, **variables):
        environment = {
            "HOME": str(self.home), "PATH": os.pathsep.join([*path, str(self.bin)]), "SHELL": "/bin/bash",
            "NAJA_CACHE_DIR": str(self.home / ".cache" / "naja"), "NAJA_NO_INDEX": "1",
            "NAJA_FIND_LINKS": str(self.wheels), "LANG": "C.UTF-8", "COLUMNS": str(COLUMNS), **variables,
        }
        done = subprocess.run([self.program, "--color", "always", *words], cwd=self.project, env=environment,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        if check and done.returncode not in (0, 1):
            sys.exit(f"naja {' '.join(words)}: {done.returncode}\n{done.stdout}")
        return self.masked(done.stdout)

    def masked(self, text):
        real = os.path.realpath(self.python)
        short = ".".join(self.version.split(".")[:2])
        text = text.replace(real, "/usr/bin/python3.12").replace(self.python, "/usr/bin/python3.12")
        # Columns behind a path stay where they are.
        scratch = str(self.scratch)
        padded = re.compile(re.escape(scratch) + r"(/\S*)(?=\s*(?:\x1b\[[0-9;]*m)* {2,})")
        text = padded.sub(lambda found: found.group(1) + " " * len(scratch), text)
        text = text.replace(scratch, "")
        text = text.replace(self.version, "3.12.4").replace(f"python{short}", "python3.12")
        return text


# Drawing what a terminal would show.

CELL, LINE, TYPE, PAD, BAR = 8.0, 18, 13.3, 18, 34
PALETTE = {30: "#4b5563", 31: "#f47272", 32: "#5cc98f", 33: "#e8b04a", 34: "#6ea2f5", 35: "#c08df0", 36: "#58c4d6",
           37: "#d7dee6", 90: "#7d8996"}
SGR = re.compile(r"\x1b\[([0-9;]*)m")


def runs(line):
    """The pieces of a line with their looks."""
    look = {"color": None, "bold": False, "dim": False}
    at = 0
    for match in [*SGR.finditer(line), None]:
        end = match.start() if match else len(line)
        if end > at:
            yield line[at:end], dict(look)
        if not match:
            return
        at = match.end()
        for code in [int(code or 0) for code in match.group(1).split(";")]:
            if code == 0:
                look = {"color": None, "bold": False, "dim": False}
            elif code == 1:
                look["bold"] = True
            elif code == 2:
                look["dim"] = True
            elif code == 22:
                look["bold"] = look["dim"] = False
            elif code == 39:
                look["color"] = None
            elif code in PALETTE:
                look["color"] = PALETTE[code]
            elif code - 60 in PALETTE:
                look["color"] = PALETTE[code - 60]


def drawn(command, text):
    lines = [f"\x1b[32m$\x1b[0m \x1b[1m{command}\x1b[0m", "", *text.rstrip("\n").split("\n")]
    plain = [SGR.sub("", line) for line in lines]
    width = max(COLUMNS, *(len(line) for line in plain)) * CELL + 2 * PAD
    height = len(lines) * LINE + BAR + 2 * PAD - 6
    out = [
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width:g}" height="{height:g}" '
        f'viewBox="0 0 {width:g} {height:g}" role="img" aria-label="{escape(command, {chr(34): "&quot;"})}">',
        "<style>text{font-family:ui-monospace,SFMono-Regular,Menlo,Consolas,'DejaVu Sans Mono',monospace;"
        f"font-size:{TYPE}px;fill:#d7dee6;white-space:pre}}.b{{font-weight:700;fill:#fff}}.d{{fill:#8a96a3}}</style>",
        f'<rect width="100%" height="100%" rx="10" fill="#161b22"/><rect width="100%" height="{BAR}" rx="10" '
        f'fill="#21272f"/><rect y="{BAR - 10}" width="100%" height="10" fill="#21272f"/>',
    ]
    out += [f'<circle cx="{20 + 20 * n}" cy="{BAR / 2:g}" r="6" fill="{color}"/>'
            for n, color in enumerate(["#f0655a", "#f2bd3f", "#57c353"])]
    for number, line in enumerate(lines):
        column = 0
        y = BAR + PAD + number * LINE + 8
        for piece, look in runs(line):
            if piece.strip():
                left = len(piece) - len(piece.lstrip(" "))
                shown = piece.strip(" ")
                name = "b" if look["bold"] else "d" if look["dim"] else ""
                style = f' style="fill:{look["color"]}"' if look["color"] else ""
                kind = f' class="{name}"' if name else ""
                x = PAD + (column + left) * CELL
                out.append(f'<text x="{x:g}" y="{y:g}" textLength="{len(shown) * CELL:g}" '
                           f'lengthAdjust="spacingAndGlyphs"{kind}{style}>{escape(shown)}</text>')
            column += len(piece)
    return "\n".join(out) + "\n</svg>\n"


def pictures(program):
    """The pictures by their names."""
    with tempfile.TemporaryDirectory(prefix="naja-pictures-") as scratch:
        scene = Scene(program, pathlib.Path(os.path.realpath(scratch)))
        scene.run("venv", "-q")
        scene.run("pip", "install", "-q", "fastapi[standard]==0.113.0")
        shown = {
            "status": ("naja status", scene.run("status")),
            "why": ("naja why anyio", scene.run("why", "anyio")),
            "graph-tree": ("naja tree", scene.run("tree")),
        }
        scene.run("graph", "-o", "graph.svg")
        graph = (scene.project / "graph.svg").read_text()
        # What `doctor` finds: a file that was edited, and another environment that is active.
        other = scene.home / "code" / "philosophers-stone" / ".venv"
        scene.run("venv", "-q", str(other))
        site = next((scene.project / ".venv" / "lib").iterdir()) / "site-packages"
        module = site / "anyio" / "__init__.py"
        text = module.read_text()
        module.unlink()
        module.write_text("# a line for debugging\n" + text)
        found = scene.run("doctor", path=[str(other / "bin")], VIRTUAL_ENV=str(other))
        shown["doctor"] = ("naja doctor", found)
    made = {name: drawn(command, text) for name, (command, text) in shown.items()}
    return {**made, "graph": graph}


def main():
    words = [word for word in sys.argv[1:] if word != "--check"]
    check = len(words) < len(sys.argv) - 1
    program = pathlib.Path(words[0] if words else ROOT / "target" / "debug" / "naja").resolve()
    stale = []
    for name, text in pictures(program).items():
        path = HERE / f"{name}.svg"
        if check and (not path.exists() or path.read_text() != text):
            stale.append(path.name)
        elif not check:
            path.write_text(text)
            print(f"docs/pictures/{path.name}")
    if stale:
        sys.exit(f"not what naja prints now: {', '.join(stale)}; docs/pictures/make.py makes them again")


if __name__ == "__main__":
    main()
