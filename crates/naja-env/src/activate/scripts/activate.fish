# Activates this virtual environment in fish. It must be sourced:
#     source path/to/activate.fish
# "deactivate" puts everything back.

function deactivate -d "Leave the virtual environment and put everything back"
    if set -q _OLD_VIRTUAL_PATH
        set -gx PATH $_OLD_VIRTUAL_PATH
        set -e _OLD_VIRTUAL_PATH
    else if set -q _OLD_VIRTUAL_UNSET
        set -e PATH
    end
    set -e _OLD_VIRTUAL_UNSET
    if set -q _OLD_VIRTUAL_PYTHONHOME
        set -gx PYTHONHOME $_OLD_VIRTUAL_PYTHONHOME
        set -e _OLD_VIRTUAL_PYTHONHOME
    end
    if set -q _OLD_FISH_PROMPT_OVERRIDE
        set -e _OLD_FISH_PROMPT_OVERRIDE
        # A fish started from this one has the variable, but not the function.
        if functions -q _old_fish_prompt
            functions -e fish_prompt
            functions -c _old_fish_prompt fish_prompt
            functions -e _old_fish_prompt
        end
    end
    set -e VIRTUAL_ENV
    set -e VIRTUAL_ENV_PROMPT
    if test "$argv[1]" != nondestructive
        functions -e deactivate
    end
end

# A shell started from an active one inherits the path, but not what it was before.
if set -q VIRTUAL_ENV; and not set -q _OLD_VIRTUAL_PATH
    if test "$PATH[1]" = "$VIRTUAL_ENV/"@BIN@
        set -gx PATH $PATH[2..-1]
    end
end

deactivate nondestructive

set -gx VIRTUAL_ENV @ROOT@
set -gx VIRTUAL_ENV_PROMPT @PROMPT@

if set -q PATH
    set -g _OLD_VIRTUAL_PATH $PATH
else
    set -g _OLD_VIRTUAL_UNSET 1
end
set -gx PATH "$VIRTUAL_ENV/"@BIN@ $PATH

# It would send this environment to another standard library.
if set -q PYTHONHOME
    set -g _OLD_VIRTUAL_PYTHONHOME $PYTHONHOME
    set -e PYTHONHOME
end

if test -z "$VIRTUAL_ENV_DISABLE_PROMPT"
    # Asking for the function loads it if need be.
    if functions -q fish_prompt
        functions -c fish_prompt _old_fish_prompt
    else
        function _old_fish_prompt
            printf '> '
        end
    end
    function fish_prompt
        # The prompt behind may show the status of the last command.
        set -l last_status $status
        printf '%s(%s)%s ' (set_color brgreen) "$VIRTUAL_ENV_PROMPT" (set_color normal)
        function _naja_status -a code
            return $code
        end
        _naja_status $last_status
        _old_fish_prompt
    end
    set -g _OLD_FISH_PROMPT_OVERRIDE "$VIRTUAL_ENV"
end
