# Activates this virtual environment in nushell:
#     overlay use path/to/activate.nu
# "deactivate" puts everything back.

export-env {
    let virtual_env = @ROOT@
    let prompt_text = @PROMPT@
    let path_name = if "Path" in $env { "Path" } else { "PATH" }
    let found = if $path_name in $env { $env | get $path_name } else { [] }
    let old_path = if ($found | describe) == "string" { $found | split row (char esep) } else { $found }
    let new_path = $old_path | prepend ($virtual_env | path join @BIN@)

    mut changes = {
        VIRTUAL_ENV: $virtual_env
        VIRTUAL_ENV_PROMPT: $prompt_text
    }
    $changes = ($changes | insert $path_name $new_path)

    let quiet = ($env.VIRTUAL_ENV_DISABLE_PROMPT? | default "") not-in ["" false]
    if not $quiet {
        let old_prompt = $env.PROMPT_COMMAND?
        $changes = ($changes | insert PROMPT_COMMAND {||
            let rest = match ($old_prompt | describe) {
                "closure" => { do $old_prompt }
                "nothing" => { "" }
                _ => { $old_prompt }
            }
            $"\(($prompt_text)\) ($rest)"
        })
    }
    load-env $changes
    hide-env --ignore-errors PYTHONHOME
}

export alias deactivate = overlay hide activate
