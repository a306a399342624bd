#!/usr/bin/env python3
"""What the hook of `naja hook` costs at a prompt, in bash, zsh and fish.

    bench/hook.py [--naja NAJA] [--rounds N]

For each shell a script calls the hook as the shell does before a prompt, many
times in the same directory ("unchanged"), and as often after changing between
two projects with environments that are allowed ("switched"), or between two
directories without any ("changed"). The time of the same script without the
hook is taken off. Printed are the medians of the rounds, in milliseconds a
prompt; the exit status is 1 when one is not below five.
"""

import argparse
import os
import pathlib
import shutil
import statistics
import subprocess
import sys
import tempfile
import time

LIMIT_MS = 5.0
PROMPTS = {"unchanged": 5000, "changed": 200, "switched": 200}

POSIX = """
{setup}
at_a_prompt() {{ {hook}; }}
cd {first}; at_a_prompt
i=0
while [ $i -lt {prompts} ]; do
    cd {first}; at_a_prompt
    cd {second}; at_a_prompt
    i=$((i+2))
done
"""

FISH = """
{setup}
function at_a_prompt; {hook}; end
cd {first}; at_a_prompt
for i in (seq 1 2 {prompts})
    cd {first}; at_a_prompt
    cd {second}; at_a_prompt
end
"""

SHELLS = {
    "bash": (["bash", "--norc"], POSIX, 'eval "$({naja} hook bash)"', "_naja_hook"),
    "zsh": (["zsh", "-f"], POSIX, 'eval "$({naja} hook zsh)"', "_naja_hook"),
    "fish": (["fish", "--no-config"], FISH, "{naja} hook fish | source", "_naja_hook"),
}


def directories(work, naja, variables):
    """Two projects with allowed environments, two directories without."""
    for name in ("stone", "azk", "plain", "other"):
        (work / name).mkdir()
    for name in ("stone", "azk"):
        for words in (["venv", "-q"], ["allow", "-q"]):
            subprocess.run([naja, *words], cwd=work / name, env=variables, check=True)
    return {
        "unchanged": (work / "stone", work / "stone"),
        "changed": (work / "plain", work / "other"),
        "switched": (work / "stone", work / "azk"),
    }


def seconds(words, script, variables):
    begin = time.perf_counter()
    subprocess.run([*words, script], env=variables, check=True, stdout=subprocess.DEVNULL)
    return time.perf_counter() - begin


def cost(shell, naja, places, prompts, rounds, variables):
    """Milliseconds that one prompt costs."""
    words, template, setup, hook = SHELLS[shell]
    found = []
    with tempfile.TemporaryDirectory() as scratch:
        for _ in range(rounds):
            times = []
            for count, call in ((prompts, hook), (prompts, ":"), (0, hook), (0, ":")):
                script = pathlib.Path(scratch, "script")
                script.write_text(
                    template.format(
                        setup=setup.format(naja=naja),
                        hook=call,
                        first=places[0],
                        second=places[1],
                        prompts=count,
                    )
                )
                times.append(seconds(words, str(script), variables))
            with_hook, without, base_with, base_without = times
            found.append((with_hook - without - (base_with - base_without)) * 1000 / prompts)
    return statistics.median(found)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    root = pathlib.Path(__file__).resolve().parent.parent
    parser.add_argument("--naja", default=root / "target/release/naja", type=pathlib.Path)
    parser.add_argument("--rounds", default=5, type=int)
    options = parser.parse_args()
    naja = options.naja.resolve()
    slow = False
    with tempfile.TemporaryDirectory(prefix="naja-hook-") as scratch:
        work = pathlib.Path(scratch).resolve()
        variables = {
            "HOME": str(work),
            "PATH": f"{os.environ['PATH']}",
            "NAJA_CACHE_DIR": str(work / "cache"),
            "LANG": "C.UTF-8",
        }
        places = directories(work, naja, variables)
        print("| shell | " + " | ".join(f"{what}, ms" for what in PROMPTS) + " |")
        print("| --- | " + " | ".join("---:" for _ in PROMPTS) + " |")
        for shell in SHELLS:
            if shutil.which(shell) is None:
                print(f"| {shell} | " + " | ".join("not here" for _ in PROMPTS) + " |")
                continue
            row = []
            for what, prompts in PROMPTS.items():
                found = cost(shell, naja, places[what], prompts, options.rounds, variables)
                slow = slow or found >= LIMIT_MS
                row.append(f"{found:.3f}")
            print(f"| {shell} | " + " | ".join(row) + " |", flush=True)
    return int(slow)


if __name__ == "__main__":
    sys.exit(main())
