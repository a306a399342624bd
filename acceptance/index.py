"""A simple index on loopback: JSON or HTML pages, separate metadata, byte
ranges, ETags, a log of what was asked, and a hook that lets it misbehave."""

import base64
import dataclasses
import hashlib
import http.server
import io
import json
import re
import ssl
import threading
import zipfile

JSON = "application/vnd.pypi.simple.v1+json"
HTML = "text/html"
FOREVER = "max-age=365000000, immutable, public"


@dataclasses.dataclass
class File:
    """A distribution and what the index says about it."""

    name: str
    data: bytes
    upload_time: str = "2024-01-01T00:00:00Z"
    yanked: object = False
    requires_python: str = None
    sha256: str = None
    metadata: bytes = None
    url: str = None

    @classmethod
    def of(cls, wheel, **keywords):
        """The file of a `wheels.Wheel`."""
        return cls(wheel.file_name, wheel.pack(), requires_python=wheel.requires_python, **keywords)

    @property
    def project(self):
        return re.sub("[_.]+", "-", self.name.split("-")[0]).lower()

    def digest(self):
        return self.sha256 or hashlib.sha256(self.data).hexdigest()

    def core_metadata(self):
        """The METADATA of a wheel as it would be served beside it, or None."""
        if self.metadata is not None or not self.name.endswith(".whl"):
            return self.metadata
        try:
            with zipfile.ZipFile(io.BytesIO(self.data)) as archive:
                for name in archive.namelist():
                    if name.endswith(".dist-info/METADATA"):
                        return archive.read(name)
        except (zipfile.BadZipFile, NotImplementedError, UnicodeError):
            pass
        return None


@dataclasses.dataclass
class Answer:
    """What the server sends; `cut` leaves that many bytes of the body unsent."""

    status: int = 200
    body: bytes = b""
    headers: dict = dataclasses.field(default_factory=dict)
    cut: int = 0


@dataclasses.dataclass
class Request:
    """What the server was asked."""

    method: str
    path: str
    headers: dict


class Index:
    """Serves `files` at `url`. `hook(request)` may answer instead, or None."""

    def __init__(self, files=(), html=False, metadata=True, ranges=True, hook=None,
                 credentials=None, certificate=None, cache_control="max-age=600"):
        self.files = list(files)
        self.html = html
        self.metadata = metadata
        self.ranges = ranges
        self.hook = hook
        self.credentials = credentials
        self.cache_control = cache_control
        self.log = []
        index = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self):
                index.serve(self)

            do_HEAD = do_GET

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.handle_error = lambda *_: None  # clients that are killed are no news
        self.server.daemon_threads = True
        self.scheme = "http"
        if certificate:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(*certificate)
            self.server.socket = context.wrap_socket(self.server.socket, server_side=True)
            self.scheme = "https"

    def __enter__(self):
        threading.Thread(target=self.server.serve_forever, args=(0.02,), daemon=True).start()
        return self

    def __exit__(self, *_):
        self.server.shutdown()
        self.server.server_close()

    @property
    def origin(self):
        return f"{self.scheme}://127.0.0.1:{self.server.server_port}"

    @property
    def url(self):
        return f"{self.origin}/simple/"

    def with_credentials(self, user, password):
        return self.url.replace("://", f"://{user}:{password}@")

    def asked(self, part):
        """The logged requests whose path holds `part`."""
        return [request for request in self.log if part in request.path]

    # --- answering -----------------------------------------------------------

    def serve(self, handler):
        headers = {name.lower(): value for name, value in handler.headers.items()}
        path = handler.path.removeprefix(f"http://{headers.get('host')}")  # by way of a proxy
        request = Request(handler.command, path, headers)
        self.log.append(request)
        answer = self.hook(request) if self.hook else None
        if answer is None:
            answer = self.denial(request) or self.answer(request)
        try:
            self.send(handler, request, answer)
        except OSError:  # the client went away
            handler.close_connection = True

    @staticmethod
    def send(handler, request, answer):
        handler.send_response(answer.status)
        for name, value in answer.headers.items():
            handler.send_header(name, value)
        if answer.status != 304:
            handler.send_header("Content-Length", str(len(answer.body)))
        handler.end_headers()
        if request.method != "HEAD":
            handler.wfile.write(answer.body[: len(answer.body) - answer.cut])
        if answer.cut:
            handler.wfile.flush()
            handler.close_connection = True

    def denial(self, request):
        """401 unless the credentials are right."""
        if self.credentials is None:
            return None
        wanted = "Basic " + base64.b64encode(":".join(self.credentials).encode()).decode()
        if request.headers.get("authorization") == wanted:
            return None
        return Answer(401, b"", {"WWW-Authenticate": 'Basic realm="index"'})

    def answer(self, request):
        path = request.path.split("?")[0]
        if path.startswith("/simple/"):
            return self.page(request, path.removeprefix("/simple/").strip("/"))
        if path.startswith("/files/"):
            return self.file(request, path.removeprefix("/files/"))
        return Answer(404)

    def page(self, request, project):
        files = [file for file in self.files if file.project == project]
        if not files:
            return Answer(404)
        if self.html or JSON not in request.headers.get("accept", ""):
            body, kind = self.html_page(files), HTML
        else:
            body, kind = json.dumps(self.json_page(project, files)).encode(), JSON
        etag = f'"{hashlib.sha256(body).hexdigest()[:16]}"'
        headers = {"Content-Type": kind, "ETag": etag, "Cache-Control": self.cache_control}
        if request.headers.get("if-none-match") == etag:
            return Answer(304, b"", headers)
        return Answer(200, body, headers)

    def json_page(self, project, files):
        return {
            "meta": {"api-version": "1.1"},
            "name": project,
            "versions": sorted({file.name.split("-")[1] for file in files}),
            "files": [self.json_file(file) for file in files],
        }

    def json_file(self, file):
        entry = {
            "filename": file.name,
            "url": file.url or f"../../files/{file.name}",
            "hashes": {"sha256": file.digest()} if file.sha256 != "" else {},
            "size": len(file.data),
            "yanked": file.yanked,
        }
        if file.upload_time:
            entry["upload-time"] = file.upload_time
        if file.requires_python:
            entry["requires-python"] = file.requires_python
        metadata = file.core_metadata() if self.metadata else None
        if metadata is not None:
            entry["core-metadata"] = {"sha256": hashlib.sha256(metadata).hexdigest()}
        return entry

    def html_page(self, files):
        lines = ["<!DOCTYPE html><html><body>"]
        for file in files:
            attributes = ""
            if file.requires_python:
                text = file.requires_python.replace("<", "&lt;").replace(">", "&gt;")
                attributes += f' data-requires-python="{text}"'
            if file.yanked is not False:
                attributes += f' data-yanked="{file.yanked}"'
            metadata = file.core_metadata() if self.metadata else None
            if metadata is not None:
                attributes += f' data-core-metadata="sha256={hashlib.sha256(metadata).hexdigest()}"'
            url = file.url or f"../../files/{file.name}"
            lines.append(f'<a href="{url}#sha256={file.digest()}"{attributes}>{file.name}</a><br>')
        return "\n".join([*lines, "</body></html>"]).encode()

    def file(self, request, name):
        for file in self.files:
            if name == file.name:
                return self.bytes(request, file.data)
            if name == f"{file.name}.metadata" and self.metadata:
                return Answer(200, file.core_metadata() or b"", {"Cache-Control": FOREVER})
        return Answer(404)

    def bytes(self, request, data):
        headers = {"Content-Type": "application/octet-stream", "Cache-Control": FOREVER}
        wanted = re.fullmatch(r"bytes=(\d*)-(\d*)", request.headers.get("range", ""))
        if not self.ranges:
            return Answer(200, data, headers)
        headers["Accept-Ranges"] = "bytes"
        if not wanted:
            return Answer(200, data, headers)
        first, last = wanted.groups()
        start = int(first) if first else max(len(data) - int(last), 0)
        end = min(int(last) + 1, len(data)) if first and last else len(data)
        if start >= len(data):
            return Answer(416, b"", {"Content-Range": f"bytes */{len(data)}"})
        headers["Content-Range"] = f"bytes {start}-{end - 1}/{len(data)}"
        return Answer(206, data[start:end], headers)
