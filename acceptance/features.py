#!/usr/bin/env python3
"""Plays the acceptance checks of the feature table, each named by its row,
against an index of small fixtures that the script serves itself on loopback.

    acceptance/features.py [--program PROGRAM] [--python PYTHON] [--only ROW]...
"""

import common
from rows import declaring, environments, fixtures, indexes, installing, locking, resolving, running, together  # noqa: F401


def play(check, options):
    """Makes one check in a sandbox of its own."""
    with fixtures.Box(options) as box:
        return check(box)


def main():
    options = common.arguments(__doc__)
    report = common.Report(options.only)
    for check in fixtures.ROWS:
        title = check.__doc__.strip().splitlines()[0]
        report.check(f"{check.__name__}  {title}", play, check, options)
    return report.finish()


if __name__ == "__main__":
    raise SystemExit(main())
