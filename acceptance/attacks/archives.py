"""Hostile wheels. Each is tried as a local file and by way of the index."""

import io
import os
import struct
import zipfile
import zlib

import index
import wheels
import common
from attacks.base import attack
from common import environment_problems
from rows.fixtures import equal
from wheels import Member

EVIL = wheels.Wheel("evil", "1.0")
INFO = EVIL.dist_info


def archive(title, name=EVIL.file_name):
    """Registers a function that makes the bytes of a hostile wheel."""
    def register(make):
        def check(box):
            data = make()
            path = wheels.write(box.path / "offered", name, data)
            box.refused("pip", "install", "--no-deps", path)
            path.unlink()
            path.parent.rmdir()
            box.index.files.append(index.File(name, data))
            box.refused("pip", "install", "evil")
        attack(f"wheel: {title}")(check)
        return make
    return register


def packed(*extra, wheel=EVIL, **keywords):
    """The wheel with more members, all of them in RECORD."""
    members = [*wheel.members(), *extra]
    return wheels.pack([*members, wheel.record(members)], **keywords)


def recorded(change):
    """The wheel with the text of its RECORD changed."""
    members = EVIL.members()
    record = EVIL.record(members)
    text = change(record.data.decode())
    return wheels.pack([*members, Member(record.path, text.encode())])


def without(name):
    """The wheel without one file of its dist-info (RECORD does not list it either)."""
    members = [member for member in EVIL.members() if member.path != f"{INFO}/{name}"]
    return wheels.pack([*members, EVIL.record(members)])


def replaced(name, data):
    """The wheel with another content of one file of its dist-info."""
    members = [m for m in EVIL.members() if m.path != f"{INFO}/{name}"]
    members.append(Member(f"{INFO}/{name}", data))
    return wheels.pack([*members, EVIL.record(members)])


@attack("wheel: an honest one is accepted (or the others prove nothing)")
def honest(box):
    path = EVIL.write(box.path / "offered")
    for words in (["--no-deps", path], ["--reinstall", "--no-index", "-f", path.parent, "evil"]):
        box.install(*words)
    box.pip("uninstall", "evil").ok()
    box.index.files.append(index.File.of(EVIL))
    box.install("evil")
    equal(environment_problems(box.env, common.snapshot(box.venv("other"))), [], "problems")


for path in ("../outside.py", "evil/../../../../outside.py", "/tmp/naja-outside.py", "..\\outside.py",
             "C:\\outside.py", "evil/./x.py", "evil//x.py", "", "evil/\n.py", "evil/\x1b[2J.py"):
    archive(f"member named {path!r}")(lambda path=path: packed(Member(path, b"x = 1\n")))


@archive("member that is a symbolic link")
def symlink():
    return packed(Member("evil/link", b"/etc/passwd", 0o120777))


@archive("member written through a link made by another")
def through_symlink():
    return packed(Member("evil/link", b"../../../../..", 0o120777), Member("evil/link/outside.py", b""))


@archive("member that is a device")
def device():
    return packed(Member("evil/device", b"", 0o020666))


@archive("file and directory of one name")
def file_and_directory():
    return packed(Member("evil/a", b"x"), Member("evil/a/b", b"x"))


@archive("member with a NUL in its name")
def nul_name():
    return packed(Member("evil/axb.py", b"")).replace(b"evil/axb.py", b"evil/a\0b.py")


@archive("member whose name is no UTF-8")
def broken_name():
    return packed(Member("evil/axb.py", b"")).replace(b"evil/axb.py", b"evil/a\xffb.py")


@archive("RECORD with a wrong hash")
def wrong_hash():
    return recorded(lambda text: text.replace(wheels.digest(EVIL.members()[0].data), wheels.digest(b"other")))


@archive("RECORD with a wrong size")
def wrong_size():
    return recorded(lambda text: text.replace(f",{len(EVIL.members()[0].data)}\n", ",7\n"))


@archive("RECORD without a line for a file")
def unlisted():
    return recorded(lambda text: "\n".join(text.split("\n")[1:]))


@archive("RECORD with a line for an absent file")
def absent():
    return recorded(lambda text: f"evil/absent.py,{wheels.digest(b'')},0\n" + text)


@archive("RECORD with a line for a file outside")
def outside_line():
    return recorded(lambda text: f"../../../../../victim/precious.txt,{wheels.digest(b'')},0\n" + text)


@archive("RECORD without a hash")
def no_hash():
    return recorded(lambda text: text.replace(wheels.digest(EVIL.members()[0].data), ""))


@archive("RECORD with MD5 only")
def md5():
    return recorded(lambda text: text.replace(wheels.digest(EVIL.members()[0].data), "md5=1B2M2Y8AsgTpgAmY7PhCfg"))


@archive("RECORD with two different lines for a file")
def two_lines():
    return recorded(lambda text: f"evil/__init__.py,{wheels.digest(b'other')},5\n" + text)


@archive("RECORD that is no CSV")
def broken_csv():
    return recorded(lambda text: 'evil/"__init__.py,"sha256=\n' + text)


@archive("RECORD that is binary")
def binary_record():
    return recorded(lambda text: "\0\ufffe" * 400)


for part in ("WHEEL", "METADATA"):
    archive(f"no {part}")(lambda part=part: without(part))


@archive("no RECORD")
def no_record():
    return wheels.pack(EVIL.members())


@archive("two dist-info directories")
def two_infos():
    return packed(Member("other-1.0.dist-info/METADATA", b"Metadata-Version: 2.1\nName: other\nVersion: 1.0\n"))


@archive("dist-info of another name")
def other_info():
    return wheels.Wheel("other", "1.0").pack()


@archive("METADATA with another name")
def other_name():
    return replaced("METADATA", wheels.Wheel("harry", "1.0").metadata())


@archive("METADATA with another version")
def other_version():
    return replaced("METADATA", wheels.Wheel("evil", "2.0").metadata())


@archive("METADATA that is binary")
def binary_metadata():
    return replaced("METADATA", bytes(range(256)) * 8)


@archive("METADATA with a requirement that is none")
def broken_requirement():
    return wheels.Wheel("evil", "1.0", requires=("harry >>> 1",)).pack()


@archive("METADATA with a marker of 20,000 brackets")
def deep_marker():
    marker = "(" * 20_000 + "python_version > '3'" + ")" * 20_000
    return wheels.Wheel("evil", "1.0", requires=(f"harry; {marker}",)).pack()


@archive("a Wheel-Version from the future")
def future_wheel():
    return replaced("WHEEL", b"Wheel-Version: 2.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n")


@archive("WHEEL without a version")
def no_wheel_version():
    return replaced("WHEEL", b"Hello: world\n")


@archive("duplicate member")
def duplicate():
    first = EVIL.members()[0]
    return packed(Member(first.path, first.data))


@archive("duplicate member of different content")
def duplicate_different():
    return packed(Member("evil/__init__.py", b"evil = True\n"))


@archive("local and central names differ")
def names_differ():
    return EVIL.pack().replace(b"evil/__init__.py", b"evil/__xxxx__.py", 1)


@archive("local and central sizes differ")
def sizes_differ():
    data = bytearray(EVIL.pack())
    data[22:26] = struct.pack("<I", struct.unpack("<I", data[22:26])[0] + 1)
    return bytes(data)


@archive("local and central checksums differ")
def checksums_differ():
    data = bytearray(EVIL.pack())
    data[14] ^= 1
    return bytes(data)


@archive("a checksum that is wrong in both headers")
def wrong_checksum():
    data = EVIL.pack()
    right = struct.pack("<I", zlib.crc32(EVIL.members()[0].data))
    return data.replace(right, b"\1\2\3\4")


@archive("bytes before the archive")
def bytes_before():
    return b"#!/bin/sh\n" * 9 + EVIL.pack()


@archive("bytes after the archive")
def bytes_after():
    return EVIL.pack() + b"more" * 9


@archive("an archive hidden between members and directory")
def hidden_archive():
    data = EVIL.pack()
    end = data.rindex(b"PK\5\6")
    start = struct.unpack("<I", data[end + 16:end + 20])[0]
    hidden = wheels.Wheel("evil", "6.6.6").pack()
    tail = data[end:end + 16] + struct.pack("<I", start + len(hidden)) + data[end + 20:]
    return data[:start] + hidden + data[start:end] + tail


@archive("two ends of the directory")
def two_ends():
    data = EVIL.pack()
    return data + data[data.rindex(b"PK\5\6"):]


@archive("fewer members counted than there are")
def wrong_count():
    data = bytearray(EVIL.pack())
    end = data.rindex(b"PK\5\6")
    data[end + 8:end + 12] = struct.pack("<HH", 1, 1)
    return bytes(data)


@archive("an encrypted member")
def encrypted():
    data = bytearray(EVIL.pack())
    data[6] |= 1
    start = data.index(b"PK\1\2")
    data[start + 8] |= 1
    return bytes(data)


@archive("an unknown compression")
def unknown_compression():
    data = bytearray(EVIL.pack())
    data[8:10] = struct.pack("<H", 99)
    start = data.index(b"PK\1\2")
    data[start + 10:start + 12] = struct.pack("<H", 99)
    return bytes(data)


@archive("a member that inflates to more than it says")
def lying_size():
    data = packed(Member("evil/zeros", bytes(50_000_000)))
    return data.replace(struct.pack("<I", 50_000_000), struct.pack("<I", 10))


@archive("members that overlap")
def overlapping():
    data = packed(Member("evil/one.py", b"x = 1\n"), Member("evil/two.py", b"x = 1\n"))
    end = data.rindex(b"PK\5\6")
    start = struct.unpack("<I", data[end + 16:end + 20])[0]
    second = data.index(b"evil/two.py", start)
    first = data.index(b"evil/one.py", start)
    return data[:second - 4] + data[first - 4:first] + data[second:]


@archive("a bomb: 4 GB of zeros in nested deflate streams")
def bomb():
    compressor = zlib.compressobj(9, zlib.DEFLATED, -15)
    block = bytes(1 << 24)
    stream, crc = b"", 0
    for _ in range(256):
        stream += compressor.compress(block)
        crc = zlib.crc32(block, crc)
    stream += compressor.flush()
    data = wheels.pack([Member("evil/zeros", b"0"), *EVIL.members(), EVIL.record(EVIL.members())], zipfile.ZIP_STORED)
    header = b"PK\3\4" + struct.pack("<HHHHHIIIHH", 20, 0, 8, 0, 0x5821, crc, len(stream), 0xFFFFFFF0, 10, 0)
    shift = len(header) + 10 + len(stream) - data.index(b"PK\3\4", 4)
    return header + b"evil/zeros" + stream + moved(data, shift, crc, len(stream))


def moved(data, shift, crc, size):
    """The rest of an archive whose first member was exchanged for a longer one."""
    with zipfile.ZipFile(io.BytesIO(data)) as opened:
        offsets = {info.filename: info.header_offset for info in opened.infolist()}
    end = data.rindex(b"PK\5\6")
    start = struct.unpack("<I", data[end + 16:end + 20])[0]
    central = bytearray(data[start:end])
    at = 0
    while at < len(central):
        length = struct.unpack("<H", central[at + 28:at + 30])[0]
        name = central[at + 46:at + 46 + length].decode()
        if name == "evil/zeros":
            central[at + 10:at + 12] = struct.pack("<H", 8)
            central[at + 16:at + 28] = struct.pack("<III", crc, size, 0xFFFFFFF0)
        else:
            central[at + 42:at + 46] = struct.pack("<I", offsets[name] + shift)
        at += 46 + length
    tail = data[end:end + 16] + struct.pack("<I", start + shift) + data[end + 20:]
    return data[data.index(b"PK\3\4", 4):start] + bytes(central) + tail


@archive("not an archive")
def no_archive():
    return b"<html>not found</html>"


@archive("empty file")
def empty():
    return b""


@archive("an archive cut in the middle")
def cut():
    data = packed(Member("evil/more.py", b"x = 1\n" * 999))
    return data[: len(data) // 2]


def scripted(text):
    """The wheel with entry points."""
    return replaced("entry_points.txt", text.encode())


for entry in ("python", "python3", "activate", "../outside", "/tmp/naja-outside", "a/b", ".", "", "activate_this.py"):
    archive(f"entry point named {entry!r}")(lambda entry=entry: scripted(f"[console_scripts]\n{entry} = evil:main\n"))

for value in ("evil:main; import os", "evil:main()", "evil:__import__('os').system('id')", "evil\n :main", "evil",
              "os;id:main", ":main", "evil:main'''"):
    archive(f"entry point with the value {value!r}")(lambda value=value: scripted(f"[console_scripts]\nx = {value}\n"))

for path in ("scripts/activate", "scripts/python", "scripts/python3", "scripts/Activate.ps1", "scripts/../outside",
             "data/pyvenv.cfg", "data/bin/python", "data/bin/activate", "data/.naja/txn-1/journal",
             "data/../outside", "purelib/../../outside.py", "platlib//etc/outside", "nonsense/x", "headers/../../x.h"):
    archive(f".data/{path}")(lambda path=path: wheels.Wheel("evil", "1.0", data={path: "#!python\n"}).pack())


@archive("two .data files for one place")
def data_clash():
    return wheels.Wheel("evil", "1.0", data={"purelib/x.py": "1\n", "platlib/x.py": "2\n"}).pack()


@archive(".data that overwrites another package's dist-info")
def foreign_info():
    return wheels.Wheel("evil", "1.0", data={"purelib/pip-1.0.dist-info/RECORD": "x\n"}).pack()


@attack("wheel: the modes of files lose all but the right to execute")
def modes(box):
    members = [*EVIL.members(), Member("evil/tool", b"x", 0o106777), Member("evil/open.py", b"", 0o100666)]
    path = wheels.write(box.path / "offered", EVIL.file_name, wheels.pack([*members, EVIL.record(members)]))
    box.install(path)
    mask = os.umask(0)
    os.umask(mask)
    found = [oct((box.site / f"evil/{name}").stat().st_mode & 0o7777) for name in ("tool", "open.py")]
    equal(found, [oct(0o777 & ~mask), oct(0o666 & ~mask)], "modes")


@archive("of another platform", "evil-1.0-py3-none-win_amd64.whl")
def other_platform():
    return wheels.Wheel("evil", "1.0", tag="py3-none-win_amd64").pack()
