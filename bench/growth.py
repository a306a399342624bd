#!/usr/bin/env python3
"""Shows how the work of resolving grows with the number of packages.

    bench/growth.py [--naja NAJA] [--uv UV] [--python PYTHON] [--rounds N] [--svg FILE] [--universal] [SIZE ...]

Made-up universes without conflicts: package number i of n has twenty versions
and asks for up to five of the packages after it, always for more than one
version. Both tools compile each universe again and again with a warm cache;
printed are the medians of the processor time, what one package costs, and a plot.
"""

import hashlib
import json
import pathlib
import random
import shutil
import signal
import statistics
import tempfile

import compare
import plot

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


def main():
    parser = compare.arguments(__doc__, rounds=7)
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
        rows = [(size, {(tool, "compile"): time for tool, time in times.items()}) for size, times in rows]
        options.svg.write_text(plot.svg(rows, {"compile": "none"}, ("{top}; packages below",)))


if __name__ == "__main__":
    main()
