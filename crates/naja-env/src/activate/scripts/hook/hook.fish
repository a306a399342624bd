# naja switches environments when the directory changes. To have it in every fish:
#     naja hook fish | source        in ~/.config/fish/config.fish
# At a prompt in the same directory this compares a few words and starts nothing.

set -g _naja_program @PROGRAM@
if not test -x "$_naja_program"
    set -g _naja_program (command -s naja)
end
set -g _naja_root ''
set -g _naja_muted ''
set -g _naja_told
set -g _naja_pwd ''
set -g _naja_env "$VIRTUAL_ENV"
function _naja_same
    false
end

function _naja_hook --on-event fish_prompt
    test "$VIRTUAL_ENV" = "$_naja_env"; or _naja_mind
    _naja_same; or _naja_look
end

# Asks naja what belongs to this directory. Without an answer everything stays.
function _naja_look
    set -g _naja_pwd "$PWD"
    function _naja_same
        test "$PWD" = "$_naja_pwd"
    end
    test -n "$_naja_program"; or return 0
    $_naja_program hook-env fish "$_naja_root" "$_naja_muted" | source
    set -g _naja_env "$VIRTUAL_ENV"
end

# Someone else activated or deactivated: that stays until another environment is near.
function _naja_mind
    if test -n "$VIRTUAL_ENV"
        set -g _naja_muted "$VIRTUAL_ENV"
    else if test -n "$_naja_root"
        set -g _naja_muted "$_naja_root"
    end
    if test "$VIRTUAL_ENV" != "$_naja_root"
        set -g _naja_root ''
        set -e NAJA_HOOK_ENV
    end
    set -g _naja_env "$VIRTUAL_ENV"
    set -g _naja_pwd ''
end

function _naja_enter
    set -g _naja_root $argv[1]
    if set -q PATH
        set -g _OLD_VIRTUAL_PATH $PATH
    end
    set -gx PATH $argv[1]/bin $PATH
    set -gx VIRTUAL_ENV $argv[1]
    set -gx VIRTUAL_ENV_PROMPT $argv[2]
    set -gx NAJA_HOOK_ENV $argv[1]
    if set -q PYTHONHOME
        set -g _OLD_VIRTUAL_PYTHONHOME $PYTHONHOME
        set -e PYTHONHOME
    end
    if test -z "$VIRTUAL_ENV_DISABLE_PROMPT"
        if functions -q fish_prompt
            functions -c fish_prompt _old_fish_prompt
        else
            function _old_fish_prompt
                printf '> '
            end
        end
        function fish_prompt
            set -l last_status $status
            printf '%s(%s)%s ' (set_color brgreen) "$VIRTUAL_ENV_PROMPT" (set_color normal)
            _naja_status $last_status
            _old_fish_prompt
        end
        set -g _OLD_FISH_PROMPT_OVERRIDE "$VIRTUAL_ENV"
    end
    function deactivate -d "Leave the virtual environment and put everything back"
        set -g _naja_muted "$_naja_root"
        _naja_leave
        set -g _naja_env ''
    end
end

function _naja_status -a code
    return $code
end

# Takes out what was put in, and leaves alone what others changed meanwhile.
function _naja_leave
    set -l bin $_naja_root/bin
    if set -l at (contains -i -- $bin $PATH)
        set -e PATH[$at]
        if test (count $PATH) -eq 0; and not set -q _OLD_VIRTUAL_PATH
            set -e PATH
        end
    end
    if set -q _OLD_VIRTUAL_PYTHONHOME
        set -gx PYTHONHOME $_OLD_VIRTUAL_PYTHONHOME
    end
    if set -q _OLD_FISH_PROMPT_OVERRIDE; and functions -q _old_fish_prompt
        functions -e fish_prompt
        functions -c _old_fish_prompt fish_prompt
        functions -e _old_fish_prompt
    end
    for name in _OLD_VIRTUAL_PATH _OLD_VIRTUAL_PYTHONHOME _OLD_FISH_PROMPT_OVERRIDE
        set -eg $name
    end
    for name in VIRTUAL_ENV VIRTUAL_ENV_PROMPT NAJA_HOOK_ENV
        set -eg $name
    end
    functions -q deactivate; and functions -e deactivate
    set -g _naja_root ''
end

# Says something once for each directory.
function _naja_tell
    contains -- $argv[1] $_naja_told; and return
    set -ga _naja_told $argv[1]
    printf 'naja: %s\n' $argv[2] >&2
end

# A shell inside of one with the hook inherits the environment: this one looks for itself.
if test -n "$NAJA_HOOK_ENV"; and test "$VIRTUAL_ENV" = "$NAJA_HOOK_ENV"; and not set -q _OLD_VIRTUAL_PATH
    set -g _naja_root "$VIRTUAL_ENV"
    _naja_leave
end
set -e NAJA_HOOK_ENV
set -g _naja_env "$VIRTUAL_ENV"
