# Activates this virtual environment in xonsh. It must be sourced:
#     source path/to/activate.xsh
# "deactivate" puts everything back.

def _naja_activate():
    import os
    old = {name: __xonsh__.env.get(name) for name in ("PATH", "PYTHONHOME", "PROMPT")}
    if "deactivate" in aliases:
        aliases["deactivate"]([])
        old = {name: __xonsh__.env.get(name) for name in ("PATH", "PYTHONHOME", "PROMPT")}
    old_path = list(old["PATH"] or [])

    def deactivate(args):
        __xonsh__.env["PATH"] = old_path
        if old["PYTHONHOME"] is not None:
            __xonsh__.env["PYTHONHOME"] = old["PYTHONHOME"]
        for name in ("VIRTUAL_ENV", "VIRTUAL_ENV_PROMPT"):
            __xonsh__.env.pop(name, None)
        del aliases["deactivate"]

    root = @ROOT@
    __xonsh__.env["VIRTUAL_ENV"] = root
    # xonsh shows the name of VIRTUAL_ENV_PROMPT or VIRTUAL_ENV in its own prompt.
    __xonsh__.env["VIRTUAL_ENV_PROMPT"] = @PROMPT@
    __xonsh__.env["PATH"] = [os.path.join(root, @BIN@)] + old_path
    __xonsh__.env.pop("PYTHONHOME", None)
    aliases["deactivate"] = deactivate


_naja_activate()
del _naja_activate
