"""Writes tags.jsonl, which holds what `packaging.tags.sys_tags()` answers.

Run with packaging 26.3 (`pip install packaging==26.3`) as `python generate_tags.py [PYTHON...]`.
Each PYTHON is asked for its own list; it needs 3.9 or newer, as packaging does. The other lists
come from the same functions with what they ask of the machine put in their place.

In a line, `platforms` are the platform tags in order, and a tag `x-y-*` stands for `x-y-` with
each of them in turn.
"""

import json
import os
import pathlib
import subprocess
import sys
import types

import packaging
from packaging import _manylinux, _musllinux, tags

HERE = pathlib.Path(__file__).parent


def shorten(names):
    """Folds the runs of one Python and ABI tag over all platforms."""
    platforms = []
    for name in names:
        platform = name.split("-")[2]
        if platform != "any" and platform not in platforms:
            platforms.append(platform)
    folded, at = [], 0
    while at < len(names):
        front = names[at].rsplit("-", 1)[0]
        run = [f"{front}-{platform}" for platform in platforms]
        if names[at : at + len(run)] == run and not names[at].endswith("-any"):
            folded.append(f"{front}-*")
            at += len(run)
        else:
            folded.append(names[at])
            at += 1
    return platforms, folded


def unique(names):
    return list(dict.fromkeys(names))


def implementation(python, name="cpython", **changes):
    facts = {
        "name": name,
        "python": list(python),
        "free_threaded": False,
        "debug": False,
        "pymalloc": True,
        "ext_suffix": None,
        "version_nodot": None,
    }
    return facts | changes


def linux(arch, *, glibc=None, musl=None, bits=64, kernel=None):
    """Platform tags of a Linux machine."""
    tags.sysconfig = types.SimpleNamespace(get_platform=lambda: f"linux-{kernel or arch}")
    version = _manylinux._GLibCVersion(*(glibc or (-1, -1)))
    _manylinux._get_glibc_version = lambda: version
    _manylinux._get_manylinux_module = lambda: None
    _manylinux._is_linux_armhf = _manylinux._is_linux_i686 = lambda executable: True
    _musllinux._get_musl_version = lambda executable: musl and _musllinux._MuslVersion(*musl)
    if glibc:
        os_fact = {"manylinux": {"major": glibc[0], "minor": glibc[1]}}
    elif musl:
        os_fact = {"musllinux": {"major": musl[0], "minor": musl[1]}}
    else:
        os_fact = "other-linux"
    return {"os": os_fact, "arch": arch}, list(tags._linux_platforms(bits == 32))


def macos(version, arch):
    fact = {"os": {"macos": {"major": version[0], "minor": version[1]}}, "arch": arch}
    return fact, list(tags.mac_platforms(version, arch))


def generic(os_fact, arch, sysconfig_platform):
    tags.sysconfig = types.SimpleNamespace(get_platform=lambda: sysconfig_platform)
    return {"os": os_fact, "arch": arch}, list(tags._generic_platforms())


def ios(version, multiarch, arch):
    simulator = multiarch.endswith("simulator")
    fact = {"ios": {"major": version[0], "minor": version[1], "simulator": simulator}}
    return {"os": fact, "arch": arch}, list(tags.ios_platforms(version, multiarch))


def android(level, abi, arch):
    fact = {"os": {"android": {"api_level": level}}, "arch": arch}
    return fact, list(tags.android_platforms(level, abi))


def listed(facts, platforms):
    """Asks for the whole list with an interpreter's facts in place."""
    variables = {
        "Py_DEBUG": int(facts["debug"]),
        "Py_GIL_DISABLED": int(facts["free_threaded"]),
        "WITH_PYMALLOC": int(facts["pymalloc"]),
        "EXT_SUFFIX": facts["ext_suffix"],
        "py_version_nodot": facts["version_nodot"],
    }
    tags._get_config_var = lambda name, warn=False: variables.get(name)
    tags.platform_tags = lambda: iter(platforms)
    tags.sys = types.SimpleNamespace(
        version_info=tuple(facts["python"]),
        implementation=types.SimpleNamespace(name=facts["name"]),
        maxunicode=0x10FFFF,
    )
    return [str(tag) for tag in tags.sys_tags()]


def real(python):
    """Asks an interpreter of this machine."""
    script = (
        "import json, platform, sys\nfrom packaging import tags\n"
        "print(json.dumps([list(sys.version_info[:2]), platform.libc_ver()[1],"
        " platform.machine(), [str(t) for t in tags.sys_tags()]]))"
    )
    path = str(pathlib.Path(packaging.__file__).parent.parent)
    answer = subprocess.run(
        [python, "-c", script],
        env=os.environ | {"PYTHONPATH": path},
        capture_output=True,
        check=True,
    )
    version, glibc, arch, names = json.loads(answer.stdout)
    major, minor = (int(number) for number in glibc.split(".")[:2])
    fact = {"os": {"manylinux": {"major": major, "minor": minor}}, "arch": arch}
    return fact, implementation(version), names


def cases():
    x86 = linux("x86_64", glibc=(2, 36))
    yield "cpython 3.7", x86, implementation((3, 7))
    yield "cpython 3.7 without pymalloc", x86, implementation((3, 7), pymalloc=False)
    yield "cpython 3.7 debug", x86, implementation((3, 7), debug=True)
    yield "cpython 3.8", x86, implementation((3, 8))
    yield "cpython 3.12 debug", x86, implementation((3, 12), debug=True)
    yield "cpython 3.13 free-threaded", x86, implementation((3, 13), free_threaded=True)
    threaded_debug = implementation((3, 14), free_threaded=True, debug=True)
    yield "cpython 3.14 free-threaded debug", x86, threaded_debug
    yield "cpython 3.15 free-threaded", x86, implementation((3, 15), free_threaded=True)
    pypy = ".pypy310-pp73-x86_64-linux-gnu.so"
    yield "pypy 3.10", x86, implementation((3, 10), "pypy", ext_suffix=pypy)
    pypy = ".pypy39-pp73-win_amd64.pyd"
    windows = generic("windows", "x86_64", "win-amd64")
    yield "pypy 3.9 on windows", windows, implementation((3, 9), "pypy", ext_suffix=pypy)
    graalpy = ".graalpy250-311-native-x86_64-linux.so"
    facts = implementation((3, 11), "graalpy", ext_suffix=graalpy, version_nodot="311")
    yield "graalpy", x86, facts
    pyston = ".pyston-23-x86_64-linux-gnu.so"
    yield "pyston", x86, implementation((3, 8), "pyston", ext_suffix=pyston)
    ordinary = implementation((3, 12))
    for name, platform in [
        ("old glibc", linux("x86_64", glibc=(2, 11))),
        ("older glibc than any tag", linux("x86_64", glibc=(2, 4))),
        ("glibc of another major version", linux("aarch64", glibc=(3, 1))),
        ("no manylinux", linux("x86_64")),
        ("32-bit on a 64-bit kernel", linux("i686", glibc=(2, 31), bits=32, kernel="x86_64")),
        ("aarch64", linux("aarch64", glibc=(2, 28))),
        ("32-bit arm on a 64-bit kernel", linux("armv8l", glibc=(2, 31), bits=32, kernel="aarch64")),
        ("armv7l", linux("armv7l", glibc=(2, 31))),
        ("armv6l", linux("armv6l", glibc=(2, 31))),
        ("ppc64le", linux("ppc64le", glibc=(2, 28))),
        ("s390x", linux("s390x", glibc=(2, 17))),
        ("riscv64", linux("riscv64", glibc=(2, 39))),
        ("loongarch64", linux("loongarch64", glibc=(2, 36))),
        ("mips64", linux("mips64", glibc=(2, 36))),
        ("musl", linux("x86_64", musl=(1, 2))),
        ("musl on armv6l", linux("armv6l", musl=(1, 1))),
        ("musl on 32-bit arm", linux("armv8l", musl=(1, 2), bits=32, kernel="aarch64")),
        ("macos 10.13", macos((10, 13), "x86_64")),
        ("macos 10.16", macos((10, 16), "x86_64")),
        ("macos 11 x86_64", macos((11, 7), "x86_64")),
        ("macos 14 arm64", macos((14, 5), "arm64")),
        ("macos 15 x86_64", macos((15, 0), "x86_64")),
        ("macos 26 arm64", macos((26, 1), "arm64")),
        ("macos 10.6 i386", macos((10, 6), "i386")),
        ("macos 10.5 ppc", macos((10, 5), "ppc")),
        ("macos 10.5 ppc64", macos((10, 5), "ppc64")),
        ("windows", windows),
        ("windows 32-bit", generic("windows", "x86", "win32")),
        ("windows arm64", generic("windows", "arm64", "win-arm64")),
        ("freebsd", generic({"other": "freebsd-14.1-RELEASE-amd64"}, "amd64",
                            "freebsd-14.1-RELEASE-amd64")),
        ("ios", ios((17, 2), "arm64-iphoneos", "arm64")),
        ("ios simulator", ios((13, 0), "x86_64-iphonesimulator", "x86_64")),
        ("ios too old", ios((11, 0), "arm64-iphoneos", "arm64")),
        ("android", android(30, "arm64-v8a", "aarch64")),
        ("android 32-bit", android(21, "armeabi-v7a", "armv7l")),
        ("android x86", android(21, "x86", "x86")),
    ]:
        yield name, platform, ordinary


def main():
    lines = []
    for python in sys.argv[1:]:
        fact, facts, names = real(python)
        lines.append((f"real cpython 3.{facts['python'][1]}", fact, facts, names))
    for name, (fact, platforms), facts in cases():
        lines.append((name, fact, facts, listed(facts, platforms)))
    with (HERE / "tags.jsonl").open("w", encoding="utf-8", newline="\n") as out:
        for name, fact, facts, names in lines:
            platforms, folded = shorten(unique(names))
            line = {"case": name, "platform": fact, "implementation": facts,
                    "platforms": platforms, "tags": folded}
            out.write(json.dumps(line, separators=(",", ":")) + "\n")


if __name__ == "__main__":
    main()
