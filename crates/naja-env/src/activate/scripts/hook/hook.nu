# naja switches environments when the directory changes. To have it in every nushell:
#     naja hook nu | save -f ($nu.user-autoload-dirs.0 | path join naja-hook.nu)
# At a prompt in the same directory this compares a few words and starts nothing.

# Leave the virtual environment of this directory until another one is near.
def --env deactivate [] {
    let state = $env._NAJA?
    if ($state.root? | default "") != "" {
        _naja_leave
        $env._NAJA = ($env._NAJA | merge { muted: $state.root, env: "" })
    }
}

# Takes out what was put in, and leaves alone what others changed meanwhile.
def --env _naja_leave [] {
    let state = $env._NAJA
    let bin = $state.root | path join bin
    let at = $env.PATH | enumerate | where item == $bin | get index
    if ($at | is-not-empty) {
        $env.PATH = ($env.PATH | drop nth ($at | first))
    }
    if "home" in $state {
        $env.PYTHONHOME = $state.home
    }
    if "prompt" in $state {
        $env.PROMPT_COMMAND = $state.prompt
    }
    # What is hidden comes back with its last value when an overlay goes: so it is emptied first, and
    # hidden at the next prompt.
    load-env { VIRTUAL_ENV: "", VIRTUAL_ENV_PROMPT: "", NAJA_HOOK_ENV: "" }
    $env._NAJA = ($state | reject -o home prompt | merge { root: "" })
}

def --env _naja_enter [root: string, name: string] {
    mut kept = { root: $root }
    $env.PATH = ($env.PATH | prepend ($root | path join bin))
    $env.VIRTUAL_ENV = $root
    $env.VIRTUAL_ENV_PROMPT = $name
    $env.NAJA_HOOK_ENV = $root
    if "PYTHONHOME" in $env {
        $kept = ($kept | merge { home: $env.PYTHONHOME })
        hide-env PYTHONHOME
    }
    let quiet = ($env.VIRTUAL_ENV_DISABLE_PROMPT? | default "") not-in ["" false]
    if not $quiet {
        let old = $env.PROMPT_COMMAND?
        $kept = ($kept | merge { prompt: $old })
        $env.PROMPT_COMMAND = {||
            let rest = match ($old | describe) {
                "closure" => { do $old }
                "nothing" => { "" }
                _ => { $old }
            }
            $"\(($name)\) ($rest)"
        }
    }
    $env._NAJA = ($env._NAJA | merge $kept)
}

# Asks naja what belongs to this directory. Without an answer everything stays.
def --env _naja_look [] {
    let named = @PROGRAM@
    let found = if ($named | path exists) { [$named] } else { which -a naja | get path }
    $env._NAJA = ($env._NAJA | merge { pwd: $env.PWD, present: [], absent: [] })
    if ($found | is-empty) {
        return
    }
    let said = do -i { ^($found | first) hook-env nu $env._NAJA.root $env._NAJA.muted | complete }
    if ($said.exit_code? | default 1) != 0 {
        return
    }
    let step = $said.stdout | from json
    if $step.leave {
        _naja_leave
    }
    if $step.enter != null {
        _naja_enter $step.enter.root $step.enter.name
    }
    if $step.unmute {
        $env._NAJA = ($env._NAJA | merge { muted: "" })
    }
    if $step.tell != null and $step.tell.about not-in $env._NAJA.told {
        print -e $"naja: ($step.tell.text)"
        $env._NAJA = ($env._NAJA | merge { told: ($env._NAJA.told | append $step.tell.about) })
    }
    $env._NAJA = ($env._NAJA | merge {
        present: $step.present
        absent: $step.absent
        env: ($env.VIRTUAL_ENV? | default "")
    })
}

def --env _naja_hook [] {
    if $env.VIRTUAL_ENV? == "" {
        hide-env -i VIRTUAL_ENV VIRTUAL_ENV_PROMPT NAJA_HOOK_ENV
    }
    let active = $env.VIRTUAL_ENV? | default ""
    if $active != $env._NAJA.env {
        let state = $env._NAJA
        # Someone else activated or deactivated: that stays until another environment is near.
        let muted = if $active != "" { $active } else if $state.root != "" { $state.root } else { $state.muted }
        $env._NAJA = ($state | merge { muted: $muted, env: $active, pwd: "" })
        if $active != $state.root {
            hide-env -i NAJA_HOOK_ENV
            $env._NAJA = ($env._NAJA | merge { root: "" })
        }
    }
    let state = $env._NAJA
    let same = ($state.pwd == $env.PWD
        and ($state.present | all { path exists })
        and not ($state.absent | any { path exists }))
    if not $same {
        _naja_look
    }
}

$env._NAJA = {
    pwd: "", env: ($env.VIRTUAL_ENV? | default ""), root: "", muted: "", told: [], present: [], absent: []
}
# A shell inside of one with the hook inherits the environment: this one looks for itself.
if ($env.NAJA_HOOK_ENV? | default "") != "" and ($env.NAJA_HOOK_ENV == $env.VIRTUAL_ENV?) {
    $env._NAJA.root = $env.VIRTUAL_ENV
    _naja_leave
    $env._NAJA.env = ""
}
# As text: what a closure hides would be there again after it.
$env.config.hooks.pre_prompt = (
    $env.config.hooks.pre_prompt? | default [] | append ["_naja_hook"]
)
