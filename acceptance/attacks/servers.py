"""Hostile indexes."""

import gzip
import json
import time
import zlib

import index
import wheels
from attacks.base import ESCAPE, attack
from common import expect
from rows.fixtures import equal
from rows.indexes import certificate

EVIL = wheels.Wheel("evil", "1.0")


def install(box, *words, **keywords):
    """An installation that must be refused."""
    return box.refused("pip", "install", *words, "evil", **keywords)


def page(files, **more):
    """A JSON page of `evil` with these entries."""
    body = {"meta": {"api-version": "1.0"}, "name": "evil", "files": files} | more
    return index.Answer(200, json.dumps(body).encode(), {"Content-Type": index.JSON})


def answering(answer, part="/simple/evil"):
    """A hook that gives `answer` where the path begins with `part`."""
    return lambda request: answer if request.path.startswith(part) else None


def entry(url, name=EVIL.file_name, **more):
    return {"filename": name, "url": url, "hashes": {}} | more


@attack("index: a page that links to a file: URL")
def file_link(box):
    wheel = EVIL.write(box.victim)
    box.index.hook = answering(page([entry(wheel.as_uri())]))
    install(box)


@attack("index: a page that redirects to a file: URL")
def file_redirect(box):
    box.index.hook = answering(index.Answer(302, b"", {"Location": (box.victim / "precious.txt").as_uri()}))
    install(box)


@attack("index: a redirect that never ends")
def endless_redirect(box):
    box.index.hook = lambda request: index.Answer(302, b"", {"Location": request.path + "x"})
    install(box)


@attack("index: https that links to http")
def downgrade_link(box):
    files = certificate(box)
    box.index.files.append(index.File.of(EVIL))
    answer = page([entry(f"{box.index.origin}/files/{EVIL.file_name}")])
    with index.Index([], certificate=files, hook=answering(answer)) as secure:
        install(box, "--default-index", secure.url, SSL_CERT_FILE=files[0])
    equal(box.index.asked(".whl"), [], "requests in the clear")


@attack("index: https that redirects to http")
def downgrade_redirect(box):
    files = certificate(box)
    box.index.files.append(index.File.of(EVIL))
    hook = lambda request: index.Answer(302, b"", {"Location": box.index.origin + request.path})  # noqa: E731
    with index.Index([], certificate=files, hook=hook) as secure:
        install(box, "--default-index", secure.url, SSL_CERT_FILE=files[0])
    equal(box.index.log, [], "requests in the clear")


@attack("index: a file whose hash is another")
def wrong_hash(box):
    box.index.files.append(index.File.of(EVIL, sha256="0" * 64))
    install(box)


@attack("index: a file that ends early")
def truncated(box):
    data = wheels.big_wheel("evil", "1.0", 300).pack()
    box.index.files.append(index.File(EVIL.file_name, data))
    box.index.ranges = False
    box.index.hook = answering(index.Answer(200, data, {}, cut=len(data) // 3), f"/files/{EVIL.file_name}"[:-1] + "l")
    install(box)


@attack("index: a file of another size")
def wrong_size(box):
    wheel = EVIL.pack()
    box.index.files.append(index.File(EVIL.file_name, wheel))
    box.index.hook = answering(page([entry(f"../../files/{EVIL.file_name}", size=len(wheel) + 1)]))
    install(box)


for status in (400, 401, 403, 500, 502, 503):
    def broken(box, status=status):
        box.index.hook = lambda request: index.Answer(status, b"<h1>\x1b[31mno</h1>", {"Retry-After": "0"})
        install(box)
    attack(f"index: {status} for everything")(broken)


@attack("index: a future API")
def future_api(box):
    box.index.files.append(index.File.of(EVIL))
    box.index.hook = answering(page([entry(f"../../files/{EVIL.file_name}")], meta={"api-version": "2.0"}))
    install(box)


@attack("index: quarantined project")
def quarantined(box):
    box.index.files.append(index.File.of(EVIL))
    files = [entry(f"../../files/{EVIL.file_name}")]
    status = {"project-status": {"status": "quarantined"}}
    box.index.hook = answering(page(files, **status, meta={"api-version": "1.4"} | status))
    install(box)


for title, body, kind in (
    ("broken JSON", b'{"files": [', index.JSON),
    ("JSON that is a list", b"[]", index.JSON),
    ("JSON nested a million deep", b"[" * 1_000_000, index.JSON),
    ("a page of no known kind", b"\0\1\2", "application/octet-stream"),
    ("HTML that is nothing", b"<a href=" * 50_000, index.HTML),
    ("files that are no objects", b'{"meta":{"api-version":"1.0"},"name":"evil","files":[1,2]}', index.JSON),
):
    def garbled(box, body=body, kind=kind):
        box.index.hook = answering(index.Answer(200, body, {"Content-Type": kind}))
        install(box)
    attack(f"index: {title}")(garbled)


@attack("index: a compressed page of a gigabyte")
def page_bomb(box):
    compressor = zlib.compressobj(9, zlib.DEFLATED, 31)
    block = b" " * (1 << 20)
    body = b"".join(compressor.compress(block) for _ in range(1024)) + compressor.flush()
    headers = {"Content-Type": index.JSON, "Content-Encoding": "gzip"}
    box.index.hook = answering(index.Answer(200, body, headers))
    install(box)


@attack("index: a compressed page whose checksum is wrong")
def page_checksum(box):
    box.index.files.append(index.File.of(EVIL))
    body = bytearray(gzip.compress(page([entry(f"../../files/{EVIL.file_name}")]).body))
    body[-6] ^= 1
    headers = {"Content-Type": index.JSON, "Content-Encoding": "gzip"}
    box.index.hook = answering(index.Answer(200, bytes(body), headers))
    install(box)


@attack("index: separate metadata that contradicts the wheel")
def contradiction(box):
    wheel = wheels.Wheel("evil", "1.0", requires=("harry<2",))
    box.index.files.append(index.File.of(wheel, metadata=EVIL.metadata()))
    install(box)


@attack("index: separate metadata whose hash is another")
def metadata_hash(box):
    wheel = wheels.Wheel("evil", "1.0", requires=("harry<2",))
    box.index.files.append(index.File.of(wheel))
    box.index.hook = answering(index.Answer(200, EVIL.metadata()), f"/files/{EVIL.file_name}.metadata")
    install(box)


@attack("index: separate metadata of another package")
def metadata_name(box):
    box.index.files.append(index.File.of(EVIL, metadata=wheels.Wheel("harry", "1.0").metadata()))
    install(box)


for name in ("../../evil-1.0-py3-none-any.whl", "evil-1.0-py3-none-any.whl\n", "harry-9.0-py3-none-any.whl",
             "evil-1.0-py3-none-any.whl/../x.whl", "evil-\x1b[31m-py3-none-any.whl", "evil.whl"):
    def named(box, name=name):
        box.index.files.append(index.File.of(EVIL))
        box.index.hook = answering(page([entry(f"../../files/{EVIL.file_name}", name)]))
        install(box)
    attack(f"index: a file named {name!r}")(named)


@attack("index: credentials are not sent to another host")
def credentials(box):
    with index.Index([index.File.of(EVIL)]) as other:
        elsewhere = other.origin.replace("127.0.0.1", "localhost")
        files = [entry(f"{elsewhere}/files/{EVIL.file_name}")]
        with index.Index([], credentials=("ron", "s3cr3t")) as private:
            private.hook = lambda request: private.denial(request) or page(files)
            box.pip("install", "--default-index", private.with_credentials("ron", "s3cr3t"), "evil").ok()
        sent = [request.headers.get("authorization") for request in other.log]
        expect(sent and not any(sent), f"sent elsewhere: {sent}")
    box.pip("freeze").ok().says("evil")
    direct = box.site / "evil-1.0.dist-info/direct_url.json"
    expect(not direct.exists() or "s3cr3t" not in direct.read_text(), "the secret is in direct_url.json")


@attack("index: credentials are not sent on after a redirect")
def credentials_redirect(box):
    with index.Index([index.File.of(EVIL)]) as other:
        elsewhere = other.origin.replace("127.0.0.1", "localhost")
        with index.Index([], credentials=("ron", "s3cr3t")) as private:
            private.hook = lambda request: private.denial(request) or index.Answer(
                302, b"", {"Location": elsewhere + request.path})
            box.pip("install", "--default-index", private.with_credentials("ron", "s3cr3t"), "evil")
        sent = [request.headers.get("authorization") for request in other.log]
        expect(not any(sent), f"sent elsewhere: {sent}")


@attack("index: Retry-After is obeyed")
def retry_after(box):
    moments = []
    box.index.files.append(index.File.of(EVIL))

    def later(request):
        if not request.path.startswith("/simple/evil"):
            return None
        moments.append(time.monotonic())
        return index.Answer(429, b"", {"Retry-After": "2"}) if len(moments) == 1 else None

    box.index.hook = later
    box.pip("install", "evil").ok()
    expect(len(moments) == 2 and moments[1] - moments[0] >= 1.9, f"asked again after {moments[1] - moments[0]:.1f} s")


@attack("index: escapes in what it says reach no terminal")
def escapes(box):
    red = ESCAPE + "[31mred" + ESCAPE + "]0;title\a"
    box.index.files.append(index.File.of(EVIL, yanked=red))
    result = box.pip("install", "evil==1.0").ok()
    expect(ESCAPE not in result.text and "\a" not in result.text, repr(result.text))
    metadata = wheels.Wheel("evil2", "1.0", summary=red, requires=("harry",))
    box.index.files.append(index.File.of(metadata))
    box.pip("install", "evil2").ok()
    for words in (["show", "evil2"], ["list"], ["tree"], ["check"], ["freeze"]):
        result = box.pip(*words)
        expect(ESCAPE not in result.text and "\a" not in result.text, f"{words}: {result.text!r}")


@attack("index: a million yanked or unusable files are read in bounded time")
def many_files(box):
    files = [entry(f"../../files/{n}", f"evil-{n}.0-py3-none-win_amd64.whl") for n in range(100_000)]
    box.index.hook = answering(page(files))
    started = time.monotonic()
    install(box)
    expect(time.monotonic() - started < 20, "took too long")


@attack("index: a find-links page with file: links")
def find_links(box):
    wheel = EVIL.write(box.victim)
    body = f'<a href="{wheel.as_uri()}">{wheel.name}</a>'.encode()
    box.index.hook = answering(index.Answer(200, body, {"Content-Type": index.HTML}), "/flat")
    install(box, "--no-index", "--find-links", f"{box.index.origin}/flat")


@attack("index: a file that never comes")
def slow_file(box):
    box.index.files.append(index.File.of(EVIL))

    def hang(request):
        if request.path.endswith(".whl"):
            time.sleep(20)

    box.index.hook = hang
    quick = {f"{tool}_HTTP_TIMEOUT": 1 for tool in ("NAJA", "UV")}
    started = time.monotonic()
    install(box, **quick)
    expect(time.monotonic() - started < 15, "took too long")
