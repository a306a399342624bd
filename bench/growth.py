#!/usr/bin/env python3
"""Shows how the work of resolving grows with the number of packages.

    bench/growth.py [--naja NAJA] [--uv UV] [--python PYTHON] [--rounds N] [--svg FILE] [--universal] [SIZE ...]

Made-up universes without conflicts: package number i of n has twenty versions
and asks for up to five of the packages after it, always for more than one
version. Both tools compile each universe again and again with a warm cache;
printed are the medians of the processor time, what one package costs, and a plot.
"""

import argparse
import hashlib
import json
import os
import pathlib
import random
import shutil
import signal
import statistics
import sys
import tempfile

import compare

VERSIONS = 20
ASKS = 5


def wheel(name, number):
    return f"{name}-{number}.0-py3-none-any.whl"


def write_universe(data, size):
    """Writes pages and metadata in the form that bench-server serves."""
    (data / "pages").mkdir(parents=True)
    (data / "files").mkdir()
    chance = random.Random(size)
    for place in range(size):
        name = f"p{place}"
        later = range(place + 1, min(size, place + 40))
        asked = sorted(chance.sample(later, min(ASKS, len(later))))
        needs = "".join(f"Requires-Dist: p{other}>={chance.randint(1, 5)}.0\n" for other in asked)
        files = []
        for number in range(1, VERSIONS + 1):
            metadata = f"Metadata-Version: 2.1\nName: {name}\nVersion: {number}.0\n{needs}\n"
            file = wheel(name, number)
            (data / "files" / f"{file}.metadata").write_text(metadata)
            digest = {"sha256": hashlib.sha256(metadata.encode()).hexdigest()}
            files.append(
                {
                    "filename": file,
                    "url": "{BASE}/packages/" + file,
                    "hashes": {"sha256": hashlib.sha256(file.encode()).hexdigest()},
                    "requires-python": None,
                    "size": 10_000,
                    "upload-time": "2024-01-01T00:00:00.000000Z",
                    "yanked": False,
                    "core-metadata": digest,
                    "data-dist-info-metadata": digest,
                }
            )
        page = {
            "meta": {"api-version": "1.4"},
            "name": name,
            "versions": [f"{number}.0" for number in range(1, VERSIONS + 1)],
            "files": files,
        }
        (data / "pages" / f"{name}.json").write_text(json.dumps(page))


def measure(bench, size):
    """The median processor seconds of a warm compile of the universe, by tool."""
    data = bench.fresh("data")
    write_universe(data / "d", size)
    requirements = data / "requirements.in"
    requirements.write_text("".join(f"p{place}\n" for place in range(0, size, 40)))
    compare.DATA = data / "d"
    server, port = compare.serve(bench.options.server)
    try:
        url = f"http://localhost:{port}/simple/"
        taken = {tool: [] for tool in compare.TOOLS}
        caches = {tool: bench.fresh("cache") for tool in compare.TOOLS}
        for number in range(bench.options.rounds + 1):
            for tool in compare.TOOLS:
                words = [bench.programs[tool], "pip", "compile", "-p", bench.options.python]
                words += ["--universal"] if bench.options.universal else []
                environment = bench.environment(caches[tool], url)
                run = compare.Run([*words, requirements], environment, bench.scratch)
                if number:
                    taken[tool].append(run.cpu)
    finally:
        server.send_signal(signal.SIGTERM)
    return {tool: statistics.median(seconds) for tool, seconds in taken.items()}


def svg(rows):
    """A plot of milliseconds over packages, one line for each tool."""
    wide, high, edge = 640, 360, 50
    most, top = rows[-1][0], max(max(times.values()) for _, times in rows)
    at = lambda size, time: (
        edge + (wide - 2 * edge) * size / most,
        high - edge - (high - 2 * edge) * time / top,
    )
    lines = [f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {wide} {high}" font-size="12">']
    lines.append(f'<rect width="{wide}" height="{high}" fill="white"/>')
    for tool, colour in zip(compare.TOOLS, ("#0a7", "#b50")):
        points = " ".join("{:.1f},{:.1f}".format(*at(size, times[tool])) for size, times in rows)
        lines.append(f'<polyline points="{points}" fill="none" stroke="{colour}" stroke-width="2"/>')
        x, y = at(rows[-1][0], rows[-1][1][tool])
        lines.append(f'<text x="{x + 4:.0f}" y="{y:.0f}" fill="{colour}">{tool}</text>')
    for size, _ in rows:
        x, y = at(size, 0)
        lines.append(f'<text x="{x:.0f}" y="{y + 16:.0f}" text-anchor="middle">{size}</text>')
    lines.append(f'<text x="4" y="{edge - 8}">{1000 * top:.0f} ms; packages below</text></svg>')
    return "\n".join(lines)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    built = compare.HERE.parent / "target/release"
    parser.add_argument("--naja", default=str(built / "naja"))
    parser.add_argument("--server", default=str(built / "bench-server"))
    parser.add_argument("--runner", default=str(built / "bench-run"))
    parser.add_argument("--uv", default=shutil.which("uv") or "uv")
    parser.add_argument("--python", default=sys.executable)
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--dir", default="/dev/shm" if os.path.isdir("/dev/shm") else None)
    parser.add_argument("--svg", type=pathlib.Path)
    parser.add_argument("--universal", action="store_true")
    parser.add_argument("sizes", nargs="*", type=int, default=[50, 100, 200, 400, 800])
    options = parser.parse_args()
    compare.Run.runner = options.runner
    bench = compare.Bench(options)
    rows = []
    try:
        print(f"{'packages':>8} {'naja ms':>9} {'us each':>8} {'uv ms':>9} {'us each':>8}")
        for size in sorted(options.sizes):
            times = measure(bench, size)
            rows.append((size, times))
            cells = [(1000 * times[tool], 1e6 * times[tool] / size) for tool in compare.TOOLS]
            print("{:>8} {:>9.1f} {:>8.0f} {:>9.1f} {:>8.0f}".format(size, *cells[0], *cells[1]))
    finally:
        shutil.rmtree(bench.scratch, ignore_errors=True)
    if options.svg:
        options.svg.write_text(svg(rows))


if __name__ == "__main__":
    main()
