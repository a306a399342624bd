"""Rows X and C: indexes, and the cache."""

import os
import signal
import socket
import socketserver
import subprocess
import threading
import time

import index
import wheels
from common import Skip, expect, installed, shutil, site_packages
from rows.fixtures import equal, packages, row


@row
def X1(box):
    """default, extra, named, flat"""
    flat = [box.wheel("fred", "1.0")]
    with index.Index([index.File.of(wheels.Wheel("george", "1.0"))]) as extra:
        env = box.venv()
        box.install("--index", f"twin={extra.url}", "-f", flat[0].parent, "fred", "george", "harry")
        equal(installed(site_packages(env)), {"fred": "1.0", "george": "1.0", "harry": "3.0"})
        box.venv("only")
        nowhere = {"UV_DEFAULT_INDEX": "", "NAJA_DEFAULT_INDEX": ""}
        for flag in ("-i", "--index-url", "--default-index"):
            box.install("-p", "only", "--reinstall", flag, extra.url, "george", **nowhere)
            box.pip("install", "-p", "only", flag, extra.url, "harry", **nowhere).ends(1)
        box.pip("install", "-p", "only", "--no-index", "harry").ends(1)


@row
def X3(box):
    """HTML and JSON pages, local directories"""
    for html in (False, True):
        box.index.html = html
        env = box.venv(f"html-{html}")
        box.install("-p", env, "--cache-dir", box.path / f"c{html}", "sirius", "remus[moon]", "luna")
        equal(installed(site_packages(env)), {"sirius": "2.0", "remus": "1.0", "harry": "3.0", "luna": "1.0"})
    simple = box.work / "local"
    harry = wheels.Wheel("harry", "9.0").write(simple / "harry")
    (simple / "harry/index.html").write_text(f'<a href="{harry.name}">{harry.name}</a>')
    env = box.venv("local-env")
    box.install("-p", env, "--default-index", simple.as_uri(), "harry")
    equal(installed(site_packages(env)), {"harry": "9.0"}, "directory index")


@row
def X4(box):
    """credentials from the URL, variables and netrc, never printed"""
    secret = "s3cr3t-owl"
    with index.Index(packages(), credentials=("ron", secret)) as private:
        netrc = box.write("netrc-file", f"machine 127.0.0.1 login ron password {secret}\n")
        netrc.chmod(0o600)
        url = private.with_credentials("ron", secret)
        named = {f"{tool}_INDEX_{what}": value for tool in ("UV", "NAJA")
                 for what, value in (("OWL_USERNAME", "ron"), ("OWL_PASSWORD", secret))}
        ways = {"url": (["--default-index", url], {}), "netrc": (["--default-index", private.url], {"NETRC": netrc}),
                "variables": (["--default-index", f"owl={private.url}"], named)}
        for way, (words, variables) in ways.items():
            env = box.venv(way)
            words = [*words, "-v", "--cache-dir", box.path / f"cache-{way}"]
            result = box.pip("install", "-p", env, *words, "harry", **variables)
            expect(result.status == 0, f"{way}\n{result}".replace(secret, "SECRET"))
            expect(secret not in result.text, f"{way}: the secret is printed")
        result = box.pip("install", "-p", "url", "--default-index", private.url, "--cache-dir", box.path / "none", "sirius")
        expect(result.status != 0, "no credentials were needed")
        wrong = private.with_credentials("ron", secret + "-wrong")
        result = box.pip("install", "-p", "url", "--default-index", wrong, "--cache-dir", box.path / "none", "sirius")
        expect(result.status != 0 and secret not in result.text, "wrong secret accepted or printed")


def certificate(box):
    """A self-signed certificate for loopback: (certificate, key)."""
    if shutil.which("openssl") is None:
        raise Skip("openssl is not installed")
    files = box.work / "cert.pem", box.work / "key.pem"
    box.shell("openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=loopback",
              "-addext", "subjectAltName=IP:127.0.0.1", "-addext", "basicConstraints=critical,CA:FALSE",
              "-out", files[0], "-keyout", files[1]).ok()
    return files


@row
def X5(box):
    """TLS: an unknown certificate fails, then passes when named"""
    files = certificate(box)
    with index.Index(packages(), certificate=files) as secure:
        env = box.venv()
        words = ("install", "--default-index", secure.url, "harry")
        quick = {"UV_HTTP_RETRIES": 0, "NAJA_HTTP_RETRIES": 0}
        expect(box.pip(*words, **quick).status != 0, "an unknown certificate was accepted")
        equal(installed(site_packages(env)), {})
        ways = {"SSL_CERT_FILE": {"SSL_CERT_FILE": files[0]}}
        for way, variables in ways.items():
            box.venv(".venv", "--clear")
            result = box.pip(*words, "--cache-dir", box.path / way, **variables)
            expect(result.status == 0, f"{way}\n{result}")
        for flag in ("--allow-insecure-host", "--trusted-host"):
            box.venv(".venv", "--clear")
            result = box.pip(*words, flag, "127.0.0.1", "--cache-dir", box.path / flag, **quick)
            expect(result.status == 0, f"{flag}\n{result}")


class Tunnel(socketserver.StreamRequestHandler):
    """An HTTP proxy: notes the request line, then carries bytes."""

    def handle(self):
        line = self.rfile.readline().decode().strip()
        self.server.lines.append(line)
        rest = b""
        while (header := self.rfile.readline()) not in (b"\r\n", b""):
            rest += header
        method, target, version = line.split()
        if method == "CONNECT":
            self.wfile.write(b"HTTP/1.1 200 OK\r\n\r\n")
            first = b""
        else:
            path = "/" + target.split("/", 3)[3]
            target = target.split("/")[2]
            first = f"{method} {path} {version}\r\n".encode() + rest + b"\r\n"
        host, port = target.rsplit(":", 1)
        with socket.create_connection((host, int(port))) as far:
            far.sendall(first)
            back = threading.Thread(target=self.carry, args=(far, self.connection), daemon=True)
            back.start()
            self.carry(self.connection, far)

    @staticmethod
    def carry(source, sink):
        try:
            while data := source.recv(65536):
                sink.sendall(data)
            sink.shutdown(socket.SHUT_WR)
        except OSError:
            pass


@row
def X6(box):
    """a proxy, and hosts that need none"""
    files = certificate(box)
    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), Tunnel) as proxy:
        proxy.daemon_threads, proxy.lines = True, []
        threading.Thread(target=proxy.serve_forever, daemon=True).start()
        address = f"http://127.0.0.1:{proxy.server_address[1]}"
        with index.Index(packages(), certificate=files) as secure:
            box.venv()
            words = ("--default-index", secure.url, "harry")
            variables = {"HTTPS_PROXY": address, "SSL_CERT_FILE": files[0]}
            box.install(*words, **variables)
            expect(any(line.startswith("CONNECT") for line in proxy.lines), f"the proxy saw {proxy.lines}")
            proxy.lines.clear()
            box.venv("none")
            box.install("-p", "none", "--cache-dir", box.path / "c2", *words, NO_PROXY="127.0.0.1", **variables)
            equal(proxy.lines, [], "requests through the proxy in spite of NO_PROXY")
        box.venv("plain")
        box.install("-p", "plain", "--cache-dir", box.path / "c3", "harry", HTTP_PROXY=address)
        expect(any(line.startswith("GET http://") for line in proxy.lines), f"the proxy saw {proxy.lines}")
        proxy.shutdown()


@row
def X7(box):
    """retries and resuming"""
    big = index.File.of(wheels.big_wheel("big", "1.0", 3000))
    failures = {"page": 1, "503": 1, "cut": 1}

    def misbehave(request):
        if request.path.startswith("/simple/big") and failures["page"]:
            failures["page"] -= 1
            return index.Answer(503, b"", {"Retry-After": "0"})
        if request.path.endswith(".whl") and "range" not in request.headers and failures["cut"]:
            failures["cut"] -= 1
            headers = {"Accept-Ranges": "bytes", "ETag": '"x"'}
            return index.Answer(200, big.data, headers, cut=len(big.data) // 2)
        return None

    with index.Index([big], hook=misbehave) as flaky:
        env = box.venv()
        box.install("--default-index", flaky.url, "big")
        equal(installed(site_packages(env)), {"big": "1.0"})
        equal((failures["page"], failures["cut"]), (0, 0), "failures left")
        ranges = [request.headers.get("range") for request in flaky.asked("big-1.0-py3-none-any.whl")]
        if not any(ranges):
            return f"whole file fetched again, no Range: {ranges}"


@row
def X7_limits(box):
    """a server that never answers, or asks for patience, does not hold the command for ever"""
    def silent(_request):
        time.sleep(30)

    with index.Index(hook=silent) as quiet:
        box.venv()
        start = time.monotonic()
        quick = {f"{tool}_HTTP_{what}": 1 for tool in ("UV", "NAJA") for what in ("TIMEOUT", "RETRIES")}
        result = box.pip("install", "--default-index", quiet.url, "harry", timeout=60, **quick)
        expect(result.status != 0 and time.monotonic() - start < 20, f"{time.monotonic() - start:.0f} s\n{result}")


@row
def X10(box):
    """pip's own configuration"""
    nowhere = {f"{tool}_DEFAULT_INDEX": "" for tool in ("NAJA", "UV")}
    if "naja" not in os.path.basename(box.program):
        raise Skip("only naja reads pip's configuration")
    env = box.venv()
    box.install("harry", PIP_INDEX_URL=box.index.url, **nowhere)
    equal(installed(site_packages(env)), {"harry": "3.0"})
    config = box.home / ".config/pip/pip.conf"
    config.parent.mkdir(parents=True)
    config.write_text(f"[global]\nindex-url = {box.index.url}\n")
    env = box.venv("conf")
    box.install("-p", "conf", "harry", **nowhere)
    equal(installed(site_packages(env)), {"harry": "3.0"}, "pip.conf")
    config.write_text("[global]\nindex-url = http://127.0.0.1:9/simple/\n")
    env = box.venv("first")
    box.install("-p", "first", "harry", UV_INDEX_URL=box.index.url, **nowhere)
    equal(installed(site_packages(env)), {"harry": "3.0"}, "UV_INDEX_URL before pip.conf")


@row
def C1(box):
    """a second environment needs no request, and works offline"""
    box.venv("one")
    box.install("-p", "one", "sirius", "hedwig")
    requests = len(box.index.log)
    env = box.venv("two")
    box.install("-p", "two", "sirius", "hedwig")
    equal(len(box.index.log), requests, "requests of the second installation")
    env = box.venv("three")
    box.install("-p", "three", "--offline", "sirius", "hedwig")
    equal(installed(site_packages(env)), {"sirius": "2.0", "harry": "3.0", "hedwig": "2.0"})
    box.pip("install", "-p", "three", "--offline", "draco").ends(1)


@row
def C1_edited(box):
    """a file edited in one environment does not spread to others"""
    first, second = box.venv("one"), box.venv("two")
    box.install("-p", "one", "--link-mode", "hardlink", "harry")
    module = site_packages(first) / "harry/__init__.py"
    with open(module, "a") as file:  # in place: the file of the cache changes as well
        file.write("spread = True\n")
    box.install("-p", "two", "--link-mode", "hardlink", "harry")
    text = (site_packages(second) / "harry/__init__.py").read_text()
    expect("spread" not in text, "the edit of one environment is in another")


@row
def C2(box):
    """dir, size, clean, prune"""
    equal(box.run("cache", "dir").ok().stdout.strip(), str(box.cache))
    box.venv("one")
    box.install("-p", "one", "harry", "hedwig")
    box.run("cache", "size").ok()
    box.run("cache", "prune").ok()
    requests = len(box.index.log)
    box.venv("two")
    box.install("-p", "two", "harry", "hedwig")
    equal(len(box.index.log), requests, "requests after prune")
    box.run("cache", "clean", "harry").ok()
    box.venv("three")
    box.install("-p", "three", "harry", "hedwig")
    later = [request.path for request in box.index.log[requests:]]
    expect(any("harry" in path for path in later), f"harry was not cleaned: {later}")
    expect(not any("hedwig" in path for path in later), f"hedwig was cleaned too: {later}")
    box.run("cache", "clean").ok()
    left = [path for path in box.cache.rglob("*.py")] if box.cache.exists() else []
    equal(left, [], "files after clean")


@row
def C3(box):
    """bypass and refresh"""
    box.venv("one")
    box.install("-p", "one", "harry")
    requests = len(box.index.log)
    box.venv("two")
    box.install("-p", "two", "--refresh", "harry")
    later = box.index.log[requests:]
    page = [request for request in later if request.path.startswith("/simple/harry")]
    expect(page and "if-none-match" in page[0].headers, f"no revalidation: {later}")
    equal([request.path for request in later if request.path.endswith(".whl")], [], "wheels fetched again")
    before = sorted(path for path in box.cache.rglob("*"))
    box.venv("three")
    box.install("-p", "three", "--no-cache", "hedwig")
    equal([p for p in sorted(box.cache.rglob("*")) if p not in before and "hedwig" in str(p)], [], "--no-cache wrote")


@row
def C4(box):
    """eight at once on a cold cache, and a ninth killed"""
    for number in range(9):
        box.venv(f"e{number}")
    words = [box.program, "pip", "install", "sirius", "hedwig", "remus[moon]", "-p"]
    children = [subprocess.Popen([*words, f"e{n}"], cwd=box.work, env=box.variables,
                                 stdout=subprocess.DEVNULL, stderr=subprocess.PIPE) for n in range(9)]
    time.sleep(0.02)
    children[8].send_signal(signal.SIGKILL)
    for number, child in enumerate(children):
        message = child.communicate(timeout=120)[1].decode()
        expect(number == 8 or child.returncode == 0, f"process {number}: {child.returncode}\n{message}")
    wanted = {"sirius": "2.0", "hedwig": "2.0", "remus": "1.0", "harry": "3.0"}
    for number in range(8):
        equal(installed(site_packages(box.work / f"e{number}")), wanted, f"e{number}")
    box.venv("last")
    box.install("-p", "last", "--offline", "sirius", "hedwig", "remus[moon]")
