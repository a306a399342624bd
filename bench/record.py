#!/usr/bin/env python3
"""Records what the benchmarks serve: index pages, metadata and wheels.

A recording index on loopback passes every question on to the default index and
keeps the answers in bench/data. Each tool that is to be compared resolves and
installs each set against it once; afterwards nothing but bench/data is needed.

    bench/record.py [--uv UV] [--naja NAJA] [--python PYTHON] [SET ...]

Pages are kept complete and in the JSON form that PyPI serves (PEP 691, 700,
714), whatever form the index in use gave them in.
"""

import argparse
import hashlib
import html.parser
import io
import json
import os
import pathlib
import subprocess
import sys
import tempfile
import threading
import urllib.error
import urllib.parse
import urllib.request
import zipfile
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

HERE = pathlib.Path(__file__).resolve().parent
DATA = HERE / "data"
JSON = "application/vnd.pypi.simple.v1+json"


def default_index():
    """The default index, as the pip of this Python knows it."""
    from pip._internal.models.index import PyPI

    return os.environ.get("BENCH_INDEX", PyPI.simple_url).rstrip("/")


def fetch(url, accept="*/*"):
    headers = {"Accept": accept, "User-Agent": "naja-bench-record"}
    request = urllib.request.Request(url, headers=headers)
    with urllib.request.urlopen(request, timeout=120) as answer:
        return answer.headers.get("content-type", ""), answer.read(), answer.geturl()


class Links(html.parser.HTMLParser):
    """The links of an HTML page as the files of a JSON page."""

    def __init__(self, base):
        super().__init__()
        self.base = base
        self.files = []

    def handle_starttag(self, tag, attrs):
        attrs = dict(attrs)
        if tag != "a" or not attrs.get("href"):
            return
        url, fragment = urllib.parse.urldefrag(urllib.parse.urljoin(self.base, attrs["href"]))
        file = {
            "filename": urllib.parse.unquote(url.rsplit("/", 1)[1]),
            "url": url,
            "hashes": dict([fragment.split("=", 1)]) if "=" in fragment else {},
            "requires-python": attrs.get("data-requires-python"),
            "yanked": attrs.get("data-yanked", False) if "data-yanked" in attrs else False,
        }
        if attrs.get("data-upload-time"):
            time = attrs["data-upload-time"]
            file["upload-time"] = time if "." in time else time.replace("Z", ".000000Z")
        self.files.append(file)


def pseudo_digest(name):
    return hashlib.sha256(("metadata of " + name).encode()).hexdigest()


def completed(page, name):
    """Adds what PyPI's pages have and a plainer index leaves out."""
    versions = []
    for file in page["files"]:
        file.setdefault("size", 10_000 + int(pseudo_digest(file["filename"])[:5], 16))
        if file["filename"].endswith(".whl"):
            announced = {"sha256": pseudo_digest(file["filename"])}
            file.setdefault("core-metadata", announced)
            file.setdefault("data-dist-info-metadata", file["core-metadata"])
        else:
            file.setdefault("core-metadata", False)
            file.setdefault("data-dist-info-metadata", False)
        parts = file["filename"].split("-")
        if len(parts) > 1 and parts[1] not in versions:
            versions.append(parts[1].removesuffix(".tar.gz").removesuffix(".zip"))
    page["meta"] = {"_last-serial": 1, "api-version": "1.4"}
    page["name"] = name
    page["versions"] = versions
    return page


class Recorder:
    def __init__(self, upstream):
        self.upstream = upstream
        self.origins = {}
        self.pages = {}
        self.lock = threading.Lock()
        for folder in ("pages", "files"):
            (DATA / folder).mkdir(parents=True, exist_ok=True)

    def page(self, name):
        kept = DATA / "pages" / f"{name}.json"
        if name not in self.pages:
            if kept.exists():
                page = json.loads(kept.read_text())
            else:
                kind, body, url = fetch(f"{self.upstream}/{name}/", f"{JSON}, text/html;q=0.1")
                if "json" in kind:
                    page = json.loads(body)
                else:
                    links = Links(url)
                    links.feed(body.decode())
                    page = {"files": links.files}
                page = completed(page, name)
            with self.lock:
                self.pages[name] = page
        return self.pages[name]

    def serve_page(self, name, base):
        page = self.page(name)
        for file in page["files"]:
            place = urllib.parse.urlsplit(file["url"])
            if place.netloc and "{BASE}" not in file["url"]:
                self.origins[place.path] = f"{place.scheme}://{place.netloc}"
                file["url"] = "{BASE}" + place.path
        # While recording, the digests of metadata are not known.
        shown = dict(page, files=[dict(file) for file in page["files"]])
        for file in shown["files"]:
            file.pop("data-dist-info-metadata", None)
            file["core-metadata"] = file["filename"].endswith(".whl")
            file.pop("size", None)
        return json.dumps(shown).replace("{BASE}", base).encode()

    def file(self, path):
        name = urllib.parse.unquote(path.rsplit("/", 1)[1])
        kept = DATA / "files" / name
        if not kept.exists():
            body = self.upstream_file(path)
            part = kept.with_name(f"{name}.{threading.get_ident()}.part")
            part.write_bytes(body)
            part.rename(kept)
        return kept.read_bytes()

    def usual_origin(self):
        kind, body, url = fetch(f"{self.upstream}/pip/", f"{JSON}, text/html;q=0.1")
        links = Links(url)
        if "json" in kind:
            links.files = json.loads(body)["files"]
        else:
            links.feed(body.decode())
        place = urllib.parse.urlsplit(links.files[0]["url"])
        with self.lock:
            self.origins[place.path] = f"{place.scheme}://{place.netloc}"
        return self.origins[place.path]

    def upstream_file(self, path):
        # Pages that were kept earlier do not say where their files are: where those of others are.
        somewhere = next(iter(self.origins.values()), None) or self.usual_origin()
        origin = self.origins.get(path.removesuffix(".metadata"), somewhere)
        try:
            return fetch(origin + path)[1]
        except urllib.error.HTTPError:
            if not path.endswith(".metadata"):
                raise
        # An index without separate metadata: it stands in the wheel as well.
        with zipfile.ZipFile(io.BytesIO(fetch(origin + path.removesuffix(".metadata"))[1])) as wheel:
            inside = [n for n in wheel.namelist() if n.endswith(".dist-info/METADATA")]
            return wheel.read(min(inside, key=len))

    def write_pages(self):
        for name, page in list(self.pages.items()):
            for file in page["files"]:
                wheel = DATA / "files" / file["filename"]
                metadata = DATA / "files" / (file["filename"] + ".metadata")
                if wheel.exists():
                    file["size"] = wheel.stat().st_size
                if metadata.exists():
                    digest = hashlib.sha256(metadata.read_bytes()).hexdigest()
                    file["core-metadata"] = {"sha256": digest}
                    file["data-dist-info-metadata"] = {"sha256": digest}
            text = json.dumps(page, separators=(",", ":"))
            (DATA / "pages" / f"{name}.json").write_text(text)


def handler(recorder):
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self):
            base = "http://" + self.headers["Host"]
            try:
                if self.path.startswith("/simple/"):
                    body = recorder.serve_page(self.path.split("/")[2], base)
                    kind = JSON
                else:
                    body, kind = recorder.file(self.path), "application/octet-stream"
            except (urllib.error.HTTPError, KeyError) as error:
                return self.reply(getattr(error, "code", 404), "text/plain", b"")
            return self.reply(200, kind, body)

        def reply(self, status, kind, body):
            self.send_response(status)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *words):
            pass

    return Handler


def play(command, base, environment):
    print(" ", " ".join(map(str, command)))
    subprocess.run(command, check=True, env=environment, stdout=subprocess.DEVNULL)


def record(tool, python, name, base):
    """Lets one tool resolve and install one set."""
    requirements = HERE / "sets" / f"{name}.txt"
    with tempfile.TemporaryDirectory() as scratch:
        environment = {
            key: os.environ[key] for key in ("PATH", "HOME", "LANG", "PYENV_ROOT") if key in os.environ
        }
        url = f"{base}/simple/"
        environment |= {"UV_DEFAULT_INDEX": url, "NAJA_DEFAULT_INDEX": url}
        environment |= {"UV_HTTP_TIMEOUT": "300", "NAJA_HTTP_TIMEOUT": "300"}
        environment |= {"UV_CACHE_DIR": f"{scratch}/c", "NAJA_CACHE_DIR": f"{scratch}/c"}
        venv = f"{scratch}/venv"
        pins = DATA / f"{name}.pins.txt"
        play([tool, "venv", "-q", "-p", python, venv], base, environment)
        out = ["-o", pins] if not pins.exists() else []
        compiling = [tool, "pip", "compile", "-q", "-p", venv, requirements]
        play([*compiling, *out], base, environment)
        play([*compiling, "--universal"], base, environment)
        if "# resolve-only" in requirements.read_text():
            return
        play([tool, "pip", "install", "-q", "-p", venv, "-r", requirements], base, environment)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--uv", default="uv")
    parser.add_argument("--naja", default=None, help="the program, once it is built")
    parser.add_argument("--python", default=sys.executable)
    parser.add_argument("sets", nargs="*", default=["seed", "hundred", "threehundred", "backtracking"])
    options = parser.parse_args()
    recorder = Recorder(default_index())
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler(recorder))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    base = f"http://127.0.0.1:{server.server_port}"
    try:
        for name in options.sets:
            for tool in filter(None, (options.uv, options.naja)):
                record(tool, options.python, name, base)
        recorder.write_pages()
    finally:
        server.shutdown()
    sizes = [sum(f.stat().st_size for f in (DATA / d).iterdir()) for d in ("pages", "files")]
    print(f"{len(recorder.pages)} pages ({sizes[0]} bytes), files: {sizes[1]} bytes")


if __name__ == "__main__":
    main()
