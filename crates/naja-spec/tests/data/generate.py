"""Writes the tables beside this file, which hold what the `packaging` library answers.

Run with packaging 26.3 (`pip install packaging==26.3`) as `python generate.py`. The output is the
same on every run. Lines that start with `#` are comments. Where our behaviour differs on purpose,
the case is left out here and tested by hand; each place says why.
"""

import itertools
import json
import pathlib
import random

from packaging.markers import InvalidMarker, Marker, UndefinedComparison
from packaging.requirements import InvalidRequirement, Requirement
from packaging.specifiers import InvalidSpecifier, Specifier, SpecifierSet
from packaging.utils import canonicalize_name
from packaging.version import InvalidVersion, Version

HERE = pathlib.Path(__file__).parent
RANDOM = random.Random(440)


def write(name, lines):
    text = "# Written by generate.py from packaging 26.3.\n" + "\n".join(lines) + "\n"
    (HERE / name).write_text(text, encoding="utf-8", newline="\n")


# ---------------------------------------------------------------------------- versions

RELEASES = ["0", "1", "1.0", "1.0.0", "1.1", "1.10", "2.0.1", "0.0.1", "2024.10.12", "1.0.0.0.0",
            "1.2.3.4", "1.2.3.4.5", "0.0.20240101", "65535.1", "65536.1", "1.65536", "01.002"]
PRES = ["", "a", "b2", "rc1", ".alpha.3", "-BETA-4", "_pre_5", "preview6", "c7", "a0", "rc33554432",
        "a-", "b."]
POSTS = ["", ".post1", "-1", "post", ".rev2", "r3", "-post-4", "_r_5", ".post.", "-01"]
DEVS = ["", ".dev1", "dev", "-dev-2", "_DEV_3", ".dev20240101", ".dev33554432", ".dev."]
LOCALS = ["", "+local", "+1", "+1.abc", "+ABC-1_x", "+0012", "+1.0", "+a.1", "+1a"]
BROKEN = ["", " ", "1.", ".1", "1..0", "1.0-", "1.0+", "1.0+a.", "1.0+.a", "1.0+a..b", "1.0a1b2",
          "1.0post1a1", "1.0dev1post1", "v", "vv1", "1!", "!1", "1!!1", "1.0!1", "1.0.x", "1.*",
          "1.0 a1", "1,0", "one", "1.0+a+b", "-1", "1.0--1", "1.0a--1", "1.0.dev1.dev2", "1_0",
          "1.0post-", "1.0a.post1", "1.0a..post1", "1.0.", "1.0p1", "1.0prev", "1.0rev", "1.0re1",
          "1.0alph", "1.0b-eta", "1 .0", "1. 0", "1.0+a b", "1.0\t", "\n1.0\n", " 1.0 ", "V1.0"]


def version_texts():
    texts = list(BROKEN)
    for release in RELEASES:
        texts += [release, "v" + release, "1!" + release, "0!" + release]
    everything = list(itertools.product(PRES, POSTS, DEVS, LOCALS))
    for parts in RANDOM.sample(everything, 700):
        texts.append(RANDOM.choice(RELEASES) + "".join(parts))
    for _ in range(300):
        text = list(RANDOM.choice(RELEASES) + "".join(RANDOM.choice(everything)))
        at = RANDOM.randrange(len(text))
        text[at] = RANDOM.choice("0.-_+!avrcdpe* ")
        texts.append("".join(text))
    return list(dict.fromkeys(texts))


def escaped(text):
    return text.replace("\t", "\\t").replace("\n", "\\n")


def versions():
    lines = ["# text <tab> normal form, or nothing where it is no version"]
    for text in version_texts():
        try:
            lines.append(f"{escaped(text)}\t{Version(text)}")
        except InvalidVersion:
            lines.append(f"{escaped(text)}\t")
    write("versions.tsv", lines)


def order():
    parsed = []
    for text in version_texts():
        try:
            parsed.append(Version(text))
        except InvalidVersion:
            pass
    lines = ["# ascending; equal versions share a line, separated by tabs"]
    for _, group in itertools.groupby(sorted(parsed, key=lambda v: (v, str(v)))):
        lines.append("\t".join(dict.fromkeys(str(v) for v in group)))
    write("order.tsv", lines)


# ---------------------------------------------------------------------------- specifiers

CANDIDATES = ["0", "0.dev0", "0.9", "1", "1.dev1", "1.0a1", "1.0a1.dev1", "1.0a1.post1", "1.0a1+x",
              "1.0a2", "1.0b1", "1.0rc1", "1.0rc1.post2.dev3", "1.0", "1.0.0", "1.0.0.0.0",
              "1.0+x", "1.0+x.1", "1.0+1", "1.0.post0.dev0", "1.0.post1.dev1", "1.0.post1",
              "1.0.post1+x", "1.0.post2", "1.0.1.dev0", "1.0.1a1", "1.0.1", "1.0.0.1", "1.1.dev0",
              "1.1a1", "1.1", "1.1+x", "1.2.3.4", "1.2.3.4.5", "1.2.3.4.5.post1", "1.10", "2.dev0",
              "2.0a1", "2", "2.0.post1", "2.1", "3", "65536", "65536.0.1", "1!0", "1!1.0a1",
              "1!1.0", "1!1.0.1", "1!2", "1.0.dev1", "1.0.dev1+x", "1.0.dev2", "1.2.4"]
OPERANDS = ["0", "1", "1.0", "1.0.0", "1.0.0.0.0", "1.1", "1.2.3.4", "1.2.3.4.5", "2", "2.0",
            "1.0a1", "1.0a1.dev1", "1.0a1.post1", "1.0rc1", "1.0.dev1", "1.0.post1",
            "1.0.post1.dev1", "1!1.0", "1!1", "65536", "65536.0", "v1.0", "1.0-1", "1.0.POST",
            "1.0+x", "1.0+1", "1.0.post1+x", "1.0a1+x", "1.0.dev1+x", "1.0.1", "1.10", "01.0"]
OPERATORS = ["==", "!=", "<", "<=", ">", ">=", "~=", "==="]
BROKEN_SPECIFIERS = ["1.0", "=1.0", "=>1.0", "<>1.0", "==", ">=", "== ", "~=1", "~=1a1", "==1.0.a1.*",
                     "==1.0a1.*", "==1.0.dev1.*", "==1.0.post1.*", "==1.0+x.*", ">=1.0.*", "~=1.0.*",
                     "<1.*", "==*", "==1.*.*", "==1*", ">= 1.0", ">=1.0 ", " >=1.0", "> =1.0",
                     ">=1.0 <2", "===a b", "===a;b", "===foo", "=== 1.0", "===1.0.*", "!==1.0",
                     "~==1.0", "====1.0", "==1.0,", "==v1.*", "==1!1.*", ">=", "==1.0.", "~=1.0+x",
                     "~=1.0.0.0", "~=1.0a1", "~=1.0.post1", "~=1!1.0", "~=1.0.dev1"]


def specifiers():
    texts = [op + operand for op in OPERATORS for operand in OPERANDS]
    texts += [op + operand + ".*" for op in ("==", "!=") for operand in OPERANDS]
    texts += BROKEN_SPECIFIERS
    lines = ["# candidates, in the order of the bits", "@\t" + "\t".join(CANDIDATES),
             "# specifier <tab> one digit for each candidate <tab> P if it admits pre-releases; "
             "or nothing where it is no specifier"]
    for text in dict.fromkeys(texts):
        try:
            specifier = Specifier(text)
        except InvalidSpecifier:
            lines.append(f"{text}\t")
            continue
        bits = "".join(str(int(specifier.contains(Version(c), prereleases=True))) for c in CANDIDATES)
        lines.append(f"{text}\t{bits}\t{'P' if specifier.prereleases else ''}")
    write("specifiers.tsv", lines)


SETS = ["", ",", ">=1.0,<2", ">=1.0,<2,", ",>=1", ">=1,,<2", ">=1.0, !=1.1, <2.0", "==1.*,!=1.0.*",
        "~=1.0,>1.0", "===1.0,>=0", ">=1 , <2", ">=1;<2", "(>=1)", ">=1,<2a1", "!=1.0a1,>=1",
        ">1.0,<1.1", ">=1.0+x,<2", "~=1.0,~=1"]


def specifier_sets():
    lines = ["# candidates, in the order of the bits", "@\t" + "\t".join(CANDIDATES),
             "# as specifiers.tsv"]
    for text in SETS:
        try:
            specifier = SpecifierSet(text)
        except InvalidSpecifier:
            lines.append(f"{text}\t")
            continue
        bits = "".join(str(int(specifier.contains(Version(c), prereleases=True))) for c in CANDIDATES)
        lines.append(f"{text}\t{bits}\t{'P' if specifier.prereleases else ''}")
    write("specifier-sets.tsv", lines)


# ---------------------------------------------------------------------------- markers

ENVIRONMENTS = [
    {"os_name": "posix", "sys_platform": "linux", "platform_machine": "x86_64",
     "platform_python_implementation": "CPython", "platform_release": "6.1.0",
     "platform_system": "Linux", "platform_version": "#1 SMP", "implementation_name": "cpython",
     "python_version": "3.12", "python_full_version": "3.12.1", "implementation_version": "3.12.1",
     "extra": ""},
    {"os_name": "nt", "sys_platform": "win32", "platform_machine": "AMD64",
     "platform_python_implementation": "CPython", "platform_release": "10",
     "platform_system": "Windows", "platform_version": "10.0.22621", "implementation_name": "cpython",
     "python_version": "3.8", "python_full_version": "3.8.10", "implementation_version": "3.8.10",
     "extra": "foo-bar"},
    {"os_name": "posix", "sys_platform": "darwin", "platform_machine": "arm64",
     "platform_python_implementation": "PyPy", "platform_release": "23.1.0",
     "platform_system": "Darwin", "platform_version": "Darwin Kernel 23",
     "implementation_name": "pypy", "python_version": "3.10", "python_full_version": "3.10.13",
     "implementation_version": "7.3.15", "extra": "x"},
    {"os_name": "posix", "sys_platform": "linux", "platform_machine": "aarch64",
     "platform_python_implementation": "CPython", "platform_release": "5.15",
     "platform_system": "Linux", "platform_version": "1", "implementation_name": "cpython",
     "python_version": "3.14", "python_full_version": "3.14.0rc1",
     "implementation_version": "3.14.0rc1", "extra": "y"},
]
VERSION_VARIABLES = ["python_version", "python_full_version", "implementation_version",
                     "platform_release"]
TEXT_VARIABLES = ["os_name", "sys_platform", "platform_machine", "platform_python_implementation",
                  "platform_system", "platform_version", "implementation_name", "os.name",
                  "sys.platform", "platform.version", "platform.machine",
                  "platform.python_implementation", "python_implementation"]
VERSION_LITERALS = ["3.8", "3.10", "3.12", "3", "3.12.*", "3.*", "3.14", "3.14.0", "3.14.0rc1",
                    "2.7, 3.8", "3.8 3.12", "", "abc", "3.12.1", "6.1", " 3.12 ", "3.10.13", ">=3"]
TEXT_LITERALS = ["posix", "linux", "win", "CPython", "x86_64 aarch64", "", "10", "1", "Linux"]
MARKER_OPERATORS = ["==", "!=", "<", "<=", ">", ">=", "~=", "===", "in", "not in"]
WHOLE = [
    "python_version >= '3.8' and python_version < '3.13'",
    "python_version < '3' or os_name == 'posix' and sys_platform == 'linux'",
    "(python_version < '3' or os_name == 'posix') and sys_platform == 'linux'",
    "((os_name == 'nt'))",
    "os_name == 'nt' or (os_name == 'posix' or sys_platform == 'x')",
    "os_name == 'nt' and (os_name == 'posix' and (sys_platform == 'x' or os_name == 'a'))",
    "extra == 'Foo_Bar'", "'FOO.bar' == extra", "extra != 'foo--bar'", "extra == ''",
    "extra == 'x' or extra == 'y'", "extra == 'x' and os_name == 'posix'",
    "python_version>='3.8'and os_name=='posix'", "os_name=='a'or'b'==os_name",
    "'linux' in sys_platform", "sys_platform in 'linux darwin'", "'3' not in python_version",
    "os_name   not   in   'nt'", "os_name notin 'nt'", "os_name == \"it's\"", "os_name == 'a\"b'",
    "os_name == 'a\"", "os_name ==", "== 'a'", "os_name 'a'", "os_name = 'a'", "os_nam == 'a'",
    "(os_name == 'a'", "os_name == 'a')", "os_name == 'a' and", "and os_name == 'a'", "",
    "os_name == 'a' os_name == 'b'", "os_name == 'a' && os_name == 'b'", "os_name == 'a' AND os_name == 'b'",
    "os_name == a", "python_version >= 3.8", "(python_version >= '3.8')and(os_name == 'posix')",
    "os_name == 'posix' # comment", "'x' in extras and 'y' not in dependency_groups",
    "implementation_name == 'cpython' and implementation_version >= '3.8'",
    "os_name == 'posix' or os_name == 'nt' and extra == 'q' or sys_platform == 'win32'",
]


def marker_texts():
    texts = list(WHOLE)
    combinations = itertools.product(VERSION_VARIABLES, MARKER_OPERATORS, VERSION_LITERALS)
    for variable, operator, literal in RANDOM.sample(list(combinations), 300):
        texts.append(f'{variable} {operator} "{literal}"')
        texts.append(f'"{literal}" {operator} {variable}')
    combinations = list(itertools.product(TEXT_VARIABLES, MARKER_OPERATORS, TEXT_LITERALS))
    for variable, operator, literal in RANDOM.sample(combinations, 150):
        texts.append(f"{variable} {operator} '{literal}'")
        texts.append(f"'{literal}'{' ' if operator[0] in 'in' else ''}{operator} {variable}")
    return list(dict.fromkeys(texts))


def unlike_ours(text):
    """A value that is no version never matches a valid specifier there, not even with `!=`; the
    specification asks for the comparison of texts, which is what we do."""
    if not text.startswith('"'):
        return False
    literal = text.split('"')[1].strip()
    try:
        Version(literal)
    except InvalidVersion:
        return any(v in text for v in VERSION_VARIABLES)
    return False


def markers():
    lines = ["# marker <tab> normal form <tab> one digit for each environment, - where undefined; "
             "or nothing where it is no marker"]
    for text in marker_texts():
        try:
            marker = Marker(text)
        except InvalidMarker:
            lines.append(f"{text}\t")
            continue
        if unlike_ours(text):
            continue
        bits = ""
        for environment in ENVIRONMENTS:
            extras = {environment["extra"]} - {""}
            scope = {"extras": extras, "dependency_groups": {"z"}, **environment}
            try:
                bits += str(int(marker.evaluate(scope, context="lock_file")))
            except UndefinedComparison:
                bits += "-"
        lines.append(f"{text}\t{marker}\t{bits}")
    write("markers.tsv", lines)
    text = json.dumps(ENVIRONMENTS, indent=1) + "\n"
    (HERE / "environments.json").write_text(text, encoding="utf-8", newline="\n")


# ---------------------------------------------------------------------------- requirements

REQUIREMENTS = [
    "foo", "Foo_Bar.baz", " foo ", "foo>=1.0", "foo >= 1.0 , < 2", "foo (>=1.0,<2)", "foo(==1.0)",
    "foo()", "foo ( )", "foo[bar]", "foo [ bar , Baz_Q ] >=1", "foo[]", "foo[a,]", "foo[a b]",
    "foo[,a]", "foo[a", "foo]a[", "foo[a][b]", "foo@https://index.example/foo.whl",
    "foo @ https://index.example/foo-1.0.tar.gz", "foo @ https://index.example/foo.zip ; os_name == 'a'",
    "foo @ https://index.example/foo.zip os_name == 'a'", "foo @ https://index.example/foo.zip  ",
    "foo[a,b] @ git+https://host.example/foo@main#subdirectory=x", "foo @ file:///tmp/foo.whl", "foo @",
    "foo @ ", "foo; os_name == 'posix'", "foo;os_name=='posix'", "foo>=1;python_version<'3'",
    "foo >=1 ; (python_version<'3' or extra == 'X_y')", "foo ; ", "foo;", "foo>=1;", "", " ", ">=1.0",
    "-foo", "foo-", "foo bar", "foo>=1 bar", "foo==1.0.*", "foo>=1.0.*", "foo===1.0", "foo===abc",
    "foo===1.0,>=2", "foo~=1", "foo~=1.0", "foo>=1.0,", "foo>=1.0,<2,", "foo,>=1", "foo>=", "foo=1.0",
    "foo==1.0+local", "foo>=1.0+local", "foo 1.0", "foo(1.0)", "foo(>=1", "foo>=1)", "foo (>=1))",
    "foo (>=1) <2", "foo!=1.0,!=1.1.*", "foo<2,>=1", "f", "0", "foo >1.0 <2.0", "foo[a]>=1; extra=='a'",
    "foo\t>=1", "foo;;os_name=='a'", "foo#bar", "foo>=1#egg", "foo[a.b-c_d]", "foo[-a]",
    "foo>=v1.0", "foo>=1.0-1", "foo @ https://index.example/a;b", "requests[security,tests]>=2.8.1,==2.8.*;python_version<'2.7'",
]


def requirements():
    lines = ["# requirement <tab> name <tab> extras <tab> specifiers, sorted <tab> URL <tab> marker; "
             "or nothing where it is none"]
    for text in REQUIREMENTS:
        try:
            requirement = Requirement(text)
        except InvalidRequirement:
            lines.append(f"{escaped(text)}\t")
            continue
        fields = [
            escaped(text),
            canonicalize_name(requirement.name),
            ",".join(sorted(canonicalize_name(e) for e in requirement.extras)),
            ",".join(sorted(normal(s) for s in requirement.specifier)),
            requirement.url or "",
            str(requirement.marker or ""),
        ]
        lines.append("\t".join(fields))
    write("requirements.tsv", lines)


def normal(specifier):
    version = specifier.version
    if specifier.operator == "===":
        return str(specifier)
    if version.endswith(".*"):
        return f"{specifier.operator}{Version(version[:-2])}.*"
    return f"{specifier.operator}{Version(version)}"


if __name__ == "__main__":
    versions()
    order()
    specifiers()
    specifier_sets()
    markers()
    requirements()
