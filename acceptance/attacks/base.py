"""The sandbox of hostile inputs, and what "refused" means."""

import common
from common import expect
from rows.fixtures import Box

ATTACKS = []
ESCAPE = "\x1b"


def attack(title):
    """Registers a hostile input under `title`."""
    def register(check):
        ATTACKS.append((title, check))
        return check
    return register


class Target(Box):
    """A sandbox with an environment, and a directory outside of it to be hurt."""

    def __init__(self, options):
        super().__init__(options)
        self.env = self.venv()
        self.reasons = []
        self.victim = self.path / "victim"
        self.victim.mkdir()
        (self.victim / "precious.txt").write_text("precious\n")
        self.variables.update({f"{tool}_HTTP_RETRIES": "1" for tool in ("NAJA", "UV")})

    @property
    def site(self):
        return common.site_packages(self.env)

    def picture(self):
        """Everything that a refused command must leave as it was."""
        places = {"work": self.work, "home": self.home, "victim": self.victim}
        picture = {f"{name}/{path}": text for name, place in places.items()
                   for path, text in common.snapshot(place).items()}
        picture.pop("work/.venv/.lock", None)
        beside = sorted(path.name for path in self.path.iterdir())
        return picture | {"beside": str([name for name in beside if name != "cache"])}

    def harmless(self, *words, timeout=60, **keywords):
        """Runs a command that may succeed or fail, but neither crashes, nor hangs,
        nor prints escapes, nor changes anything."""
        before = self.picture()
        result = self.run(*words, timeout=timeout, **keywords)
        changed = common.difference(before, self.picture())
        expect(not changed, f"something changed\n{changed}\n{result}")
        expect(ESCAPE not in result.text, f"an escape reached the terminal\n{result.text!r}")
        return result

    def refused(self, *words, **keywords):
        """Runs a command that must fail, with a reason, and change nothing."""
        result = self.harmless(*words, **keywords)
        expect(result.status in (1, 2), f"not refused\n{result}")
        expect(result.stderr.strip(), f"refused without a reason\n{result}")
        expect(len(result.text) < 20_000, f"{len(result.text)} characters are said: {result.text[:300]} ...")
        self.reasons.append(reason(result.stderr))
        return result


def reason(message):
    """The most exact line of an error message, shortened."""
    lines = [line.strip() for line in message.splitlines() if line.strip()]
    lines = [line for line in lines if not line.startswith(("hint:", "Resolved", "warning:"))] or lines
    return (lines or [""])[-1][:160]
