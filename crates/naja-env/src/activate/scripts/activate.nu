# Activates this virtual environment in nushell:
#     overlay use path/to/activate.nu
# "deactivate" puts everything back.

export-env {
    let virtual_env = @ROOT@
    let prompt_text = @PROMPT@
    let path_name = if "Path" in $env { "Path" } else { "PATH" }
    let found = if $path_name in $env { $env | get $path_name } else { [] }
    let whole_path = if ($found | describe) == "string" { $found | split row (char esep) } else { $found }
    # Another environment that is active makes room.
    let active = $env.VIRTUAL_ENV? | default "" | path join @BIN@
    let old_path = if ($whole_path | take 1) == [$active] { $whole_path | skip 1 } else { $whole_path }
    let new_path = $old_path | prepend ($virtual_env | path join @BIN@)

    mut changes = {
        VIRTUAL_ENV: $virtual_env
        VIRTUAL_ENV_PROMPT: $prompt_text
    }
    $changes = ($changes | insert $path_name $new_path)

    let quiet = ($env.VIRTUAL_ENV_DISABLE_PROMPT? | default "") not-in ["" false]
    if not $quiet {
        let old_prompt = if "_OLD_VIRTUAL_PROMPT" in $env { $env._OLD_VIRTUAL_PROMPT } else { $env.PROMPT_COMMAND? }
        $changes = ($changes | merge { _OLD_VIRTUAL_PROMPT: $old_prompt, PROMPT_COMMAND: {||
            let rest = match ($old_prompt | describe) {
                "closure" => { do $old_prompt }
                "nothing" => { "" }
                _ => { $old_prompt }
            }
            $"\(($prompt_text)\) ($rest)"
        } })
    }
    # It would send this environment to another standard library. Empty is as good as absent for
    # Python, and leaving the overlay brings the value back.
    if "PYTHONHOME" in $env {
        $changes = ($changes | insert PYTHONHOME "")
    }
    load-env $changes
}

export alias deactivate = overlay hide activate
