"""Reads `pylock.toml` and `uv.lock` as an installer does, for environments that
are not this one: which versions they give to a choice of extras and groups."""

import functools
import re
import tomllib

PLATFORMS = {
    "linux x86_64": ("linux", "Linux", "posix", "x86_64"),
    "linux aarch64": ("linux", "Linux", "posix", "aarch64"),
    "macos arm64": ("darwin", "Darwin", "posix", "arm64"),
    "windows": ("win32", "Windows", "nt", "AMD64"),
}


def environment(platform, python):
    """The values of markers for a CPython `3.N` on a platform."""
    system, title, name, machine = PLATFORMS[platform]
    return {
        "sys_platform": system, "platform_system": title, "os_name": name, "platform_machine": machine,
        "python_version": python, "python_full_version": f"{python}.4", "implementation_version": f"{python}.4",
        "platform_python_implementation": "CPython", "implementation_name": "cpython",
        "platform_release": "", "platform_version": "",
    }


# --- markers ---------------------------------------------------------------------------

TOKENS = re.compile(r"\s*(?:(\(|\))|('[^']*'|\"[^\"]*\")|(not\s+in|[a-z_.]+|[=<>!~]{1,3}))")
SETS = ("extra", "extras", "dependency_groups")


@functools.cache
def parsed(marker):
    """A marker as nested tuples: ("or", ...), ("and", ...), (left, operator, right)."""
    tokens = [next(part for part in found if part) for found in TOKENS.findall(marker)]

    def joined(word, inner):
        parts = [inner()]
        while tokens and tokens[0] == word:
            tokens.pop(0)
            parts.append(inner())
        return parts[0] if len(parts) == 1 else (word, *parts)

    def atom():
        if tokens[0] == "(":
            tokens.pop(0)
            whole = expression()
            tokens.pop(0)
            return whole
        left, operator, right = tokens.pop(0), tokens.pop(0), tokens.pop(0)
        return (left, " ".join(operator.split()), right)

    def expression():
        return joined("or", lambda: joined("and", atom))

    return expression()


def holds(marker, values, chosen):
    """Whether a marker holds where variables have `values`; `chosen` are the sets
    `extra`, `extras` and `dependency_groups`."""
    return marker is None or evaluated(parsed(marker), values, chosen)


def evaluated(tree, values, chosen):
    if tree[0] == "or":
        return any(evaluated(part, values, chosen) for part in tree[1:])
    if tree[0] == "and":
        return all(evaluated(part, values, chosen) for part in tree[1:])
    left, operator, right = tree
    variable = left if left[0] not in "'\"" else right
    literal = (right if variable is left else left)[1:-1]
    if variable in SETS:
        is_in = literal in chosen.get(variable, ())
        return is_in if operator in ("==", "in") else not is_in
    value = values[variable]
    if variable.endswith("version") and variable != "platform_version":
        return compared(value, operator, literal) if variable is left else compared(literal, operator, value)
    if variable is right:
        value, literal = literal, value
    return {"==": value == literal, "!=": value != literal, "in": value in literal,
            "not in": value not in literal}.get(operator, False)


def release(text):
    numbers = [int(part) for part in re.findall(r"\d+", text.split("rc")[0])]
    while len(numbers) > 1 and numbers[-1] == 0:
        numbers.pop()
    return numbers


def compared(value, operator, literal):
    if operator in ("in", "not in"):
        return (value in re.split(r"[ ,|]+", literal)) == (operator == "in")
    if literal.endswith(".*"):
        wanted = [int(part) for part in literal[:-2].split(".")]
        same = [int(part) for part in value.split(".")][: len(wanted)] == wanted
        return same == (operator == "==")
    a, b = release(value), release(literal)
    if operator == "~=":
        return a >= b and a[: literal.count(".")] == [int(part) for part in literal.split(".")][:-1]
    return {"==": a == b, "===": a == b, "!=": a != b, "<": a < b, "<=": a <= b, ">": a > b, ">=": a >= b}[operator]


# --- the standard's lock ------------------------------------------------------------------


class Pylock:
    def __init__(self, path):
        self.table = tomllib.loads(path.read_text())
        self.packages = self.table["packages"]

    def chosen(self, values, extras, groups):
        """Name and version of what is installed; one version of each, or the lock is wrong."""
        sets = {"extras": extras, "dependency_groups": groups}
        found = {}
        for package in self.packages:
            if holds(package.get("marker"), values, sets):
                if package["name"] in found:
                    raise ValueError(f"two entries of {package['name']}")
                found[package["name"]] = package.get("version")
        return found


# --- uv's lock ----------------------------------------------------------------------------


class UvLock:
    def __init__(self, path, root):
        self.by_name = {}
        for package in tomllib.loads(path.read_text()).get("package", []):
            self.by_name.setdefault(package["name"], []).append(package)
        self.root = root

    def chosen(self, values, extras, groups):
        root = self.by_name[self.root][0]
        length = len(self.root)
        asked = {f"extra-{length}-{self.root}-{extra}" for extra in extras}
        asked |= {f"group-{length}-{self.root}-{group}" for group in groups}
        asked |= {f"project-{length}-{self.root}"}
        found, queue, seen = {}, [], set()
        queue += root.get("dependencies", [])
        for extra in extras:
            queue += root.get("optional-dependencies", {}).get(extra, [])
        for group in groups:
            queue += root.get("dev-dependencies", {}).get(group, [])
        while queue:
            edge = queue.pop()
            if not holds(edge.get("marker"), values, {"extra": asked}):
                continue
            package = self.target(edge)
            for extra in [None, *edge.get("extra", ())]:
                if (id(package), extra) in seen:
                    continue
                seen.add((id(package), extra))
                optional = package.get("optional-dependencies", {})
                queue += package.get("dependencies", []) if extra is None else optional.get(extra, [])
            if not {"virtual"} & package["source"].keys():
                found[package["name"]] = package.get("version")
        return found

    def target(self, edge):
        packages = self.by_name[edge["name"]]
        fitting = [one for one in packages if edge.get("version") in (None, one.get("version"))
                   and edge.get("source") in (None, one["source"])]
        if len(fitting) != 1:
            raise ValueError(f"{len(fitting)} entries for {edge}")
        return fitting[0]
