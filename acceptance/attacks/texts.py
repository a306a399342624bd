"""Hostile requirements, files and scripts."""

from attacks.base import ESCAPE, attack


def install(box, text, **keywords):
    """A requirements file that must be refused."""
    box.write("r.txt", text)
    return box.refused("pip", "install", "-r", "r.txt", **keywords)


@attack("requirements: a file that includes itself")
def itself(box):
    install(box, "-r r.txt\n-r absent.txt\n")


@attack("requirements: files that include each other")
def cycle(box):
    box.write("b.txt", "-r r.txt\n-c r.txt\nabsent-package\n")
    install(box, "-r b.txt\n")


@attack("requirements: three thousand files deep")
def deep(box):
    for number in range(3000):
        box.write(f"d{number}.txt", f"-r d{number + 1}.txt\n")
    install(box, "-r d0.txt\n")


@attack("requirements: each file includes the next one twice, forty deep")
def doubling(box):
    for number in range(40):
        box.write(f"d{number}.txt", f"-r d{number + 1}.txt\n-r d{number + 1}.txt\n")
    install(box, "-r d0.txt\n")


for title, text in (
    ("a marker of 100,000 brackets", "harry; " + "(" * 100_000 + "python_version > '3'" + ")" * 100_000),
    ("a marker of 100,000 alternatives", "absent; " + " or ".join(["python_version > '3'"] * 100_000)),
    ("a marker in conjunctive form", "absent; " + " and ".join(
        f"(python_version != '{n}' or sys_platform == 'x{n}')" for n in range(2000))),
    ("a version of a million digits", "harry==" + "1" * 1_000_000),
    ("a version of 100,000 parts", "harry==" + ".".join(["1"] * 100_000)),
    ("100,000 specifiers", "harry" + ",".join(["!=9.9"] * 100_000) + ",>99"),
    ("a line of ten megabytes", "x" * 10_000_000),
    ("a million continuations", "harry \\\n" * 1_000_000 + "=="),
    ("binary", "\0\1\2\ufffe" * 1000),
    ("escapes", f"{ESCAPE}[31mharry{ESCAPE}[0m==1"),
    ("an option that is none", "--no-such-option\nharry\n"),
    ("an absent file", "-r absent.txt\n"),
    ("an absent constraint", "-c absent.txt\nharry\n"),
    ("a name that is a path", "../../etc/passwd\n"),
    ("a URL of an unknown scheme", "harry @ gopher://127.0.0.1/harry-1.0-py3-none-any.whl\n"),
    ("an option for git in a URL", "harry @ git+ssh://-oProxyCommand=touch%20ran/x\n"),
    ("an option for git in a revision", "harry @ git+file:///nonexistent@--upload-pack=touch+ran\n"),
    ("a hash that is none", "harry==1.0 --hash=sha256:xyz\n"),
    ("an endless variable", "harry==${A}\n" * 3 + "${" * 10_000),
    ("a constraint that contradicts", "-c r.txt\nharry==1\nharry==3\n"),
):
    attack(f"requirements: {title}")(lambda box, text=text: install(box, text))


@attack("requirements: a device")
def device(box):
    box.refused("pip", "install", "-r", "/dev/null/x")
    box.refused("pip", "install", "-r", box.work)


for title, text in (
    ("two blocks", "# /// script\n# dependencies = []\n# ///\n\n# /// script\n# dependencies = []\n# ///\nprint(1)\n"),
    ("broken TOML", "# /// script\n# dependencies = [\n# ///\nprint(1)\n"),
    ("TOML nested 50,000 deep", "# /// script\n# dependencies = " + "[" * 50_000 + "\n# ///\nprint(1)\n"),
    ("a dependency that is none", "# /// script\n# dependencies = ['>>>']\n# ///\nprint(1)\n"),
    ("a Python that nobody has", "# /// script\n# requires-python = '>=9'\n# dependencies = []\n# ///\nprint(1)\n"),
):
    def script(box, text=text):
        box.write("s.py", text)
        box.refused("run", "s.py")
    attack(f"script: {title}")(script)


@attack("command line: strange words")
def words(box):
    for line in (["pip", "install", "\x1b[31m"], ["pip", "install", "a" * 100_000], ["pip", "show", "../../x"],
                 ["pip", "install", "-p", "\x1b[31mnowhere", "harry"], ["venv", "-p", "3.99"], ["no-such-command"],
                 ["pip", "install", "--index-url", "not a url", "harry"], ["pip", "install", ""],
                 ["pip", "install", "--link-mode", "none", "harry"], ["run", "absent-program"]):
        box.refused(*line)


@attack("command line: standard output that is full or closed")
def full_output(box):
    for redirection in (">/dev/full", ">&-", "2>&-", ">/dev/full 2>&1", "| true"):
        for line in ("pip list", "--help", "pip freeze", "python list", "pip install harry"):
            result = box.shell("bash", "-c", f"'{box.program}' {line} {redirection}")
            text = result.text
            assert result.status < 128 and "panicked" not in text, f"{line} {redirection}\n{result}"
