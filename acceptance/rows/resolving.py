"""Rows R: which versions are chosen, and why none can be."""

import index
import wheels
from common import difference, expect, installed, site_packages, snapshot
from rows.fixtures import LATE, equal, row


@row
def R1(box):
    """backtracking, and an unknown version names those that exist"""
    env = box.venv()
    box.install("sirius", "harry<2")
    equal(installed(site_packages(env)), {"sirius": "1.0", "harry": "1.0"})
    box.pip("install", "harry==99").ends(1).says("harry", "3.0")
    box.pip("install", "nobody").ends(1).says("nobody")


@row
def R6(box):
    """lowest versions"""
    env = box.venv()
    box.install("--resolution", "lowest", "harry>=1")
    equal(installed(site_packages(env)), {"harry": "1.0"})
    env = box.venv("direct")
    box.install("-p", "direct", "--resolution", "lowest-direct", "remus[moon]>=1")
    equal(installed(site_packages(env)), {"remus": "1.0", "harry": "3.0"}, "lowest-direct")


@row
def R7(box):
    """pre-releases"""
    for number, (words, wanted) in enumerate((
        (["harry"], "3.0"),
        (["harry", "--prerelease", "allow"], "4.0rc1"),
        (["harry", "--pre"], "4.0rc1"),
        (["harry>=4.0rc1"], "4.0rc1"),
        (["harry==4.0rc1"], "4.0rc1"),
    )):
        env = box.venv(f"e{number}")
        box.install("-p", env, *words)
        equal(installed(site_packages(env)), {"harry": wanted}, " ".join(words))
    box.pip("install", "-p", "e0", "harry>=4.0rc1", "--prerelease", "disallow").ends(1)


@row
def R7_alone(box):
    """a requirement that only a pre-release meets"""
    box.index.files.append(index.File.of(wheels.Wheel("tonks", "1.0b1")))
    env = box.venv()
    box.install("tonks")
    equal(installed(site_packages(env)), {"tonks": "1.0b1"})


@row
def R8(box):
    """cut-off date"""
    env = box.venv()
    box.install("--exclude-newer", "2024-03-01", "harry")
    equal(installed(site_packages(env)), {"harry": "1.0"})
    box.install("--exclude-newer", LATE.replace("T00", "T01"), "-U", "harry")
    equal(installed(site_packages(env)), {"harry": "3.0"})


@row
def R9(box):
    """yanked versions"""
    env = box.venv()
    box.install("harry<3")
    equal(installed(site_packages(env)), {"harry": "1.0"})
    box.install("harry==2.0").says("yanked", "bad")
    equal(installed(site_packages(env)), {"harry": "2.0"})


@row
def R10(box):
    """requires-python"""
    env = box.venv()
    box.install("luna")
    equal(installed(site_packages(env)), {"luna": "1.0"})
    result = box.pip("install", "luna==2.0").ends(1)
    result.says("luna", "3.99")
    expect("python" in result.text.lower(), f"the Python is not named\n{result}")


@row
def R11(box):
    """the first index that knows a package is the only one asked"""
    env = box.venv()
    private = [index.File.of(wheels.Wheel("harry", "1.0"))]
    with index.Index(private) as first:
        box.install("--index", first.url, "harry", "hedwig")
        equal(installed(site_packages(env)), {"harry": "1.0", "hedwig": "2.0"})
        env = box.venv("best")
        box.install("-p", "best", "--index", first.url, "--index-strategy", "unsafe-best-match", "harry")
        equal(installed(site_packages(env)), {"harry": "3.0"}, "unsafe-best-match")
        env = box.venv("extra")
        box.install("-p", "extra", "--extra-index-url", first.url, "harry")
        equal(installed(site_packages(env)), {"harry": "1.0"}, "--extra-index-url")


@row
def R11_error(box):
    """an error of the first index is an error, not a reason to ask the next"""
    env = box.venv()
    before = snapshot(env)
    for status in (401, 403, 500):
        with index.Index(hook=lambda request: index.Answer(status)) as first:
            result = box.pip("install", "--index", first.url, "harry", UV_HTTP_RETRIES=0, NAJA_HTTP_RETRIES=0)
            expect(result.status != 0, f"{status} fell through to the next index\n{result}")
    equal(difference(before, snapshot(env)), "", "environment")


@row
def R14(box):
    """what is installed stays unless it has to move"""
    env = box.venv()
    box.install("harry==1.0")
    box.install("remus[moon]")
    equal(installed(site_packages(env)), {"harry": "1.0", "remus": "1.0"})


@row
def R15(box):
    """separate metadata is used: no wheel is fetched to resolve"""
    box.write("requirements.in", "sirius\nhedwig\n")
    box.pip("compile", "-p", box.python, "requirements.in").ok()
    equal([request.path for request in box.index.log if request.path.endswith(".whl")], [])


@row
def R15_ranges(box):
    """without separate metadata: byte ranges, and the whole file as the last resort"""
    box.write("requirements.in", "big\n")
    big = index.File.of(wheels.big_wheel("big", "1.0", 3000, requires=("harry<2",)))
    for ranges in (True, False):
        with index.Index([big, *box.index.files], metadata=False, ranges=ranges) as other:
            cache = box.path / f"cache-{ranges}"
            words = ("-p", box.python, "--cache-dir", cache, "--default-index", other.url)
            result = box.pip("compile", *words, "requirements.in").ok().says("big==1.0", "harry==1.0")
            whole = [r for r in other.asked("big-1.0") if r.path.endswith(".whl") and r.method == "GET" and "range" not in r.headers]
            expect(not (ranges and whole), f"ranges {ranges}: {other.asked('big-1.0')}\n{result}")
            wasted = [r.path for r in other.asked(".metadata") if "/big-" in r.path]
            expect(len(wasted) <= 1, f"metadata that no page announces is asked for again and again: {wasted}")
