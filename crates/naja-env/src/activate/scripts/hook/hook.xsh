# naja switches environments when the directory changes. To have it in every xonsh:
#     execx($(naja hook xonsh))        in ~/.xonshrc
# At a prompt in the same directory this compares a few words and starts nothing.

def _naja_install():
    import json
    import os
    import shutil
    import subprocess
    import sys

    env = __xonsh__.env
    program = @PROGRAM@
    if not os.access(program, os.X_OK):
        program = shutil.which("naja")
    state = {"pwd": None, "env": env.get("VIRTUAL_ENV") or "", "root": "", "muted": ""}
    watched = {"present": [], "absent": []}
    kept = {}
    told = set()

    def leave(args=None):
        directory = os.path.join(state["root"], "bin")
        path = list(env.get("PATH") or [])
        if directory in path:
            path.remove(directory)
            env["PATH"] = path
        if "PYTHONHOME" in kept:
            env["PYTHONHOME"] = kept.pop("PYTHONHOME")
        for name in ("VIRTUAL_ENV", "VIRTUAL_ENV_PROMPT", "NAJA_HOOK_ENV"):
            env.pop(name, None)
        if aliases.get("deactivate") is not None:
            del aliases["deactivate"]
        state["root"] = ""

    def deactivate(args=None):
        state["muted"] = state["root"]
        leave()
        state["env"] = ""

    def enter(root, name):
        state["root"] = root
        env["PATH"] = [os.path.join(root, "bin")] + list(env.get("PATH") or [])
        env["VIRTUAL_ENV"] = root
        # xonsh shows it in its own prompt.
        env["VIRTUAL_ENV_PROMPT"] = name
        env["NAJA_HOOK_ENV"] = root
        if env.get("PYTHONHOME") is not None:
            kept["PYTHONHOME"] = env.pop("PYTHONHOME")
        aliases["deactivate"] = deactivate

    # Asks naja what belongs to this directory. Without an answer everything stays.
    def look():
        state["pwd"] = env.get("PWD")
        watched.update(present=[], absent=[])
        if not program:
            return
        words = [program, "hook-env", "xonsh", state["root"], state["muted"]]
        said = subprocess.run(words, stdout=subprocess.PIPE, env=env.detype())
        if said.returncode != 0:
            return
        step = json.loads(said.stdout)
        if step["leave"]:
            leave()
        if step["enter"]:
            enter(step["enter"]["root"], step["enter"]["name"])
        if step["unmute"]:
            state["muted"] = ""
        tell = step["tell"]
        if tell and tell["about"] not in told:
            told.add(tell["about"])
            print("naja:", tell["text"], file=sys.stderr)
        watched.update(present=step["present"], absent=step["absent"])
        state["env"] = env.get("VIRTUAL_ENV") or ""

    def hook(**_):
        active = env.get("VIRTUAL_ENV") or ""
        if active != state["env"]:
            # Someone else activated or deactivated: that stays until another environment is near.
            state["muted"] = active or state["root"] or state["muted"]
            if active != state["root"]:
                state["root"] = ""
                env.pop("NAJA_HOOK_ENV", None)
            state["env"] = active
            state["pwd"] = None
        same = (
            state["pwd"] == env.get("PWD")
            and all(os.path.lexists(path) for path in watched["present"])
            and not any(os.path.lexists(path) for path in watched["absent"])
        )
        if not same:
            try:
                look()
            except (OSError, ValueError, KeyError):
                pass

    # A shell inside of one with the hook inherits the environment: this one looks for itself.
    if env.get("NAJA_HOOK_ENV") and env.get("NAJA_HOOK_ENV") == env.get("VIRTUAL_ENV"):
        state["root"] = env["VIRTUAL_ENV"]
        leave()
        state["env"] = ""
    # This comes before the prompt is made, which shows the environment.
    events.on_pre_prompt_format(hook)
    # xonsh forgets what only its events know.
    __xonsh__.naja_hook = hook


_naja_install()
del _naja_install
