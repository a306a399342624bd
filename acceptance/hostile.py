#!/usr/bin/env python3
"""Feeds hostile archives, indexes, environments and texts to the program under
test. Each must be refused: a status of 1 or 2 and a reason, no crash, no hang,
no escape sequence on the terminal, and everything (the environment, the files
around it, the home) byte for byte as it was. Inputs that need not be refused
must do no harm.

    acceptance/hostile.py [--program PROGRAM] [--python PYTHON] [--only TITLE]...
"""

import common
from attacks import archives, base, inside, locks, servers, texts  # noqa: F401


def strike(check, options):
    """Tries one input in a sandbox of its own; why it was refused."""
    with base.Target(options) as box:
        check(box)
        return "; ".join(dict.fromkeys(box.reasons))[:400]


def main():
    options = common.arguments(__doc__)
    report = common.Report(options.only)
    for title, check in base.ATTACKS:
        report.check(title, strike, check, options)
    return report.finish()


if __name__ == "__main__":
    raise SystemExit(main())
